import { err, ok, type Result } from '../core/result.ts'
import { nearestOf } from '../json/nearest.ts'

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
  const given = new Map<string, string[]>()
  const positionals: string[] = []
  let at = 0
  while (at < args.length) {
    const arg = args[at] ?? ''
    if (arg === '--') {
      positionals.push(...args.slice(at + 1))
      break
    }
    if (!arg.startsWith('-') || /^-(?:$|[\d.])/.test(arg)) {
      positionals.push(arg)
      at++
      continue
    }
    const read = readFlag(spec, arg, args[at + 1])
    if (!read.ok) return read
    const { name, value, words } = read.value
    given.set(name, [...(given.get(name) ?? []), value])
    at += words
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

type Flag = { readonly name: string; readonly value: string; readonly words: number }

/** @param next The word behind it, which may be its value. */
function readFlag(spec: CommandSpec, arg: string, next: string | undefined): Result<Flag, string> {
  const flags: Readonly<Record<string, FlagSpec>> = { ...spec.flags, help: HELP }
  const [, written = '', inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(arg) ?? []
  const name = arg === '-h' ? 'help' : written
  const flag = (arg.startsWith('--') || arg === '-h') && Object.hasOwn(flags, name) ? flags[name] : undefined
  if (!flag) {
    const known = Object.keys(flags).map((one) => `--${one}`)
    return err(unknown('flag', `--${name}`, known, spec.name))
  }
  if (flag.kind === 'switch') {
    return inline === undefined ? ok({ name, value: '', words: 1 }) : err(`--${name} takes no value`)
  }
  if (inline !== undefined) return ok({ name, value: inline, words: 1 })
  // A word that is a flag itself is no value: `--model --json` is a slip.
  if (next === undefined || /^--?[a-z]/i.test(next)) return err(`--${name} takes a value (${flag.value ?? 'TEXT'})`)
  return ok({ name, value: next, words: 2 })
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
