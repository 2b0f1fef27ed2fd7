import { stripVTControlCharacters } from 'node:util'
import type { IPty } from '@lydell/node-pty'
import { type Environment, environmentOf, MAIN } from './hugway.ts'

/** Keys as a terminal sends them. */
export const KEY = { enter: '\r', down: '\u001b[B', up: '\u001b[A', tab: '\t', space: ' ', ctrlC: '\u0003' } as const

/** The command in a terminal of its own, as a person has it. */
export type TerminalRun = {
  /** Everything it wrote, without colours and cursor moves. */
  screen(): string
  /** Waits until it has written `text` since the last wait. @throws When it ends before, or after ten seconds. */
  until(text: string): Promise<void>
  type(keys: string): void
  readonly ended: Promise<number>
}

/** The helper has no binary for every platform. */
async function loadPty(): Promise<typeof import('@lydell/node-pty') | undefined> {
  return import('@lydell/node-pty').catch(() => undefined)
}

/** Why the tests in a terminal are left out here; nothing where they run. */
export async function whyNoTerminal(): Promise<string | undefined> {
  return (await loadPty()) ? undefined : `no pseudo-terminal for ${process.platform}-${process.arch}`
}

/** Starts the command in a pseudo-terminal. */
export async function startInTerminal(
  args: readonly string[],
  cwd: string,
  own: Environment,
  cols = 140,
): Promise<TerminalRun> {
  const pty = await loadPty()
  if (!pty) throw new Error('there is no pseudo-terminal here')
  const env = { ...environmentOf(own), TERM: 'xterm-256color', CI: '' }
  const child: IPty = pty.spawn(process.execPath, [MAIN, ...args], { cwd, env, cols, rows: 40 })
  let text = ''
  let seen = 0
  let isOver = false
  child.onData((data) => {
    text += stripVTControlCharacters(data)
  })
  const ended = new Promise<number>((resolve) => {
    child.onExit(({ exitCode }) => {
      isOver = true
      resolve(exitCode)
    })
  })
  return {
    ended,
    screen: () => text,
    type: (keys) => child.write(keys),
    async until(wanted) {
      const deadline = Date.now() + 10_000
      for (;;) {
        const at = text.indexOf(wanted, seen)
        if (at !== -1) {
          seen = at + wanted.length
          await new Promise((resolve) => setTimeout(resolve, 60)) // the question is drawn; now it listens
          return
        }
        if (isOver || Date.now() > deadline) throw new Error(`it did not say "${wanted}":\n${text.slice(seen)}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
  }
}
