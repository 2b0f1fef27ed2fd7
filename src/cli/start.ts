/** `npm start`: serves the Worker on this machine, in front of the real router or of the simulator. */
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startSimulator } from '../simulator/start-simulator.ts'
import { formatVars, readOrMakeKeys, writePrivately } from './files/private-files.ts'
import { flagsThatNpmTook } from './npm-flags.ts'
import { describeIgnoredEnv, readDevVars } from './project.ts'
import { planSettings } from './settings/local-settings.ts'
import { consoleLink } from './start/console-link.ts'
import { fireScheduled } from './start/fire-scheduled.ts'
import { noteAddress } from './start/local-address.ts'
import { formatReady } from './start/ready-text.ts'
import { callableAddress, parseStartFlags, START_FLAGS, START_USAGE, warnOfHost } from './start/start-flags.ts'
import { startWranglerDev, type WranglerDev } from './wrangler/wrangler-dev.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const STATE = join(ROOT, '.wrangler', 'state')
const OURS = join(ROOT, '.wrangler', 'hugway')
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const START_TIMEOUT_MS = 90_000
const PROBE_EVERY_MS = 100
const ORPHAN_CHECK_MS = 500
const PORT_RETRY_MS = 1_000

async function main(): Promise<number> {
  const flags = parseStartFlags(process.argv.slice(2))
  if (!flags.ok) return complain(`npm start: ${flags.error}`, 2)
  if (flags.value.do === 'help') {
    console.log(START_USAGE)
    return 0
  }
  const swallowed = flagsThatNpmTook('start', START_FLAGS)
  if (swallowed) return complain(`npm start: ${swallowed}`, 2)
  const { port, host } = flags.value
  // npm gives the prompt back before what it started is gone: a restart may be a moment early.
  if (await tryPort(port, host)) await wait(PORT_RETRY_MS)
  const trouble = await tryPort(port, host)
  if (trouble) return complain(`npm start: ${trouble}`, 1)
  const asked = watchForStop()
  const undo: (() => unknown)[] = []
  try {
    return await serve(flags.value, asked, undo)
  } finally {
    for (const step of undo.reverse()) await step()
  }
}

type Address = { readonly port: number; readonly host: string }

/** @param undo Gets what has to be done at the end, whatever happens. */
async function serve({ port, host }: Address, asked: Promise<'stop'>, undo: (() => unknown)[]): Promise<number> {
  const settings = await planSettings(
    process.env,
    readDevVars({ root: ROOT }),
    () => readOrMakeKeys(join(OURS, 'local-keys.json')),
    async () => {
      const simulator = await startSimulator({ acceptAnyModel: true, keepRequests: 0, keepBodies: false })
      undo.push(() => simulator.close())
      return simulator.url
    },
  )
  const varsFile = join(OURS, `vars-${port}.env`)
  undo.push(() => rmSync(varsFile, { force: true }))
  writePrivately(varsFile, formatVars(settings.vars))
  const registryDirectory = join(OURS, 'registry')
  const wrangler = startWranglerDev({ root: ROOT, host, port, varsFile, stateDirectory: STATE, registryDirectory })
  undo.push(() => wrangler.stop())

  const url = callableAddress(host, port)
  const first = await Promise.race([asked, wrangler.ended.then(() => 'ended' as const), probe(wrangler, url)])
  if (first === 'stop') return 0
  if (first === 'ended' || first === 'too_late') {
    const why = first === 'ended' ? 'wrangler ended' : `it did not answer within ${START_TIMEOUT_MS / 1000} s`
    return complain(`${wrangler.allOutput()}\nThe Worker did not start: ${why}; its output is above.`, 1)
  }
  undo.push(noteAddress(join(OURS, 'address'), url))
  const timer = new AbortController()
  undo.push(() => timer.abort())
  void fireScheduled(url, timer.signal)
  const remarks = [...first.problems, ...remarksOn(host)]
  console.log(formatReady(url, settings, remarks, consoleLink(url, settings.adminToken.value, Date.now())))
  wrangler.passOn((line) => console.log(line))
  const last = await Promise.race([asked, wrangler.ended])
  // What is being ended may complain (esbuild prints a trace when it is in the middle of a build): nobody need read it.
  if (last === 'stop') wrangler.passOn(() => {})
  return last === 'stop' ? 0 : complain(`wrangler ended by itself (exit code ${last}).`, 1)
}

function remarksOn(host: string): readonly string[] {
  return [warnOfHost(host), describeIgnoredEnv(ROOT)].flatMap((note) => note ?? [])
}

/** Waits until the Worker itself answers: wrangler listens before it does. */
async function probe(wrangler: WranglerDev, url: string): Promise<'too_late' | { problems: readonly string[] }> {
  const deadline = Date.now() + START_TIMEOUT_MS
  await Promise.race([wrangler.listening, wait(START_TIMEOUT_MS, undefined, { ref: false })])
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined)
    if (response) return { problems: await readProblems(response) }
    await wait(PROBE_EVERY_MS)
  }
  return 'too_late'
}

async function readProblems(health: Response): Promise<readonly string[]> {
  const body: unknown = await health.json().catch(() => undefined)
  const settings = typeof body === 'object' && body !== null && 'settings' in body ? body.settings : undefined
  return Array.isArray(settings) ? settings.map(String) : []
}

/** Resolves at the first signal, or when the parent is gone. A Ctrl-C comes twice: the second one changes nothing. */
function watchForStop(): Promise<'stop'> {
  const parent = process.ppid
  return new Promise((resolve) => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve('stop'))
    setInterval(() => process.ppid !== parent && resolve('stop'), ORPHAN_CHECK_MS).unref()
  })
}

/** @returns What is wrong with the port, in one line, or nothing. */
function tryPort(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      resolve(isTaken ? `port ${port} is in use: choose another by \`npm start -- --port N\`` : error.message)
    })
    server.listen(port, host, () => server.close(() => resolve(undefined)))
  })
}

function complain(message: string, exitCode: number): number {
  console.error(message)
  return exitCode
}

// A terminal that was closed takes no more lines, and that must not keep us from cleaning up.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
main().then(
  (exitCode) => process.exit(exitCode),
  (error: unknown) => process.exit(complain(`npm start: ${error instanceof Error ? error.message : error}`, 1)),
)
