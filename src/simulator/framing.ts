import type { FaultName } from './answer.ts'
import type { Piece } from './pieces.ts'

/** How events are written: the line end, the space after the colon, comments, a byte order mark. */
export type Framing = ReadonlySet<FaultName>

/** Stands in the text for bytes that are not UTF-8; {@link encode} puts them there. A private-use character. */
export const BAD_BYTES_MARK = '\u{e123}'
const BAD_BYTES = Buffer.from([0xff, 0xfe, 0xc3])
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

/** Writes one piece of the stream as bytes. */
export function frameEvent({ data }: Piece, framing: Framing): Buffer {
  const colon = framing.has('no_space') ? ':' : ': '
  if (typeof data === 'object' && 'comment' in data) return toBytes([`:${data.comment}`, ''], framing)
  const line = `data${colon}${data === '[DONE]' ? data : JSON.stringify(data)}`
  return toBytes(framing.has('comments') ? [': a comment before', line, ':and one inside', ''] : [line, ''], framing)
}

/** Writes an error as an event of its own: an object, a string, or named `event: error`. */
export function frameError(error: unknown, name: string | undefined, framing: Framing): Buffer {
  const colon = framing.has('no_space') ? ':' : ': '
  const lines = [`data${colon}${JSON.stringify({ error })}`, '']
  return toBytes(name === undefined ? lines : [`event${colon}${name}`, ...lines], framing)
}

/** @returns What comes before the first byte of the body. */
export function bodyPrefix(framing: Framing): Buffer {
  return framing.has('bom') ? BOM : Buffer.alloc(0)
}

/** Encodes text, with bytes that are not UTF-8 wherever it holds {@link BAD_BYTES_MARK}. */
export function encode(text: string): Buffer {
  const parts = text.split(BAD_BYTES_MARK).map((part) => Buffer.from(part))
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [BAD_BYTES, part])))
}

function toBytes(lines: readonly string[], framing: Framing): Buffer {
  const end = framing.has('crlf') ? '\r\n' : framing.has('cr') ? '\r' : '\n'
  return encode(lines.map((line) => line + end).join(''))
}
