import type { RawAnswer } from '../../../src/simulator/answer.ts'

/** An answer that a provider gave, byte for byte. */
export type Recording = {
  readonly name: string
  readonly kind: 'stream' | 'json'
  readonly status: number
  readonly contentType: string
  /** What the router said in `x-inference-provider`. */
  readonly provider: string | undefined
  readonly bytes: Uint8Array
}

/** Where a recording's writes end: after each event, or anywhere at all, in the middle of a character too. */
export type Cutting = 'events' | 'odd_bytes'

/** Sizes in bytes of successive writes, over and over: small ones, and some that span events. */
const ODD_SIZES = [1, 2, 3, 7, 61, 509, 13, 1_021, 5, 4_093]

/**
 * Plays a recording as the simulator's answer. One that breaks off with an error comes in two parts with a pause in
 * between: together with its first token, the error would be one before the answer began.
 */
export function toRawAnswer(recording: Recording, cutting: Cutting): RawAnswer {
  const { status, contentType, provider, bytes } = recording
  const head = { 'content-type': contentType, ...(provider && { 'x-inference-provider': provider }) }
  const answer = { kind: 'raw', status, headers: head } as const
  const error = recording.kind === 'stream' ? startOfError(bytes) : -1
  if (error > 0) return { ...answer, delayMs: 100, chunks: [bytes.subarray(0, error), bytes.subarray(error)] }
  if (cutting === 'events') return { ...answer, chunks: cutAtEvents(bytes) }
  // Without pauses the writes would arrive together, and those of a short answer before anyone reads.
  return { ...answer, delayMs: bytes.length < 4_096 ? 5 : 1, chunks: cutAtOddBytes(bytes) }
}

/** Where the event begins that is an error; -1 where there is none. */
function startOfError(bytes: Uint8Array): number {
  return Buffer.from(bytes)
    .toString('latin1')
    .search(/^(event: error|data: .*"error":(?!null))/m)
}

function cutAtEvents(bytes: Uint8Array): Uint8Array[] {
  const latin = Buffer.from(bytes).toString('latin1') // one character a byte, so that positions are the same
  const ends = [...latin.matchAll(/(\r\n|\n|\r){2}/g)].map((match) => match.index + match[0].length)
  return [0, ...ends].map((start, position) => bytes.subarray(start, ends[position] ?? bytes.length)).filter(notEmpty)
}

function cutAtOddBytes(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = intoCharacter(bytes, start + (ODD_SIZES[chunks.length % ODD_SIZES.length] ?? 1))
    chunks.push(bytes.subarray(start, end))
    start = end
  }
  return chunks
}

/** Moves a cut into the next character of several bytes, where one is near. */
function intoCharacter(bytes: Uint8Array, cut: number): number {
  const ahead = bytes.subarray(cut, cut + 200).findIndex((byte) => byte >= 0xc0)
  return ahead === -1 ? cut : cut + ahead + 1
}

function notEmpty(bytes: Uint8Array): boolean {
  return bytes.length > 0
}
