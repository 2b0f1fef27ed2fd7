import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { createLineFilter } from './wrangler-output.ts'

const GUARD = fileURLToPath(new URL('wrangler-guard.ts', import.meta.url))
const KILL_AFTER_MS = 5_000

/** How wrangler is started. Paths are absolute. */
export type WranglerDevOptions = {
  readonly root: string
  readonly host: string
  readonly port: number
  /** Where the vars of the Worker are: in a file, because anyone may read a process's arguments. */
  readonly varsFile: string
  /** Where KV lives. */
  readonly stateDirectory: string
  readonly registryDirectory: string
}

/** A running `wrangler dev`. */
export type WranglerDev = {
  /** Resolves when it listens; the Worker itself may still be starting. */
  readonly listening: Promise<void>
  /** Resolves with the exit code once all of its processes are gone. */
  readonly ended: Promise<number>
  /** Everything it wrote so far, unfiltered. */
  allOutput(): string
  /** From now on (and what came before) useful lines go to `print`; until then nothing is printed. */
  passOn(print: (line: string) => void): void
  /** Ends it and everything it started. May be called again. */
  stop(): Promise<void>
}

/** Starts `wrangler dev` behind its guard, silent and without a way to be asked anything. */
export function startWranglerDev(options: WranglerDevOptions): WranglerDev {
  const guard = spawn(process.execPath, [GUARD, ...toArguments(options)], {
    cwd: options.root,
    env: { ...process.env, ...QUIET, WRANGLER_REGISTRY_PATH: options.registryDirectory },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: process.platform !== 'win32', // a group of its own: it can be ended as one, and Ctrl-C comes through us
  })
  const output = collect([guard.stdout, guard.stderr].filter((stream) => stream !== null))
  const ended = new Promise<number>((resolve) => {
    guard.once('error', () => resolve(1))
    guard.once('exit', (code) => {
      endGroup(guard, 'SIGKILL')
      resolve(code ?? 1)
    })
  }).then(async (code) => {
    await output.closed
    return code
  })
  const listening = new Promise<void>((resolve) => {
    guard.on('message', (message) => {
      if (String(message).includes('"DEV_SERVER_READY"')) resolve()
    })
  })
  return {
    listening,
    ended,
    allOutput: output.all,
    passOn: output.passOn,
    async stop() {
      guard.kill('SIGTERM')
      const timer = setTimeout(() => endGroup(guard, 'SIGKILL'), KILL_AFTER_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Turned off at the source: the page-long notices, and calls that fail without a network. */
const QUIET = {
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_LOG: 'log',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_WRITE_LOGS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  X_LOCAL_EXPLORER: 'false',
  X_LOCAL_OBSERVABILITY: 'false',
  // The env file is all that the Worker gets: not the whole environment of whoever runs it.
  CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'true',
  CLOUDFLARE_INCLUDE_PROCESS_ENV: 'false',
}

function toArguments({ host, port, varsFile, stateDirectory }: WranglerDevOptions): string[] {
  const where = ['--ip', host, '--port', String(port), '--persist-to', stateDirectory, '--env-file', varsFile]
  return ['dev', ...where, '--show-interactive-dev-session=false']
}

function endGroup(guard: ChildProcess, signal: NodeJS.Signals): void {
  if (guard.pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? guard.pid : -guard.pid, signal)
  } catch {
    // nobody is left in it
  }
}

/** Keeps the lines of both streams, and hands the useful ones on once somebody wants them. */
function collect(streams: readonly Readable[]) {
  const all: string[] = []
  const waiting: string[] = []
  let print: ((line: string) => void) | undefined
  const closed = streams.map((stream) => {
    const filter = createLineFilter()
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
    lines.on('line', (line) => {
      if (!print) all.push(line)
      for (const useful of filter(line)) print ? print(paint(useful)) : waiting.push(paint(useful))
    })
    return new Promise((resolve) => lines.once('close', resolve))
  })
  return {
    closed: Promise.all(closed),
    all: () => all.map((line) => paint(line)).join('\n'),
    passOn(to: (line: string) => void) {
      print = to
      for (const line of waiting.splice(0)) to(line)
    },
  }
}

/** wrangler colours its lines for a pipe, too; a file or another program gets them plain. */
function paint(line: string): string {
  return process.stdout.isTTY ? line : stripVTControlCharacters(line)
}
