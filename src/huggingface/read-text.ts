import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { Failed } from '../core/outcome.ts'

/** Decodes UTF-8 that came in pieces; what is not UTF-8 becomes U+FFFD. */
export function decode(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder()
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode()
}

/**
 * Reads a body to its end, all of it within `limitMs`; the failure as an outcome. One timer for the whole: one for each
 * piece costs a short answer a tenth of its CPU. What is still under way then is the caller's to cancel.
 */
export async function readText(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  limitMs: number,
  clock: Clock,
): Promise<string | Failed> {
  const text = await within(readAll(body, maxBytes), limitMs, clock).catch((): Failed => RESET)
  return text === TIMED_OUT ? { kind: 'timeout', phase: 'first_token' } : text
}

const RESET: Failed = { kind: 'network', beforeHeaders: false }

async function readAll(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<string | Failed> {
  const reader = body.getReader()
  const pieces: Uint8Array[] = []
  for (let bytes = 0; bytes <= maxBytes; ) {
    const read = await reader.read()
    if (read.done) return decode(pieces)
    pieces.push(read.value)
    bytes += read.value.byteLength
  }
  return { kind: 'bad_answer', detail: `an answer of more than ${maxBytes} bytes` }
}
