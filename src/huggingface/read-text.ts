import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { Outcome } from '../core/outcome.ts'

/** Decodes UTF-8 that came in pieces; what is not UTF-8 becomes U+FFFD. */
export function decode(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder()
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode()
}

/** Reads a body to its end, waiting for each piece no longer than `limitMs()`; the failure as an outcome. */
export async function readText(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  limitMs: () => number,
  clock: Clock,
): Promise<string | Exclude<Outcome, { kind: 'answering' }>> {
  const reader = body.getReader()
  const pieces: Uint8Array[] = []
  for (let bytes = 0; bytes <= maxBytes; ) {
    const read = await within(reader.read(), limitMs(), clock).catch(() => 'reset' as const)
    if (read === TIMED_OUT) return { kind: 'timeout', phase: 'idle' }
    if (read === 'reset') return { kind: 'network', beforeHeaders: false }
    if (read.done) return decode(pieces)
    pieces.push(read.value)
    bytes += read.value.byteLength
  }
  return { kind: 'bad_answer', detail: `an answer of more than ${maxBytes} bytes` }
}
