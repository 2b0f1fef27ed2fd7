import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { bundleDirectory } from './build-bundle.ts'
import { type ScriptedKv, startScriptedKv } from './scripted-kv.ts'
import { compileConfig, workerdConfig } from './workerd-config.ts'

/** The Worker's settings by name (see `src/settings.ts`). */
export type SettingName =
  | 'HF_TOKEN'
  | 'HUGGINGFACE_HUB_TOKEN'
  | 'HF_BASE_URL'
  | 'HF_BILL_TO'
  | 'HUGWAY_API_KEY'
  | 'HUGWAY_ADMIN_TOKEN'
  | 'HUGWAY_ALERTS_URL'

export type GatewayOptions = {
  /** Base URL of the upstream, e.g. a simulator's `url`. */
  readonly upstreamUrl: string
  /** The document under the KV key `config`; none by default. A string is kept as it is, anything else as JSON. */
  readonly config?: unknown
  /** Over the defaults `hf_test_token`, `test-key` and `test-admin-token`; an empty text unsets one. */
  readonly settings?: Partial<Record<SettingName, string>>
  /** Where Durable Objects keep what they keep; a directory that goes with the gateway by default. */
  readonly objectsPath?: string
  /** How many isolates serve, each on a port of its own. Default 1. */
  readonly isolates?: number
  /** The source of a module whose class `ProjectLedger` the objects are, instead of the Worker's own in `./worker.js`. */
  readonly ledgerModule?: string
  /** A directory with another bundle than the one that would be deployed now. */
  readonly bundle?: string
  /** Whether there is a binding for objects. Default true. */
  readonly hasLedger?: boolean
  /** Whether workerd reads its configuration compiled; see {@link compileConfig}. */
  readonly isCompiled?: boolean
}

/** The deployed bundle, running in bare workerd. */
export type Gateway = {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** Of each isolate; the first is {@link Gateway.url}. */
  readonly urls: readonly string[]
  readonly pid: number
  readonly kv: ScriptedKv
  /** Every line the Worker logged, parsed; what is not JSON comes as `{ event: 'workerd', text }`. */
  logs(): readonly Record<string, unknown>[]
  /** Ends the process and waits until it is gone. */
  close(): Promise<void>
}

const DEFAULTS = { HF_TOKEN: 'hf_test_token', HUGWAY_API_KEY: 'test-key', HUGWAY_ADMIN_TOKEN: 'test-admin-token' }
const START_LIMIT_MS = 20_000
/** The package's main module is the path of its binary for this platform. */
const { default: workerdPath } = createRequire(import.meta.url)('workerd') as { readonly default: string }

/**
 * Starts what would be deployed (see `build-bundle.ts`) in `workerd serve`, on a free port, over a KV namespace that the
 * test holds in its hands. No wrangler in between: it hides both ends of a stream's life.
 *
 * @throws When workerd does not listen within 20 seconds, with what it said.
 */
export async function startGateway({ upstreamUrl, config, settings, ...options }: GatewayOptions): Promise<Gateway> {
  const kv = await startScriptedKv()
  if (config !== undefined) kv.set('config', config)
  const directory = mkdtempSync(join(tmpdir(), 'hugway-gateway-'))
  const { objectsPath = join(directory, 'objects'), isolates = 1, ledgerModule, hasLedger = true } = options
  copyFileSync(join(options.bundle ?? (await bundleDirectory()), 'worker.js'), join(directory, 'worker.js'))
  if (ledgerModule !== undefined) writeFileSync(join(directory, 'ledger.js'), ledgerModule)
  const file = join(directory, 'config.capnp')
  mkdirSync(objectsPath, { recursive: true })
  const texts = withoutEmpty({ ...DEFAULTS, HF_BASE_URL: upstreamUrl, ...settings })
  const ledgerFile = ledgerModule === undefined ? undefined : 'ledger.js'
  writeFileSync(file, workerdConfig(texts, kv.port, hasLedger ? objectsPath : undefined, isolates - 1, ledgerFile))
  const args = options.isCompiled ? compileConfig(workerdPath, file) : ['serve', '--control-fd=3', file]
  const child = spawn(workerdPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => lines.push(line))
  }
  const close = async () => {
    process.off('exit', kill)
    await ended(child, kill)
    await kv.close()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const ports = await listeningPorts(child, isolates)
    const urls = ports.map((port) => `http://127.0.0.1:${port}`)
    return { url: urls[0] ?? '', urls, pid: child.pid ?? 0, kv, logs: () => lines.map(parseLine), close }
  } catch (cause) {
    await close()
    throw new Error(`workerd did not start: ${lines.join('\n')}`, { cause })
  }
}

/**
 * Has every isolate read its configuration and the list of models, one after the other: a burst of thousands keeps this
 * process, which is their KV, from answering in time.
 */
export async function readAhead({ urls }: Gateway): Promise<void> {
  for (const url of urls) {
    const response = await fetch(`${url}/v1/models`, {
      headers: { authorization: `Bearer ${DEFAULTS.HUGWAY_API_KEY}` },
    })
    await response.text()
  }
}

function withoutEmpty(settings: Partial<Record<SettingName, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''))
}

/** workerd tells of its sockets on a descriptor of its own, a JSON object a line. */
function listeningPorts(child: ChildProcess, count: number): Promise<readonly number[]> {
  const ports: number[] = []
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it said nothing in time')), START_LIMIT_MS)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)))
    createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
      const said = JSON.parse(line) as { readonly event: string; readonly socket: string; readonly port: number }
      if (said.event !== 'listen') return
      ports[said.socket === 'http' ? 0 : Number(said.socket.slice('other'.length)) + 1] = said.port
      if (Object.keys(ports).length < count) return
      clearTimeout(timer)
      resolve(ports)
    })
  })
}

function ended(child: ChildProcess, kill: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('close', () => resolve())
    kill()
  })
}

function parseLine(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // said by workerd itself
  }
  return { event: 'workerd', text: line }
}
