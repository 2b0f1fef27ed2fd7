/**
 * Editing JSON as text, so that everything that is not edited arrives as it was sent: a 20-digit integer, `1e400`, the
 * order of keys. Every function expects text that `JSON.parse` has accepted; it decides what is JSON, never this file.
 */

/** A member of an object: `key` is decoded, the positions are offsets into the text. */
export type Member = { readonly key: string; readonly start: number; readonly valueStart: number; readonly end: number }

/** What replaces the text from `start` to `end`. */
export type Splice = { readonly start: number; readonly end: number; readonly text: string }

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The members of the object that begins at or after `from`, in order, duplicates included. */
export function membersOf(text: string, from = 0): Member[] {
  const members: Member[] = []
  let at = skipSpace(text, skipSpace(text, from) + 1)
  while (text[at] === '"') {
    const start = at
    const keyEnd = endOfString(text, at)
    const raw = text.slice(start, keyEnd)
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const end = endOfValue(text, valueStart)
    members.push({ key: raw.includes('\\') ? JSON.parse(raw) : raw.slice(1, -1), start, valueStart, end })
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return members
}

/** The offsets at which the elements of the array at `from` begin. */
export function elementsOf(text: string, from: number): number[] {
  const starts: number[] = []
  let at = skipSpace(text, from + 1)
  while (at < text.length && text[at] !== ']') {
    starts.push(at)
    at = skipSpace(text, endOfValue(text, at))
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return starts
}

/** Applies splices, which must not overlap and must be in order. */
export function splice(text: string, splices: readonly Splice[]): string {
  let result = ''
  let from = 0
  for (const { start, end, text: replacement } of splices) {
    result += text.slice(from, start) + replacement
    from = end
  }
  return result + text.slice(from)
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) <= 0x20) at++
  return at
}

/** Jumps from quote to quote, which is the engine's own search: a 1 MB data URL costs one step. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1)
  while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1)
  return at === -1 ? text.length : at + 1
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}

function endOfValue(text: string, start: number): number {
  const first = text[start]
  if (first === '"') return endOfString(text, start)
  if (first !== '{' && first !== '[') return endOfScalar(text, start)
  let depth = 0
  let at = start
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at)
      continue
    }
    if (code === 0x7b || code === 0x5b) depth++
    if ((code === 0x7d || code === 0x5d) && --depth === 0) return at + 1
    at++
  }
  return at
}

function endOfScalar(text: string, start: number): number {
  let at = start
  while (at < text.length && !',]} \t\r\n'.includes(text.charAt(at))) at++
  return at
}
