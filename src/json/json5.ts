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
const LINE_END = /^[\r\n\u2028\u2029]/

/**
 * Reads JSON or JSON5. It does what the package `json5` does (a test holds the two against each other) in a tenth of its
 * size, and refuses what the gateway could not carry on: a key `__proto__`, which others drop without a word, and depth.
 *
 * @throws {Json5Error}
 */
export function parseJson5(text: string): unknown {
  const scanner = createScanner(text)
  const value = readValue(scanner, 0)
  if (scanner.next() !== undefined) scanner.fail()
  return value
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
    /** Passes over one character. */
    pass: () => at++,
    /** Passes over space and comments. */
    next: () => {
      while (take(SPACE)) {}
      return text[at]
    },
    fail: (offset = 0): never => {
      const position = at + offset
      const lines = text.slice(0, position).split(/\r\n?|\n/)
      const code = text.codePointAt(position)
      const what = code === undefined ? 'end of input' : `character ${JSON.stringify(String.fromCodePoint(code))}`
      throw new Json5Error(`invalid ${what} at ${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`)
    },
  }
}

function readValue(scanner: Scanner, depth: number): unknown {
  const first = scanner.next()
  if (first === '"' || first === "'") return readString(scanner, first)
  if (first !== '[' && first !== '{') return readScalar(scanner)
  if (depth > MAX_DEPTH) throw new Json5Error(`lists and objects may be nested ${MAX_DEPTH} deep`)
  if (first === '[') {
    const list: unknown[] = []
    readMembers(scanner, ']', () => list.push(readValue(scanner, depth + 1)))
    return list
  }
  const object: Record<string, unknown> = {}
  readMembers(scanner, '}', () => {
    const key = readKey(scanner)
    if (key === '__proto__') throw new Json5Error('the key "__proto__" is not accepted anywhere')
    if (scanner.next() !== ':') scanner.fail()
    scanner.pass()
    object[key] = readValue(scanner, depth + 1)
  })
  return object
}

/** What stands between two brackets; a comma may stand behind the last. */
function readMembers(scanner: Scanner, close: string, readMember: () => void): void {
  scanner.pass()
  while (scanner.next() !== close) {
    readMember()
    if (scanner.next() === ',') scanner.pass()
    else if (scanner.here() !== close) scanner.fail()
  }
  scanner.pass()
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
  return LINE_END.test(character) ? '' : (ESCAPED[character] ?? character)
}
