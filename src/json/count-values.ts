const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const OPEN_OBJECT = 0x7b

/**
 * Whether a JSON text holds more values than so many: what a parser makes of a text can weigh twenty times the text, as
 * with millions of empty lists. Every value but the first stands after a comma or an opening bracket, so these are counted,
 * outside of strings. A text that is no JSON gets some answer; the parser refuses it anyway.
 */
export function hasMoreValuesThan(bytes: Uint8Array, maxValues: number): boolean {
  let count = 1
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) at = endOfString(bytes, at)
    else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) {
      count += 1
      if (count > maxValues) return true
    }
  }
  return count > maxValues
}

/** The index of a string's closing quote; found by the runtime, because strings are most of what is sent. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes += 1
    if (slashes % 2 === 0) return at
  }
  return bytes.length
}
