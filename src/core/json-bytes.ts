/**
 * Editing JSON as the bytes it came in, so that everything that is not edited arrives as it was sent: a 20-digit
 * integer, `1e400`, the order of keys. Every function expects UTF-8 whose text `JSON.parse` has accepted; it decides what
 * is JSON, never this file. All that gives JSON its structure is ASCII, and no other letter's bytes look like ASCII.
 */

/** A member of an object: `key` is decoded, the positions are offsets into the bytes. */
export type Member = { readonly key: string; readonly start: number; readonly valueStart: number; readonly end: number }

/** What replaces the bytes from `start` to `end`. */
export type Splice = { readonly start: number; readonly end: number; readonly bytes: Uint8Array }

const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
/** How many bytes of a text are looked at one by one before the engine's search is called, which is dear to call. */
const NEAR_BYTES = 64

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** The members of the object that begins at or after `from`, in order, duplicates included. */
export function membersOf(json: Uint8Array, from = 0): Member[] {
  const members: Member[] = []
  let at = skipSpace(json, skipSpace(json, from) + 1)
  while (json[at] === QUOTE) {
    const start = at
    const keyEnd = endOfString(json, at)
    const valueStart = skipSpace(json, skipSpace(json, keyEnd) + 1)
    const end = endOfValue(json, valueStart)
    members.push({ key: readKey(textOf(json, start, keyEnd)), start, valueStart, end })
    at = skipSpace(json, end)
    if (json[at] === COMMA) at = skipSpace(json, at + 1)
  }
  return members
}

/** The offsets at which the elements of the array at `from` begin. */
export function elementsOf(json: Uint8Array, from: number): number[] {
  const starts: number[] = []
  let at = skipSpace(json, from + 1)
  while (at < json.length && json[at] !== CLOSE_LIST) {
    starts.push(at)
    at = skipSpace(json, endOfValue(json, at))
    if (json[at] === COMMA) at = skipSpace(json, at + 1)
  }
  return starts
}

/** The pieces that make up `json` with its splices, which must not overlap and must be in order. Nothing is copied. */
export function splice(json: Uint8Array, splices: readonly Splice[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let from = 0
  for (const { start, end, bytes } of splices) {
    pieces.push(json.subarray(from, start), bytes)
    from = end
  }
  return [...pieces, json.subarray(from)]
}

/** Copies all pieces into one. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const piece of pieces) length += piece.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** The text of the bytes from `start` to `end`. */
export function textOf(json: Uint8Array, start: number, end: number): string {
  return utf8.decode(json.subarray(start, end))
}

function readKey(written: string): string {
  return written.includes('\\') ? JSON.parse(written) : written.slice(1, -1)
}

function skipSpace(json: Uint8Array, from: number): number {
  let at = from
  while ((json[at] ?? QUOTE) <= 0x20) at++
  return at
}

/** Looks at what is near byte by byte and jumps to quotes that are far: a 1 MB data URL costs one search. */
function endOfString(json: Uint8Array, start: number): number {
  for (let at = start + 1; ; at++) {
    for (const far = at + NEAR_BYTES; at < far; at++) {
      const code = json[at]
      if (code === QUOTE) return at + 1
      if (code === BACKSLASH) at++
    }
    at = json.indexOf(QUOTE, at)
    if (at === -1) return json.length
    if (!isEscaped(json, at)) return at + 1
  }
}

function isEscaped(json: Uint8Array, at: number): boolean {
  let backslashes = 0
  while (json[at - 1 - backslashes] === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}

function endOfValue(json: Uint8Array, start: number): number {
  const first = json[start]
  if (first === QUOTE) return endOfString(json, start)
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return endOfScalar(json, start)
  let depth = 0
  let at = start
  while (at < json.length) {
    const code = json[at]
    if (code === QUOTE) {
      at = endOfString(json, at)
      continue
    }
    if (code === OPEN_OBJECT || code === OPEN_LIST) depth++
    if ((code === CLOSE_OBJECT || code === CLOSE_LIST) && --depth === 0) return at + 1
    at++
  }
  return at
}

function endOfScalar(json: Uint8Array, start: number): number {
  let at = start
  while (isInScalar(json[at])) at++
  return at
}

function isInScalar(code: number | undefined): boolean {
  return code !== undefined && code > 0x20 && code !== COMMA && code !== CLOSE_LIST && code !== CLOSE_OBJECT
}
