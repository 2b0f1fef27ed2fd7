/** `npm run serve`: serves the Worker on a machine of one's own, without Cloudflare and without wrangler's dev server. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { messageOf } from './command-error.ts'
import { readOrMakeKeys } from './files/private-files.ts'
import { flagsThatNpmTook } from './npm-flags.ts'
import { findWrangler } from './project.ts'
import { type Runtime, startRuntime } from './serve/miniflare.ts'
import { parseServeFlags, SERVE_USAGE, type ServeFlags } from './serve/serve-flags.ts'
import { type LocalSettings, planSettings } from './settings/local-settings.ts'
import { callableAddress, warnOfHost } from './start/start-flags.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** As often as the cron trigger of wrangler.toml. */
const SCHEDULED_EVERY_MS = 600_000
const WATCH_EVERY_MS = 30_000
const WATCH_LIMIT_MS = 10_000
/** After so many looks without an answer the process ends, so that whoever supervises it starts it again. */
const LOOKS = 3
const NO_TOKEN = 'HF_TOKEN is not set: a fine-grained token of Hugging Face with "Make calls to Inference Providers"'

async function main(): Promise<number> {
  const flags = parseServeFlags(process.argv.slice(2))
  if (!flags.ok) return complain(flags.error, 2)
  if (flags.value.do === 'help') {
    console.log(SERVE_USAGE)
    return 0
  }
  const swallowed = flagsThatNpmTook('serve', ['port', 'host', 'data', 'bundle'])
  if (swallowed) return complain(swallowed, 2)
  return serve(flags.value, watchForStop())
}

async function serve(flags: Extract<ServeFlags, { do: 'serve' }>, asked: StopRequest): Promise<number> {
  const { host, port } = flags
  const data = resolve(fromWhere(), flags.data)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const keysFile = join(data, 'keys.json')
  const settings = await planSettings(process.env, {}, () => readOrMakeKeys(keysFile), noSimulator).catch(messageOf)
  if (typeof settings === 'string') return complain(settings, 2)
  const bundle = flags.bundle === undefined ? buildBundle(join(data, 'bundle')) : resolve(fromWhere(), flags.bundle)
  const toml = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
  const { vars } = settings
  const runtime = await startRuntime({ root: ROOT, toml, bundle, host, port, dataDirectory: data, vars })
  asked.keep()
  const timer = new AbortController()
  const url = callableAddress(host, port)
  void repeat(() => runtime.fireScheduled(), SCHEDULED_EVERY_MS, timer.signal)
  console.log(formatServing(url, data, settings, keysFile))
  const warning = warnOfHost(host)
  if (warning) console.warn(warning)
  const last = await Promise.race([asked.stop, watch(url, timer.signal)])
  timer.abort()
  await stop(runtime)
  return last === 'stop' ? 0 : complain(`${url}/health has not answered ${LOOKS} times: ending`, 1)
}

type StopRequest = {
  readonly stop: Promise<'stop'>
  /** Takes back the signals that miniflare listens to: it would end the process at once, and with another code. */
  keep(): void
}

function watchForStop(): StopRequest {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const { promise: stop, resolve } = Promise.withResolvers<'stop'>()
  const ask = () => resolve('stop')
  for (const signal of signals) process.on(signal, ask)
  return {
    stop,
    keep() {
      for (const signal of signals) process.removeAllListeners(signal).on(signal, ask)
    },
  }
}

/** npm changes the directory before it runs a script. */
const fromWhere = () => (process.env['npm_lifecycle_event'] === 'serve' && process.env['INIT_CWD']) || process.cwd()

async function noSimulator(): Promise<string> {
  throw new Error(NO_TOKEN)
}

/** The very bundle that would be deployed. */
function buildBundle(directory: string): string {
  const wrangler = findWrangler(ROOT)
  if (wrangler === undefined) throw new Error('wrangler is not installed here: run npm ci')
  const args = [wrangler, 'deploy', '--dry-run', '--outdir', directory]
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_WRITE_LOGS: 'false' }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env })
  if (status !== 0) throw new Error(`the bundle could not be made:\n${stdout}${stderr}`)
  return join(directory, 'worker.js')
}

function formatServing(url: string, data: string, { apiKey, adminToken }: LocalSettings, keysFile: string): string {
  const where = (source: string) => (source === 'local' ? keysFile : 'the environment')
  return [
    `hugway serves ${url}, and keeps its data in ${data}`,
    `  client key   HUGWAY_API_KEY of ${where(apiKey.source)}`,
    `  admin token  HUGWAY_ADMIN_TOKEN of ${where(adminToken.source)}`,
  ].join('\n')
}

/** Again and again until the signal; a failure waits for the next time. */
async function repeat(work: () => Promise<void>, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error: unknown) => console.error(`scheduled failed: ${messageOf(error)}`))
    await wait(everyMs, undefined, { signal }).catch(() => {})
  }
}

/** Resolves when the Worker has not answered for a while: the runtime is gone, or stuck. */
async function watch(url: string, signal: AbortSignal): Promise<'gone'> {
  let failures = 0
  while (failures < LOOKS) {
    await wait(WATCH_EVERY_MS, undefined, { signal }).catch(() => {})
    const limited = AbortSignal.any([signal, AbortSignal.timeout(WATCH_LIMIT_MS)])
    const isThere = await fetch(`${url}/health`, { signal: limited }).then(
      async (response) => response.text().then(() => true),
      () => signal.aborted,
    )
    failures = isThere ? 0 : failures + 1
    if (signal.aborted) return 'gone'
  }
  return 'gone'
}

/** What does not end by itself within this time is ended with the process. */
async function stop(runtime: Runtime): Promise<void> {
  await Promise.race([runtime.stop(), wait(5_000, undefined, { ref: false })])
}

function complain(message: string, exitCode: number): number {
  console.error(`npm run serve: ${message}`)
  return exitCode
}

main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => process.exit(complain(messageOf(error), 1)),
)
