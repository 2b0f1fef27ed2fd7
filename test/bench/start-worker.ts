import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { compileConfig } from '../support/workerd-config.ts'

/** A Worker of the benchmark, in a bare workerd of its own. */
export type RunningWorker = {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly pid: number
  close(): Promise<void>
}

export type WorkerSource = {
  /** Modules by name, the first of them the main one; what does not end in `.js` is a text. */
  readonly modules: Readonly<Record<string, string>>
  readonly bindings?: Readonly<Record<string, string>>
  /** Where a server speaks workerd's KV protocol, for a binding `HUGWAY_KV`. */
  readonly kvPort?: number
}

/** The package's main module is the path of its binary for this platform. */
const { default: workerdPath } = createRequire(import.meta.url)('workerd') as { readonly default: string }
const START_LIMIT_MS = 20_000

/** Starts a Worker under the date and flags that hugway is deployed with. @throws When it does not listen in time. */
export async function startWorker(source: WorkerSource): Promise<RunningWorker> {
  const directory = mkdtempSync(join(tmpdir(), 'hugway-bench-'))
  for (const [name, text] of Object.entries(source.modules)) writeFileSync(join(directory, name), text)
  const file = join(directory, 'config.capnp')
  writeFileSync(file, configOf(source))
  const child = spawn(workerdPath, compileConfig(workerdPath, file), {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const close = async () => {
    process.off('exit', kill)
    kill()
    await gone
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    return {
      url: `http://127.0.0.1:${await listeningPort(child.stdio[3] as Readable, gone)}`,
      pid: child.pid ?? 0,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** workerd tells of its sockets on a descriptor of its own, a JSON object a line. */
function listeningPort(control: Readable, gone: Promise<void>): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('workerd said nothing in time')), START_LIMIT_MS)
    gone.then(() => reject(new Error('workerd ended before it listened')))
    createInterface({ input: control }).on('line', (line) => {
      const said = JSON.parse(line) as { readonly event: string; readonly port: number }
      if (said.event !== 'listen') return
      clearTimeout(timer)
      resolve(said.port)
    })
  })
}

function configOf({ modules, bindings = {}, kvPort }: WorkerSource): string {
  const embedded = Object.keys(modules).map((name) => {
    const kind = name.endsWith('.js') ? 'esModule' : 'text'
    return `(name = "${name}", ${kind} = embed "${name}")`
  })
  const bound = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`)
  if (kvPort !== undefined) bound.push('(name = "HUGWAY_KV", kvNamespace = "kv")')
  const kv = kvPort === undefined ? '' : `(name = "kv", external = (address = "127.0.0.1:${kvPort}", http = ())),`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    ${kv}
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [${embedded.join(', ')}],
  compatibilityDate = "2026-10-01",
  compatibilityFlags = ["enable_request_signal", "no_nodejs_global_timers"],
  bindings = [${bound.join(', ')}],
  globalOutbound = "internet",
);
`
}
