/** Bytes of JSON in UTF-8, and a view of the same by which four are read at a time. See `json-bytes.ts`. */
export type JsonBytes = { readonly bytes: Uint8Array; readonly view: DataView }

/** Where a value ends that is not JSON. */
export const NOT_JSON = -1

const QUOTE = 0x22
const BACKSLASH = 0x5c
const BYTES_AT_ONCE = 256

/** Where the string whose quote is at `start` ends. {@link NOT_JSON} for one that JSON or UTF-8 does not allow. */
export function endOfString({ bytes, view }: JsonBytes, start: number): number {
  const { length } = bytes
  const lastFour = length - 3
  let at = start + 1
  while (at < length) {
    const from = at
    at = skipPlain(view, from, lastFour)
    if (at - from === BYTES_AT_ONCE) continue
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    if (byte === undefined || byte < 0x20) return NOT_JSON
    const size = byte === BACKSLASH ? sizeOfEscape(bytes, at) : byte < 0x80 ? 1 : sizeOfLetter(bytes, at, byte)
    if (size === 0) return NOT_JSON
    at += size
  }
  return NOT_JSON
}

/**
 * Skips plain letters: ASCII that is no quote, backslash or control character. Four at a time, so it may stop before the
 * last three of the bytes. Each sum sets the top bit of the lowest byte that is not plain: the first of a control
 * character or of a byte from 0xa0, the second of a quote or of a byte from 0x80 to 0x9f, the third of a backslash. What
 * it sets besides is above that one, and the lowest is taken.
 *
 * Never many at once: one long loop over a megabyte was seen to stay in the interpreter for good, at 10 ms a body; a
 * function that is called often is compiled.
 *
 * @param lastFour Where no four bytes begin any more. Handed down, because V8 does not inline a view's length: asking for it
 *   took a fifth of the time for a text of short lines.
 */
function skipPlain(view: DataView, from: number, lastFour: number): number {
  const end = Math.min(from + BYTES_AT_ONCE, lastFour)
  let at = from
  for (; at < end; at += 4) {
    const four = view.getInt32(at, true)
    const sums = (four - 0x20202020) | ((four ^ 0x22222222) - 0x01010101) | ((four ^ 0x5c5c5c5c) - 0x01010101)
    const found = sums & 0x80808080
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3)
  }
  return at
}

/** @returns 0 for what is no escape. */
function sizeOfEscape(bytes: Uint8Array, at: number): number {
  switch (bytes[at + 1]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // the slash
    case 0x62: // b, f, n, r, t
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return 2
    case 0x75: // u
      return isHex(bytes[at + 2]) && isHex(bytes[at + 3]) && isHex(bytes[at + 4]) && isHex(bytes[at + 5]) ? 6 : 0
    default:
      return 0
  }
}

function isHex(byte = 0): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

/** A letter that is not ASCII (RFC 3629, 4). @returns 0 for what is not UTF-8. */
function sizeOfLetter(bytes: Uint8Array, at: number, first: number): number {
  const second = bytes[at + 1] ?? 0
  if (first < 0xc2 || first > 0xf4 || (second & 0xc0) !== 0x80) return 0
  if (first < 0xe0) return 2
  if (((bytes[at + 2] ?? 0) & 0xc0) !== 0x80) return 0
  if (first < 0xf0) return (first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f) ? 0 : 3
  if (((bytes[at + 3] ?? 0) & 0xc0) !== 0x80) return 0
  return (first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f) ? 0 : 4
}
