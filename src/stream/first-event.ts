import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { Fault } from '../core/routing/outcome.ts'
import { toFinishReason } from '../huggingface/normalize-chunk.ts'
import { readChunk } from '../wire/chat/chunk.ts'
import { decode } from './read-text.ts'

/** A stream that has begun to answer. */
export type BegunStream = {
  /** Every byte that was read to find that out, in the order in which it came. */
  readonly head: readonly Uint8Array[]
  /** The rest, not yet read; `undefined` when the head is all there is. */
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

/** The largest event, and the longest beginning of a stream, that is held in memory. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024

/**
 * Reads a stream until one of its events carries content, reasoning, a tool call or a finish. Until then nothing was
 * shown to the client, so any fault is an outcome that another target may mend. A body that begins with `{` is read
 * to its end: some providers answer with JSON where a stream was asked for.
 *
 * @param firstTokenMs Milliseconds until that event must have come.
 */
export async function readFirstEvent(
  body: ReadableStream<Uint8Array>,
  firstTokenMs: number,
  clock: Clock,
): Promise<FirstEventResult> {
  const reader = body.getReader()
  const head: Uint8Array[] = []
  const watch = watchEvents()
  const deadline = clock.now() + firstTokenMs
  for (let bytes = 0; bytes <= MAX_EVENT_BYTES; ) {
    const read = await within(reader.read(), deadline - clock.now(), clock).catch(() => 'reset' as const)
    if (read === TIMED_OUT) return giveUp(reader, { kind: 'timeout', phase: 'first_token' })
    if (read === 'reset') return giveUp(reader, { kind: 'network', beforeHeaders: false })
    if (read.value) head.push(read.value)
    bytes += read.value?.byteLength ?? 0
    const verdict = judge(head, read, watch)
    if (verdict === 'json') return { outcome: ANSWERING, body: { text: decode(head) } }
    if (verdict === 'answering') {
      reader.releaseLock()
      return { outcome: ANSWERING, begun: { head, rest: read.done ? undefined : body, firstTokenAt: clock.now() } }
    }
    if (verdict !== 'read_on') return giveUp(reader, verdict)
  }
  return giveUp(reader, { kind: 'bad_answer', detail: `no event within ${MAX_EVENT_BYTES} bytes` })
}

/** What the bytes so far are worth. */
function judge(
  head: readonly Uint8Array[],
  read: { readonly done: boolean; readonly value?: Uint8Array | undefined },
  watch: ReturnType<typeof watchEvents>,
): 'read_on' | 'answering' | 'json' | Fault {
  const form = sniff(head)
  if (form === 'html') return { kind: 'bad_answer', detail: 'an HTML page instead of an answer' }
  if (form === 'json') return read.done ? 'json' : 'read_on'
  const seen = watch(read.value, read.done)
  if (seen.fault) return seen.fault
  if (seen.hasSubstance) return 'answering'
  return read.done || seen.isDone ? { kind: 'bad_answer', detail: 'an empty answer' } : 'read_on'
}

type Seen = { fault?: Fault; hasSubstance: boolean; isDone: boolean }

/** Feeds bytes to an SSE parser and keeps what matters of the events that came whole. */
function watchEvents() {
  const seen: Seen = { hasSubstance: false, isDone: false }
  const parser = createParser({ onEvent: (event) => look(event, seen), maxBufferSize: MAX_EVENT_BYTES })
  const decoder = new TextDecoder()
  return (bytes: Uint8Array | undefined, isLast: boolean): Seen => {
    try {
      if (bytes) parser.feed(decoder.decode(bytes, { stream: true }))
      if (isLast) parser.feed('\n\n') // an event that was not closed by a blank line before the end
    } catch {
      seen.fault = { kind: 'bad_answer', detail: 'an event that is too large' }
    }
    return seen
  }
}

function look({ data, event }: EventSourceMessage, seen: Seen): void {
  if (seen.fault || seen.isDone) return // what comes after the end is nobody's answer
  if (data.trim() === '') return // without data it is no event by the standard, but a sign of life
  const facts = readChunk(data, event)
  if (facts.kind === 'error') seen.fault = { kind: 'error_event', error: facts.error }
  if (facts.kind === 'unreadable') seen.fault = { kind: 'bad_answer', detail: 'an event that is not JSON' }
  if (facts.kind === 'done') seen.isDone = true
  if (facts.kind !== 'chunk') return
  if (facts.finishReasons.some((reason) => toFinishReason(reason, false) === undefined)) {
    seen.fault = { kind: 'bad_answer', detail: 'an answer whose generation was broken off' }
  }
  if (facts.hasSubstance) seen.hasSubstance = true
}

function sniff(head: readonly Uint8Array[]): 'json' | 'html' | 'events' {
  for (const piece of head) {
    for (const byte of piece) {
      if (byte === 0x7b) return 'json'
      if (byte === 0x3c) return 'html'
      const isSpaceOrBom = byte <= 0x20 || byte === 0xef || byte === 0xbb || byte === 0xbf
      if (!isSpaceOrBom) return 'events'
    }
  }
  return 'events'
}

async function giveUp(rest: ReadableStreamDefaultReader, outcome: Fault): Promise<FirstEventResult> {
  rest.cancel().catch(() => {}) // not awaited: a peer that is stuck would hold us up as well
  return { outcome }
}
