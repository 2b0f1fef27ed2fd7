import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const NOTHING_SET = {
  HF_TOKEN: '',
  HUGGINGFACE_HUB_TOKEN: '',
  HF_BASE_URL: '',
  HF_BILL_TO: '',
  HUGWAY_API_KEY: '',
  HUGWAY_ADMIN_TOKEN: '',
}

/** A `npm start` that runs, as a person sees it. */
export type Started = {
  readonly child: ChildProcess
  output(): string
  /** Resolves when the output holds `text`. @throws When the process ends before. */
  until(text: string): Promise<void>
  /** Resolves with the exit code, or the name of the signal. */
  readonly ended: Promise<number | string>
}

/** Starts what `npm start` starts, by the script that it starts it with. */
export function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, ['scripts/installed.mjs', 'src/cli/start.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...NOTHING_SET, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  let isOver = false
  const ended = once(child, 'close').then(([code, signal]: (number | string)[]) => {
    isOver = true
    return code ?? signal ?? ''
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()))
  return {
    child,
    ended,
    output: () => text,
    async until(wanted) {
      while (!text.includes(wanted)) {
        if (isOver) throw new Error(`it ended before it said "${wanted}":\n${text}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** One process of this machine. */
export type Process = { readonly pid: number; readonly parent: number; readonly command: string }

/** Every process that `root` started, itself included, directly or not. Ended ones that nobody waited for are left out. */
export function familyOf(root: number | undefined): readonly Process[] {
  const all = listProcesses()
  const family = all.filter(({ pid }) => pid === root)
  for (const { pid } of family) family.push(...all.filter(({ parent }) => parent === pid)) // grows while it is walked
  return family
}

/** Which of `family` are still there. */
export function survivors(family: readonly Process[]): readonly Process[] {
  const now = new Map(listProcesses().map((one) => [one.pid, one.command]))
  return family.filter(({ pid, command }) => now.get(pid) === command)
}

function listProcesses(): readonly Process[] {
  const table = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,command='], { encoding: 'utf8' })
  return table.split('\n').flatMap((line) => {
    const [, pid, parent, state, command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    return pid === undefined || state?.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command }]
  })
}
