import { parseArgs } from 'node:util'
import { quote } from '../core/quote.ts'
import { err, ok, type Result } from '../core/result.ts'
import { nearestOf } from '../json/nearest.ts'
import { COMMAND } from './command-name.ts'

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
  /** The value of a `text` flag. An empty value counts as not given, as an unset variable in a script is. */
  text(name: string): string | undefined
  list(name: string): readonly string[]
  has(name: string): boolean
}

const HELP: FlagSpec = { kind: 'switch', help: 'this text' }

/** Parses what stands behind a command's name. The error is one line for a person. Never throws. */
export function parseArguments(spec: CommandSpec, args: readonly string[]): Result<Arguments, string> {
  const flags: Readonly<Record<string, FlagSpec>> = { ...spec.flags, help: HELP }
  const options = Object.fromEntries(Object.entries(flags).map(([name, { kind }]) => [name, { type: TYPES[kind] }]))
  // Not strict: what is wrong is told in words of our own, with the nearest flag that there is.
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true })
  const given = new Map<string, string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    const arg = args[token.index] ?? ''
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    // A number below zero is a value. Its digits come as a token each.
    if (/^-[\d.]/.test(arg)) {
      if (token.rawName === arg.slice(0, 2)) positionals.push(arg)
      continue
    }
    const read = readFlag(spec.name, flags, token, arg)
    if (!read.ok) return read
    const { name, value } = read.value
    const before = given.get(name)
    if (flags[name]?.kind === 'text' && before && before[0] !== value)
      return err(`--${name} is given twice: once is meant`)
    given.set(name, [...(before ?? []), value])
  }
  const wrong = given.has('help') ? undefined : checkPositionals(spec, positionals)
  if (wrong) return err(wrong)
  return ok({
    positionals,
    text: (name) => given.get(name)?.[0] || undefined,
    list: (name) => (given.get(name) ?? []).filter((value) => value !== ''),
    has: (name) => given.has(name),
  })
}

const TYPES = { switch: 'boolean', text: 'string', list: 'string' } as const
type Flag = { readonly name: string; readonly value: string }
type OptionToken = {
  readonly name: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

/** @param arg The word as it was written: `-h`, `--name=value`. */
function readFlag(
  command: string,
  flags: Readonly<Record<string, FlagSpec>>,
  { name, value, inlineValue }: OptionToken,
  arg: string,
): Result<Flag, string> {
  if (arg === '-h') return ok({ name: 'help', value: '' })
  const flag = arg.startsWith('--') && Object.hasOwn(flags, name) ? flags[name] : undefined
  if (!flag) {
    const written = arg.replace(/^-+/, '').replace(/=.*$/s, '')
    const known = Object.keys(flags).map((one) => `--${one}`)
    return err(unknown('flag', `--${written}`, known, command))
  }
  if (flag.kind === 'switch') return inlineValue ? err(`--${name} takes no value`) : ok({ name, value: '' })
  // A word that is a flag itself is no value: `--model --json` is a slip.
  const isMissing = value === undefined || (!inlineValue && /^--?[a-z]/i.test(value))
  return isMissing ? err(`--${name} takes a value (${flag.value ?? 'TEXT'})`) : ok({ name, value })
}

/** One line about a word nobody knows, with the nearest known one. */
export function unknown(what: string, word: string, known: readonly string[], command: string): string {
  const nearest = nearestOf(word, known)
  const where = [COMMAND, command, '--help'].filter((one) => one !== '').join(' ')
  return `unknown ${what} "${quote(word)}"${nearest ? `; did you mean ${nearest}?` : ''} (${where} lists what there is)`
}

/** Breaks a text at words, so that no line is wider than the terminal; what it is behind stays free in the next lines. */
export function wrap(text: string, columns: number, indent = 0): string {
  const lines = text.split('\n').map((line) => {
    const room = Math.max(20, columns - indent)
    const pattern = new RegExp(`(.{1,${room}})(?: +|$)|(\\S+) *`, 'g')
    return [...line.matchAll(pattern)].map(([, fitting, long]) => fitting ?? long ?? '')
  })
  return lines.map((parts) => parts.join(`\n${' '.repeat(indent)}`)).join(`\n${' '.repeat(indent)}`)
}

/** A terminal's width; a pipe has none, and gets lines as they are. */
export const terminalColumns = (): number => process.stdout.columns ?? 10_000

/** The text of `--help` for one command. */
export function formatHelp(spec: CommandSpec, columns = terminalColumns()): string {
  const flags = Object.entries({ ...spec.flags, help: HELP }).map(([name, flag]) => {
    const value = flag.kind === 'switch' ? '' : ` ${flag.value ?? 'TEXT'}`
    return [`--${name}${value}${flag.kind === 'list' ? ' ...' : ''}`, flag.help] as const
  })
  const width = Math.max(...flags.map(([left]) => left.length))
  const usage = [COMMAND, spec.name, spec.positionals, '[flags]'].filter((part) => part !== '').join(' ')
  const isNarrow = columns < width + 34
  return [
    wrap(`Usage: ${usage}`, columns),
    '',
    wrap(spec.summary, columns),
    ...(spec.details ? ['', wrap(spec.details, columns)] : []),
    '',
    ...flags.map(([left, right]) =>
      isNarrow
        ? `  ${left}\n      ${wrap(right, columns, 6)}`
        : `  ${left.padEnd(width)}  ${wrap(right, columns, width + 4)}`,
    ),
  ].join('\n')
}

function checkPositionals({ name, positionals }: CommandSpec, given: readonly string[]): string | undefined {
  const wanted = positionals === '' ? [] : positionals.split(' ')
  const required = wanted.filter((word) => !word.startsWith('['))
  const missing = required[given.length]
  if (missing !== undefined) return `${COMMAND} ${name} needs ${missing} (${COMMAND} ${name} --help)`
  const extra = given[wanted.length]
  if (extra === undefined) return undefined
  return `${COMMAND} ${name} does not take "${quote(extra)}" (${COMMAND} ${name} --help)`
}
