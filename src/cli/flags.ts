import { nearestOf } from '../core/nearest.ts'
import { err, ok, type Result } from '../core/result.ts'

/** One flag: a `switch` takes no value, a `list` may be repeated. */
export type FlagSpec = {
  readonly kind: 'switch' | 'text' | 'list'
  /** What stands for the value in the usage, e.g. `REF`. */
  readonly value?: string
  readonly help: string
}

/** One command, as the help shows it and as its arguments are checked. */
export type CommandSpec = {
  /** With the group: `config get`. */
  readonly name: string
  /** Positional arguments as the usage shows them, e.g. `PATH VALUE`; `[FILE]` may be left out. */
  readonly positionals: string
  readonly summary: string
  readonly details?: string
  readonly flags: Readonly<Record<string, FlagSpec>>
}

/** The arguments of a command, checked against its {@link CommandSpec}. */
export type Arguments = {
  readonly positionals: readonly string[]
  /** The last value of a `text` flag. An empty value counts as not given, as an unset variable in a script is. */
  text(name: string): string | undefined
  list(name: string): readonly string[]
  has(name: string): boolean
}

const HELP: FlagSpec = { kind: 'switch', help: 'this text' }

/** Parses what stands behind a command's name. The error is one line for a person. Never throws. */
export function parseArguments(spec: CommandSpec, args: readonly string[]): Result<Arguments, string> {
  const flags = { ...spec.flags, help: HELP }
  const given = new Map<string, string[]>()
  const positionals: string[] = []
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] === '-h' ? '--help' : (args[at] ?? '')
    if (arg === '--') {
      positionals.push(...args.slice(at + 1))
      break
    }
    if (!arg.startsWith('-') || arg === '-') {
      positionals.push(arg)
      continue
    }
    const [, name = '', inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(arg) ?? []
    const flag = arg.startsWith('--') && Object.hasOwn(flags, name) ? flags[name] : undefined
    if (!flag)
      return err(
        unknown(
          'flag',
          `--${name}`,
          Object.keys(flags).map((known) => `--${known}`),
          spec.name,
        ),
      )
    if (flag.kind === 'switch' && inline !== undefined) return err(`--${name} takes no value`)
    const follows = args[at + 1]
    const isMissing =
      flag.kind !== 'switch' && inline === undefined && (follows === undefined || /^--?\w/.test(follows))
    if (isMissing) return err(`--${name} takes a value (${flag.value ?? 'TEXT'})`)
    const value = flag.kind === 'switch' ? '' : (inline ?? follows ?? '')
    if (flag.kind !== 'switch' && inline === undefined) at++
    given.set(name, [...(given.get(name) ?? []), value])
  }
  const wrong = given.has('help') ? undefined : checkPositionals(spec, positionals)
  if (wrong) return err(wrong)
  return ok({
    positionals,
    text: (name) => given.get(name)?.at(-1) || undefined,
    list: (name) => (given.get(name) ?? []).filter((value) => value !== ''),
    has: (name) => given.has(name),
  })
}

/** One line about a word nobody knows, with the nearest known one. */
export function unknown(what: string, word: string, known: readonly string[], command: string): string {
  const readable = word.replace(/[^\x20-\x7e]/g, '?').slice(0, 80)
  const nearest = nearestOf(word, known)
  const where = command === '' ? 'hugway --help' : `hugway ${command} --help`
  return `unknown ${what} "${readable}"${nearest ? `; did you mean ${nearest}?` : ''} (${where} lists what there is)`
}

/** The text of `--help` for one command. */
export function formatHelp(spec: CommandSpec): string {
  const flags = Object.entries({ ...spec.flags, help: HELP }).map(([name, flag]) => {
    const value = flag.kind === 'switch' ? '' : ` ${flag.value ?? 'TEXT'}`
    return [`--${name}${value}${flag.kind === 'list' ? ' ...' : ''}`, flag.help] as const
  })
  const width = Math.max(...flags.map(([left]) => left.length))
  const usage = ['hugway', spec.name, spec.positionals, '[flags]'].filter((part) => part !== '').join(' ')
  return [
    `Usage: ${usage}`,
    '',
    spec.summary,
    ...(spec.details ? ['', spec.details] : []),
    '',
    ...flags.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
  ].join('\n')
}

function checkPositionals({ name, positionals }: CommandSpec, given: readonly string[]): string | undefined {
  const wanted = positionals === '' ? [] : positionals.split(' ')
  const required = wanted.filter((word) => !word.startsWith('['))
  const missing = required[given.length]
  if (missing !== undefined) return `hugway ${name} needs ${missing} (hugway ${name} --help)`
  const extra = given[wanted.length]
  if (extra === undefined) return undefined
  return `hugway ${name} does not take "${extra.slice(0, 80)}" (hugway ${name} --help)`
}
