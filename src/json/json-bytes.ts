/**
 * JSON read as the bytes it came in, so that everything that is not edited arrives as it was sent: a 20-digit integer,
 * `1e400`, the order of keys. What is JSON here is what `JSON.parse` accepts of the decoded text, no more and no less;
 * a property test holds the two together. One pass in JavaScript costs a long body a third of what decoding it and
 * `JSON.parse` do, and it says where everything stands.
 */
import { endOfString, type JsonBytes, NOT_JSON } from './json-string.ts'

/** A range of bytes, `end` not included. */
export type Span = { readonly start: number; readonly end: number }

/** A member of an object, from its key's quote to its value's end; `key` is decoded. */
export type Member = Span & { readonly key: string; readonly valueStart: number }

/** Takes a value that begins at `valueStart`, and says where it ends. The key's span has its quotes; a list has none. */
export type Visit = (valueStart: number, keyStart: number, keyEnd: number) => number

const QUOTE = 0x22
const PLUS = 0x2b
const COMMA = 0x2c
const MINUS = 0x2d
const POINT = 0x2e
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** Makes bytes readable, wherever in their buffer they begin. */
export function toJsonBytes(bytes: Uint8Array): JsonBytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) }
}

/** The text of the bytes from `start` to `end`. */
export function textOf({ bytes }: JsonBytes, start: number, end: number): string {
  return utf8.decode(bytes.subarray(start, end))
}

/** The members of an object, in order, duplicates included; `undefined` for what is no object. */
export function membersOf(json: JsonBytes, start: number): Member[] | undefined {
  const members: Member[] = []
  const end = walkObject(json, start, (valueStart, keyStart, keyEnd) => {
    const end = endOfValue(json, valueStart)
    members.push({ key: readKey(json, keyStart, keyEnd), start: keyStart, valueStart, end })
    return end
  })
  return end === NOT_JSON ? undefined : members
}

/** The last member with a name, of a value that begins at `start`; keeps none of the others. */
export function lastMemberOf(json: JsonBytes, start: number, name: string): Span | undefined {
  let found: Span | undefined
  walkObject(json, start, (valueStart, keyStart, keyEnd) => {
    const end = endOfValue(json, valueStart)
    if (isKey(json, keyStart, keyEnd, name)) found = { start: valueStart, end }
    return end
  })
  return found
}

/** Visits each member of the object that begins at `start`. @returns Its end. */
export function walkObject(json: JsonBytes, start: number, visit: Visit): number {
  return walk(json, start, OPEN_OBJECT, (keyStart) => {
    const keyEnd = json.bytes[keyStart] === QUOTE ? endOfString(json, keyStart) : NOT_JSON
    const valueStart = startOfMembersValue(json, keyEnd)
    return valueStart === NOT_JSON ? NOT_JSON : visit(valueStart, keyStart, keyEnd)
  })
}

/** Visits each element of the list that begins at `start`. @returns Its end. */
export function walkList(json: JsonBytes, start: number, visit: (valueStart: number) => number): number {
  return walk(json, start, OPEN_LIST, visit)
}

function walk(json: JsonBytes, start: number, open: number, visit: (itemStart: number) => number): number {
  const { bytes } = json
  if (bytes[start] !== open) return NOT_JSON
  const close = closerOf(open)
  let at = skipSpace(json, start + 1)
  if (bytes[at] === close) return at + 1
  for (;;) {
    const end = visit(at)
    if (end === NOT_JSON) return NOT_JSON
    at = skipSpace(json, end)
    if (bytes[at] === close) return at + 1
    if (bytes[at] !== COMMA) return NOT_JSON
    at = skipSpace(json, at + 1)
  }
}

const closerOf = (open: number) => (open === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST)

/** Where the value that begins at `start` ends. Keeps a stack of its own: how deep a body nests is the client's. */
export function endOfValue(json: JsonBytes, start: number): number {
  const { bytes } = json
  const open: Nesting = { depth: 0, kinds: [] }
  let at = start
  do {
    const first = bytes[at]
    if (first === OPEN_OBJECT || first === OPEN_LIST) {
      const inside = skipSpace(json, at + 1)
      const isEmpty = bytes[inside] === closerOf(first)
      if (!isEmpty) enter(open, first)
      at = isEmpty ? endOfItems(json, open, inside + 1) : startOfItem(json, first, inside)
    } else {
      at = endOfItems(json, open, endOfPlain(json, at))
    }
  } while (at !== NOT_JSON && open.depth > 0)
  return at
}

/** What is open, outermost first: a bit each, sixteen a number, so that ten million brackets do not take 80 MB. */
type Nesting = { depth: number; readonly kinds: number[] }

const KINDS_PER_NUMBER = 16

function enter(open: Nesting, kind: number): void {
  const at = open.depth >> 4
  const bit = 1 << (open.depth % KINDS_PER_NUMBER)
  const before = open.kinds[at] ?? 0
  open.kinds[at] = kind === OPEN_OBJECT ? before | bit : before & ~bit
  open.depth++
}

function innermost({ depth, kinds }: Nesting): number {
  const isObject = ((kinds[(depth - 1) >> 4] ?? 0) >> ((depth - 1) % KINDS_PER_NUMBER)) & 1
  return isObject ? OPEN_OBJECT : OPEN_LIST
}

/** Whether the key that was found is `name`, however it is written. */
export function isKey(json: JsonBytes, start: number, end: number, name: string): boolean {
  const { bytes } = json
  for (let at = start + 1; at < end - 1; at++) {
    if (bytes[at] === BACKSLASH) return readKey(json, start, end) === name
    if (bytes[at] !== name.charCodeAt(at - start - 1)) return false
  }
  return end - start === name.length + 2
}

export function readKey(json: JsonBytes, start: number, end: number): string {
  const written = textOf(json, start, end)
  return written.includes('\\') ? JSON.parse(written) : written.slice(1, -1)
}

export function skipSpace({ bytes }: JsonBytes, from: number): number {
  let at = from
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[++at]);
  return at
}

/** The beginning of the next value within what `open` has opened, behind its key where it has one. */
function startOfItem(json: JsonBytes, open: number, from: number): number {
  const at = skipSpace(json, from)
  if (open === OPEN_LIST) return at
  return startOfMembersValue(json, json.bytes[at] === QUOTE ? endOfString(json, at) : NOT_JSON)
}

function startOfMembersValue(json: JsonBytes, keyEnd: number): number {
  if (keyEnd === NOT_JSON) return NOT_JSON
  const colon = skipSpace(json, keyEnd)
  return json.bytes[colon] === COLON ? skipSpace(json, colon + 1) : NOT_JSON
}

/** From a value's end to the beginning of the next one, closing what is closed; to the very end when all is. */
function endOfItems(json: JsonBytes, open: Nesting, end: number): number {
  const { bytes } = json
  let at = end
  while (at !== NOT_JSON && open.depth > 0) {
    const inner = innermost(open)
    at = skipSpace(json, at)
    if (bytes[at] === COMMA) return startOfItem(json, inner, at + 1)
    if (bytes[at] !== closerOf(inner)) return NOT_JSON
    open.depth--
    at++
  }
  return at
}

function endOfPlain(json: JsonBytes, start: number): number {
  switch (json.bytes[start]) {
    case QUOTE:
      return endOfString(json, start)
    case 0x74:
      return endOfWord(json, start, 'true')
    case 0x66:
      return endOfWord(json, start, 'false')
    case 0x6e:
      return endOfWord(json, start, 'null')
    default:
      return endOfNumber(json, start)
  }
}

function endOfWord({ bytes }: JsonBytes, start: number, word: string): number {
  for (let at = 0; at < word.length; at++) if (bytes[start + at] !== word.charCodeAt(at)) return NOT_JSON
  return start + word.length
}

function endOfNumber(json: JsonBytes, start: number): number {
  const { bytes } = json
  const first = bytes[start] === MINUS ? start + 1 : start
  let at = bytes[first] === 0x30 ? first + 1 : endOfDigits(json, first)
  if (at !== NOT_JSON && bytes[at] === POINT) at = endOfDigits(json, at + 1)
  if (at === NOT_JSON || ((bytes[at] ?? 0) | 0x20) !== 0x65) return at
  const sign = bytes[at + 1]
  return endOfDigits(json, sign === PLUS || sign === MINUS ? at + 2 : at + 1)
}

/** At least one. */
function endOfDigits({ bytes }: JsonBytes, start: number): number {
  let at = start
  for (let byte = bytes[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = bytes[++at] ?? 0);
  return at === start ? NOT_JSON : at
}
