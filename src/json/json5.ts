/** Where a text stops being JSON5, and on what character; nothing else of it is repeated. */
export class Json5Error extends Error {
  override readonly name = 'Json5Error'
}

/** `JSON.stringify`, which everything that is read goes through later, overflows the stack at some thousands. */
const MAX_DEPTH = 100

const SPACE = /\s+|\/\/[^\n\r\u2028\u2029]*|\/\*[\s\S]*?\*\//y
const LITERAL = /null|true|false/y
const NUMBER = /([+-]?)(Infinity|NaN|0[xX][\da-fA-F]+|(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/y
const NAME = /(?:[$_\p{ID_Start}]|\\u[\da-fA-F]{4})(?:[\u200d\u200c$\p{ID_Continue}]+|\\u[\da-fA-F]{4})*/uy
const WHOLE_NAME = /^[$_\p{ID_Start}][\u200d\u200c$\p{ID_Continue}]*$/u
const PLAIN = { '"': /[^"\\\n\r]+/y, "'": /[^'\\\n\r]+/y }
const ESCAPE = /\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|0(?!\d)|(\r\n|[^\dux]))/y
const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }
const LINE_ENDS = /\r\n|[\r\n\u2028\u2029]/

/** One value of a text: what it means, and where it stands, as offsets into the text. */
export type Json5Node = {
  readonly start: number
  /** Behind its last character. */
  readonly end: number
  readonly value: unknown
  /** Of a list its elements, of an object its members in their order, repeated keys included; of anything else none. */
  readonly children: readonly Json5Child[]
}

/** `start` is where the key stands, where there is one; a key is decoded. `comma` is where the one behind it stands. */
export type Json5Child = {
  readonly key?: string
  readonly start: number
  readonly node: Json5Node
  readonly comma?: number
}

/** A line and a column, both from 1. */
export type Position = { readonly line: number; readonly column: number }

/** The value of a text. @throws {Json5Error} As {@link readJson5}. */
export function parseJson5(text: string): unknown {
  return readJson5(text).value
}

/**
 * Reads JSON or JSON5. It does what the package `json5` does (a test holds the two against each other) in a tenth of its
 * size, and refuses what the gateway could not carry on: a key `__proto__`, which others drop without a word, and depth.
 *
 * @throws {Json5Error}
 */
export function readJson5(text: string): Json5Node {
  const scanner = createScanner(text)
  const node = readValue(scanner, 0)
  if (scanner.next() !== undefined) scanner.fail()
  return node
}

/** The line and column of an offset. */
export function positionOf(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split(LINE_ENDS)
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

/** Where a path leads, or the last place on its way that is there. Of two members with one key the last counts. */
export function startOf(root: Json5Node, path: readonly (string | number)[]): number {
  let at: Json5Child = { start: root.start, node: root }
  for (const step of path) {
    const { children } = at.node
    const isList = Array.isArray(at.node.value)
    const next = isList ? children[Number(step)] : children.findLast(({ key }) => key === String(step))
    if (!next) break
    at = next
  }
  return at.start
}

type Scanner = ReturnType<typeof createScanner>

/** A place in the text, and the ways to move it on. */
function createScanner(text: string) {
  let at = 0
  /** What a pattern matches here; the scanner then stands behind it. */
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at = pattern.lastIndex
    return match ?? undefined
  }
  return {
    take,
    here: () => text[at],
    offset: () => at,
    /** Passes over one character, and tells where it stood. */
    pass: () => at++,
    /** Passes over space and comments. */
    next: () => {
      while (take(SPACE)) {}
      return text[at]
    },
    fail: (offset = 0): never => {
      const { line, column } = positionOf(text, at + offset)
      const code = text.codePointAt(at + offset)
      const what = code === undefined ? 'end of input' : `character ${JSON.stringify(String.fromCodePoint(code))}`
      throw new Json5Error(`invalid ${what} at ${line}:${column}`)
    },
  }
}

function readValue(scanner: Scanner, depth: number): Json5Node {
  const first = scanner.next()
  const start = scanner.offset()
  if (first !== '[' && first !== '{') {
    const value = first === '"' || first === "'" ? readString(scanner, first) : readScalar(scanner)
    return { start, end: scanner.offset(), value, children: [] }
  }
  if (depth > MAX_DEPTH) throw new Json5Error(`lists and objects may be nested ${MAX_DEPTH} deep`)
  const isList = first === '['
  const children = readMembers(scanner, isList ? ']' : '}', () => {
    const at = scanner.offset()
    const key = isList ? undefined : readMemberKey(scanner)
    return { ...(key !== undefined && { key }), start: at, node: readValue(scanner, depth + 1) }
  })
  const value = isList
    ? children.map(({ node }) => node.value)
    : Object.fromEntries(children.map(({ key = '', node }) => [key, node.value]))
  return { start, end: scanner.offset(), value, children }
}

function readMemberKey(scanner: Scanner): string {
  const key = readKey(scanner)
  if (key === '__proto__') throw new Json5Error('the key "__proto__" is not accepted anywhere')
  if (scanner.next() !== ':') scanner.fail()
  scanner.pass()
  return key
}

/** What stands between two brackets; a comma may stand behind the last. */
function readMembers(scanner: Scanner, close: string, readMember: () => Json5Child): readonly Json5Child[] {
  const members: Json5Child[] = []
  scanner.pass()
  while (scanner.next() !== close) {
    const member = readMember()
    const hasComma = scanner.next() === ','
    members.push(hasComma ? { ...member, comma: scanner.pass() } : member)
    if (!hasComma && scanner.here() !== close) scanner.fail()
  }
  scanner.pass()
  return members
}

function readScalar({ take, fail }: Scanner): unknown {
  const literal = take(LITERAL)?.[0]
  if (literal !== undefined) return literal === 'null' ? null : literal === 'true'
  const [, sign, size] = take(NUMBER) ?? fail()
  return sign === '-' ? -Number(size) : Number(size)
}

function readKey(scanner: Scanner): string {
  const first = scanner.here()
  if (first === '"' || first === "'") return readString(scanner, first)
  const written = scanner.take(NAME)?.[0] ?? scanner.fail()
  const name = written.replace(/\\u(....)/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
  return WHOLE_NAME.test(name) ? name : scanner.fail(-written.length)
}

function readString(scanner: Scanner, quote: '"' | "'"): string {
  scanner.pass()
  let read = ''
  while (scanner.here() !== quote) read += scanner.take(PLAIN[quote])?.[0] ?? readEscape(scanner)
  scanner.pass()
  return read
}

function readEscape({ take, here, fail }: Scanner): string {
  const match = take(ESCAPE)
  if (!match) return fail(here() === '\\' ? 1 : 0)
  const [, unicode, hex, character] = match
  const code = unicode ?? hex
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
  if (character === undefined) return '\0'
  return LINE_ENDS.test(character) ? '' : (ESCAPED[character] ?? character)
}
