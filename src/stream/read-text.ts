import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { Fault } from '../core/routing/outcome.ts'
import { collectBytes } from '../json/collect-bytes.ts'

/** Decodes UTF-8 that came in pieces; what is not UTF-8 becomes U+FFFD. */
export function decode(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder()
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join('') + decoder.decode()
}

/** {@link readAll} within `limitMs`. What is still under way then is the caller's to cancel. */
export async function readText(
  response: Response,
  maxBytes: number,
  limitMs: number,
  clock: Clock,
): Promise<string | Fault> {
  const text = await within(readAll(response, maxBytes), limitMs, clock)
  return text === TIMED_OUT ? { kind: 'timeout', phase: 'first_token' } : text
}

/** Reads a body to its end, for as long as it takes; a failure is an outcome. */
export async function readAll(response: Response, maxBytes: number): Promise<string | Fault> {
  try {
    // The runtime's own reading is a tenth of a short request cheaper, but knows no bound.
    if (announcedBytes(response) <= maxBytes) return await response.text()
    return await readPieces(response, maxBytes)
  } catch {
    return { kind: 'network', beforeHeaders: false }
  }
}

/** The length of a body, where it is one of plain bytes that were counted before they were sent. */
function announcedBytes({ headers }: Response): number {
  const length = headers.get('content-length')
  return length === null || headers.has('content-encoding') ? Number.POSITIVE_INFINITY : Number(length)
}

async function readPieces({ body }: Response, maxBytes: number): Promise<string | Fault> {
  const bytes = body ? await collectBytes(body, maxBytes) : new Uint8Array()
  return bytes ? utf8.decode(bytes) : { kind: 'bad_answer', detail: `an answer of more than ${maxBytes} bytes` }
}

const utf8 = new TextDecoder()
