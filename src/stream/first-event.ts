import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { Fault } from '../core/routing/outcome.ts'
import { collectBytes } from '../json/collect-bytes.ts'
import { openCrumbReader, type StreamReader } from './crumb-reader.ts'
import { idleLimitMs } from './idle-watchdog.ts'
import { MAX_EVENT_BYTES, type Normalizer } from './normalizer.ts'
import { decode } from './read-text.ts'
import type { NormalizedChunk } from './reading.ts'

/** A stream that has begun to answer. */
export type BegunStream = {
  /** What has read it so far, and reads on. */
  readonly normalizer: Normalizer
  /** The chunks that were read to find that out. */
  readonly chunks: readonly NormalizedChunk[]
  /** The rest, not yet read; `undefined` when there is none. */
  readonly rest: ReadableStream<Uint8Array> | undefined
  /** When the event came that the answer began with, in milliseconds since the epoch. */
  readonly firstTokenAt: number
}

/** A body that turned out to be something else than a stream of events: all of it, as text. */
export type OtherBody = { readonly text: string }

export type FirstEventResult =
  | { readonly outcome: { readonly kind: 'answering' }; readonly begun: BegunStream }
  | { readonly outcome: { readonly kind: 'answering' }; readonly body: OtherBody }
  | { readonly outcome: Fault }

const ANSWERING = { kind: 'answering' } as const

/**
 * Reads a stream until the answer has begun: until an event carries content, reasoning, a tool call, or an end that needs
 * no words. Until then nothing was shown to the client, so any fault is an outcome that another target may make good, and so
 * is an answer that says nothing. A body that begins with `{` is read to its end: some providers answer with JSON where
 * a stream was asked for.
 *
 * @param firstTokenMs Milliseconds until that event must have come.
 */
export async function readFirstEvent(
  body: ReadableStream<Uint8Array>,
  normalizer: Normalizer,
  firstTokenMs: number,
  clock: Clock,
): Promise<FirstEventResult> {
  const reader = openCrumbReader(body, clock)
  const begin = createBeginning(normalizer)
  const deadline = clock.now() + firstTokenMs
  for (let bytes = 0; bytes <= MAX_EVENT_BYTES; ) {
    const limitMs = idleLimitMs(deadline - clock.now(), normalizer.hasFinalUsage())
    const read = await within(reader.read(), limitMs, clock).catch(() => 'reset' as const)
    if (read === TIMED_OUT) return giveUp(reader, normalizer.hasFinish() ? SAYS_NOTHING : TOO_LATE)
    if (read === 'reset') return giveUp(reader, { kind: 'network', beforeHeaders: false })
    bytes += read.value?.byteLength ?? 0
    const verdict = begin.read(read.value, read.done)
    if (verdict === 'json') return readJson(body, reader, begin.head(), read.done, deadline, clock)
    if (verdict === 'answering') {
      reader.releaseLock()
      const begun = { normalizer, chunks: begin.chunks, rest: read.done ? undefined : body, firstTokenAt: clock.now() }
      return { outcome: ANSWERING, begun }
    }
    if (verdict !== 'read_on') return giveUp(reader, verdict)
  }
  return giveUp(reader, { kind: 'bad_answer', detail: `no event within ${MAX_EVENT_BYTES} bytes` })
}

const TOO_LATE: Fault = { kind: 'timeout', phase: 'first_token' }
const SAYS_NOTHING: Fault = { kind: 'bad_answer', detail: 'an empty answer' }

/** The rest of a body that is no stream, without JavaScript for each of its chunks. */
async function readJson(
  body: ReadableStream<Uint8Array>,
  reader: StreamReader,
  head: Uint8Array,
  isWhole: boolean,
  deadline: number,
  clock: Clock,
): Promise<FirstEventResult> {
  reader.releaseLock()
  const reading = isWhole ? Promise.resolve(new Uint8Array()) : collectBytes(body, MAX_EVENT_BYTES)
  const rest = await within(reading, deadline - clock.now(), clock).catch(() => 'reset' as const)
  if (rest === TIMED_OUT) return { outcome: TOO_LATE } // the caller cancels the call
  if (rest === 'reset') return { outcome: { kind: 'network', beforeHeaders: false } }
  if (!rest) return { outcome: { kind: 'bad_answer', detail: `an answer of more than ${MAX_EVENT_BYTES} bytes` } }
  return { outcome: ANSWERING, body: { text: decode([head, rest]) } }
}

/** Some providers send spaces while they think; nobody thinks in as many. */
const MAX_SPACE_BYTES = 64 * 1024
const ONLY_SPACE: Fault = { kind: 'bad_answer', detail: `${MAX_SPACE_BYTES} bytes of white space instead of an answer` }

/** Reads bytes and says what they are worth so far. */
function createBeginning(normalizer: Normalizer) {
  const chunks: NormalizedChunk[] = []
  let form: Form | undefined
  let spaceBytes = 0
  /** What there is of a body that is no stream. Space in front of anything says nothing and is not kept. */
  let head: Uint8Array = new Uint8Array()
  const read = (bytes: Uint8Array): Uint8Array | undefined => {
    if (form === 'events') return bytes
    const begins = bytes.findIndex(isSubstance)
    spaceBytes += begins === -1 ? bytes.byteLength : begins
    if (begins === -1) return undefined
    form = formOf(bytes[begins])
    const substance = bytes.subarray(begins)
    if (form === 'json') head = substance.slice()
    return form === 'events' ? substance : undefined
  }
  return {
    chunks,
    head: () => head,
    read(bytes: Uint8Array | undefined, isLast: boolean): 'read_on' | 'answering' | 'json' | Fault {
      const events = bytes && read(bytes)
      if (form === 'html') return { kind: 'bad_answer', detail: 'an HTML page instead of an answer' }
      if (form === 'json') return 'json'
      if (spaceBytes > MAX_SPACE_BYTES) return ONLY_SPACE
      if (events) chunks.push(...normalizer.feed(events))
      if (isLast && !normalizer.end()) chunks.push(...normalizer.finish(true).chunks)
      return judge(normalizer, isLast)
    },
  }
}

function judge(normalizer: Normalizer, isLast: boolean): 'read_on' | 'answering' | Fault {
  const end = normalizer.end()
  const error = normalizer.error()
  if (error) return { kind: 'error_event', error }
  if (end === 'unreadable') return { kind: 'bad_answer', detail: 'an event that is not JSON' }
  if (end === 'cut') return { kind: 'bad_answer', detail: 'an answer whose generation was broken off' }
  if (normalizer.hasBegun()) return 'answering'
  return isLast || end ? SAYS_NOTHING : 'read_on'
}

type Form = 'json' | 'html' | 'events'

function formOf(first: number | undefined): Form {
  return first === 0x7b ? 'json' : first === 0x3c ? 'html' : 'events'
}

/** Neither space nor part of a byte order mark. */
const isSubstance = (byte: number) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf

async function giveUp(rest: StreamReader, outcome: Fault): Promise<FirstEventResult> {
  rest.cancel().catch(() => {}) // not awaited: a peer that is stuck would hold us up as well
  return { outcome }
}
