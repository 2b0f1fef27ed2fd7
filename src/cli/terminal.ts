import { log, spinner } from '@clack/prompts'

/**
 * Where a command writes. Results go to standard output; progress and remarks go to standard error, so that the output
 * can be piped. Plain text where nobody watches.
 */
export type Terminal = {
  /** Somebody is there to answer questions. */
  readonly isInteractive: boolean
  /** A line of the result. */
  print(text: string): void
  /** A remark that is not part of the result. */
  remark(text: string): void
  /** Something that a person should look at. */
  warn(text: string): void
  /** Shows that `work` takes time. Its failure is the caller's to tell. */
  during<T>(title: string, work: () => Promise<T>): Promise<T>
}

/** @param isAsked `false` for a command that must not ask, e.g. under `--non-interactive` or `--json`. */
export function createTerminal(isAsked: boolean): Terminal {
  const isInteractive = isAsked && process.stdin.isTTY === true && process.stdout.isTTY === true
  const output = process.stderr
  const plain = (text: string) => void output.write(`${text}\n`)
  /** What is said while something turns waits for its end: both would write over each other. */
  let waiting: (() => void)[] | undefined
  const say = (tell: () => void) => (waiting ? void waiting.push(tell) : tell())
  const during = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    const turning = spinner({ output })
    waiting = []
    turning.start(title)
    try {
      const value = await work()
      turning.stop(title)
      return value
    } catch (error) {
      turning.error(title)
      throw error
    } finally {
      const told = waiting
      waiting = undefined
      for (const tell of told) tell()
    }
  }
  return {
    isInteractive,
    print: (text) => say(() => void process.stdout.write(`${text}\n`)),
    remark: (text) => (isInteractive ? say(() => log.info(text, { output })) : plain(text)),
    warn: (text) => (isInteractive ? say(() => log.warn(text, { output })) : plain(`warning: ${text}`)),
    during(title, work) {
      // One thing turns at a time; what it consists of does not turn by itself.
      if (isInteractive) return waiting ? work() : during(title, work)
      plain(`${title} ...`)
      return work()
    },
  }
}

/** Writes a value as a script reads it. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.print(JSON.stringify(value, undefined, 2))
}
