#!/usr/bin/env node
/** `hugway`: finds the command, runs it, and turns what it throws into one line and an exit code. */
import { existsSync, readFileSync } from 'node:fs'
import { CommandError, messageOf } from './command-error.ts'
import { COMMANDS, formatOverview } from './commands/commands.ts'
import { adoptTeam } from './deploy/adopt-team.ts'
import { formatHelp, parseArguments, unknown } from './flags.ts'
import { flagsThatNpmTook } from './npm-flags.ts'
import { findProject } from './project.ts'
import { createTerminal } from './terminal.ts'
import { fieldOf } from './worker/http-call.ts'
import { WORKER_FLAGS } from './worker/worker-access.ts'

async function main(words: readonly string[]): Promise<number> {
  const [first = '--help', second] = words
  if (['--help', '-h', 'help'].includes(first)) return tell(formatOverview(''))
  if (['--version', '-v', 'version'].includes(first)) return tell(readVersion())
  const group = COMMANDS.filter(({ spec }) => spec.name.startsWith(`${first} `))
  const isGroup = group.length > 0
  if (isGroup && (second === undefined || second === '--help' || second === '-h')) {
    return second === undefined ? complain(formatOverview(first), 2) : tell(formatOverview(first))
  }
  const name = isGroup ? `${first} ${second}` : first
  const command = COMMANDS.find(({ spec }) => spec.name === name)
  if (!command) {
    const known = isGroup
      ? group.map(({ spec }) => spec.name)
      : COMMANDS.map(({ spec }) => spec.name.split(' ')[0] ?? '')
    return complain(`hugway: ${unknown('command', name, [...new Set(known)], '')}`, 2)
  }
  const parsed = parseArguments(command.spec, words.slice(isGroup ? 2 : 1))
  if (!parsed.ok) return complain(`hugway: ${parsed.error}`, 2)
  const args = parsed.value
  if (args.has('help')) return tell(formatHelp(command.spec))
  const swallowed = flagsThatNpmTook('hugway', Object.keys(command.spec.flags))
  if (swallowed) return complain(`hugway: ${swallowed}`, 2)
  const terminal = createTerminal(!args.has('non-interactive') && !args.has('json'))
  const project = findProject()
  const team = command.spec.flags['team'] === WORKER_FLAGS['team'] ? args.text('team') : undefined
  if (team !== undefined && project && args.text('url') === undefined) await adoptTeam(project, terminal, team)
  return (await command.run({ args, terminal, project })) ?? 0
}

/** The package's own; the JavaScript of a packed one lies a folder deeper. */
function readVersion(): string {
  const places = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url))
  const text = places.flatMap((place) => (existsSync(place) ? [readFileSync(place, 'utf8')] : []))[0] ?? '{}'
  return String(fieldOf(JSON.parse(text), 'version'))
}

function tell(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

function complain(text: string, code: number): number {
  process.stderr.write(`${text}\n`)
  return code
}

// A reader that has seen enough (`hugway ... | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  // A file that cannot be written is no bug either: the system's own message names it.
  const isOfSystem = error instanceof Error && 'syscall' in error
  if (!(error instanceof CommandError || isOfSystem)) throw error
  process.exitCode = complain(`hugway: ${messageOf(error)}`, error instanceof CommandError ? error.exitCode : 1)
}
