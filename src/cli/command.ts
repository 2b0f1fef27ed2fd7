import type { Arguments, CommandSpec } from './flags.ts'
import type { Project } from './project.ts'
import type { Terminal } from './terminal.ts'

/** What every command works with. */
export type CommandContext = {
  readonly args: Arguments
  readonly terminal: Terminal
  /** The checkout, where there is one. */
  readonly project: Project | undefined
}

/** One command of `hugway`. */
export type Command = {
  readonly spec: CommandSpec
  /**
   * @returns The exit code; nothing is 0.
   * @throws {CommandError} What ends it; the message is for a person.
   */
  run(context: CommandContext): Promise<number | undefined>
}
