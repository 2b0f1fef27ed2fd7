/** 1: it was tried and failed. 2: it was not tried, because of how it was asked for. */
type ExitCode = 1 | 2

/** What ends a command: the message is for a person, names what to do, and never holds a secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode

  constructor(message: string, { exitCode = 1, ...options }: ErrorOptions & { readonly exitCode?: ExitCode } = {}) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** A command that was asked for in a way that cannot be meant. */
export function usageError(message: string): CommandError {
  return new CommandError(message, { exitCode: 2 })
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
