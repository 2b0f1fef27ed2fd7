import { createParser } from 'eventsource-parser'
import type { TokenUsage } from '../core/completion-record.ts'
import type { Interruption } from '../core/failure.ts'
import type { UpstreamError } from '../core/routing/outcome.ts'
import {
  type AnswerState,
  choiceOf,
  createAnswerState,
  hadReadCalls,
  hasBegun,
  hasFinish,
  isFinished,
  isFinishedAtEnd,
  textLengthOf,
} from '../huggingface/answer-state.ts'
import { normalizeChunk } from '../huggingface/normalize-chunk.ts'
import { type ChunkFacts, type EventFacts, readEvent } from '../huggingface/read-event.ts'
import type { Chunk } from '../wire/chat/chunk.ts'
import { createPlainEvents, type PlainEvent, type PlainEvents } from './plain-events.ts'

/** How a stream ended, as far as the upstream is concerned. */
export type StreamEnd = 'whole' | 'upstream_error' | Interruption

/** A chunk as clients are to see it. */
export type NormalizedChunk = {
  readonly chunk: Chunk
  /** Its JSON as it came, where nothing had to change. */
  readonly data?: string
}

/** What is known of a stream while it is read, event by event. */
export type Normalizer = {
  /** Reads bytes, and returns the chunks that they complete. */
  feed(bytes: Uint8Array): readonly NormalizedChunk[]
  /** The same for text. */
  feedText(text: string): readonly NormalizedChunk[]
  /** Notes whole events of a single choice's answer that reached the client and were not read. */
  skip(text: string): void
  /**
   * Reads what an end without a last blank line has left, and says whether the stream was whole.
   *
   * @param isCleanEnd Whether the upstream ended it, rather than broke off.
   */
  finish(isCleanEnd: boolean): { readonly chunks: readonly NormalizedChunk[]; readonly end: StreamEnd }
  /** Set once nothing more of the upstream matters: after `[DONE]`, an error, something unreadable. */
  end(): StreamEnd | undefined
  /** Whether the answer has begun: a fault before that is made good by another target. */
  hasBegun(): boolean
  /** Whether as many choices as were asked for have a finish reason that is proof of an end. */
  isFinished(): boolean
  /** Whether some choice has a finish reason, whichever. */
  hasFinish(): boolean
  /** Whether the usage that comes after the finish has come: nothing more is to be expected but the end. */
  hasFinalUsage(): boolean
  /** What the upstream said in an error event, as it came: it may hold a token. */
  error(): UpstreamError | undefined
  /** The error object itself, where it was one; it may hold a token, too. */
  sentError(): Readonly<Record<string, unknown>> | undefined
  /** Events of an answer so far; comments and pings are not progress. */
  eventCount(): number
  usage(): TokenUsage | undefined
  /** The length of the answer's texts so far, in UTF-16 units: what can be counted where no usage is told. */
  textLength(): number
  /** Whether `[DONE]` came. */
  isDone(): boolean
  /** Whether every event so far could have gone to the client as it came. */
  isClean(): boolean
  /** Whether the bytes so far end with a whole event. */
  isAtBoundary(): boolean
  /** Whether the answer had tool calls, and every one was read. */
  hadReadCalls(): boolean
  /** Whether a chunk without choices came, which a client that asked for no usage does not get. */
  hasBareChunk(): boolean
}

const BLANK_LINE = '\n\n'

/** The largest event that is held in memory, in UTF-16 units or bytes. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024

/** What has been read of one stream. */
type Reading = {
  readonly answer: AnswerState
  readonly choiceCount: number
  readonly plain: PlainEvents
  end: StreamEnd | undefined
  usage: TokenUsage | undefined
  isUsageFinal: boolean
  failure: Extract<EventFacts, { kind: 'error' }> | undefined
  eventCount: number
  isClean: boolean
  isDone: boolean
  hasBareChunk: boolean
  /** Characters of events with text that were read, and of events that were not. */
  readLength: number
  skippedLength: number
  /** Those of the bytes that are being read. */
  chunks: NormalizedChunk[]
}

/**
 * Reads a provider's stream as chunks that every client reads alike. The data of an event that is in order is passed on
 * as the very text that came; what is no part of an answer is left out, and so is everything after `[DONE]`.
 *
 * A stream is whole if it had a finish reason or `[DONE]`: one provider never sends the first, another never the second.
 *
 * @param newId Makes ids for tool calls that came without one.
 * @param choiceCount How many choices were asked for.
 * @param hide Takes out what no client may read: the deployment's own token, which an upstream was sent.
 */
export function createNormalizer(
  newId: () => string,
  choiceCount: number,
  hide: (text: string) => string = (text) => text,
): Normalizer {
  const reading = startReading(createAnswerState(newId), choiceCount)
  const { answer } = reading
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent: ({ data, event }) => readInto(reading, hide(data), data, event),
    onComment: () => {
      reading.isClean = false // some readers trip over one, so that it must not go through unread
    },
    maxBufferSize: MAX_EVENT_BYTES,
  })
  let last = BLANK_LINE
  const feedText = (text: string): readonly NormalizedChunk[] => {
    reading.chunks = []
    const wasAtBoundary = last === BLANK_LINE
    last = (last + text).slice(-2)
    if (text.includes('\r')) reading.isClean = false
    try {
      const from = hide(text) === text ? readPlainInto(reading, text, wasAtBoundary, parser.feed) : 0
      if (from < text.length) parser.feed(from === 0 ? text : text.slice(from))
    } catch {
      reading.end ??= isFinished(answer, choiceCount) ? 'whole' : 'unreadable' // an event larger than we hold
    }
    return reading.chunks
  }
  return {
    feed: (bytes) => feedText(decoder.decode(bytes, { stream: true })),
    feedText,
    skip: (text) => skipInto(reading, text),
    finish(isCleanEnd) {
      const chunks = reading.end ? [] : feedText(`${decoder.decode()}\n\n`)
      return { chunks, end: endOf(reading, isCleanEnd) }
    },
    end: () => reading.end,
    hasBegun: () => hasBegun(answer),
    isFinished: () => isFinished(answer, choiceCount),
    hasFinish: () => hasFinish(answer),
    hasFinalUsage: () => reading.isUsageFinal && isFinishedAtEnd(answer),
    eventCount: () => reading.eventCount,
    usage: () => reading.usage,
    textLength: () => textLength(reading),
    error: () => reading.failure?.error,
    sentError: () => reading.failure?.sent,
    isDone: () => reading.isDone,
    isClean: () => reading.isClean && (reading.end === undefined || reading.end === 'whole'),
    isAtBoundary: () => last === BLANK_LINE,
    hadReadCalls: () => hadReadCalls(answer),
    hasBareChunk: () => reading.hasBareChunk,
  }
}

function startReading(answer: AnswerState, choiceCount: number): Reading {
  return {
    answer,
    choiceCount,
    plain: createPlainEvents(),
    end: undefined,
    usage: undefined,
    isUsageFinal: false,
    failure: undefined,
    eventCount: 0,
    isClean: true,
    isDone: false,
    hasBareChunk: false,
    readLength: 0,
    skippedLength: 0,
    chunks: [],
  }
}

/**
 * Reads the events at the beginning of a text that need no parser, after what completes an event that has begun.
 *
 * @param parse Reads that.
 * @returns Where the first other event begins.
 */
function readPlainInto(reading: Reading, text: string, isAtBoundary: boolean, parse: (text: string) => void): number {
  let at = 0
  if (!isAtBoundary) {
    at = text.indexOf(BLANK_LINE) + BLANK_LINE.length
    if (at < BLANK_LINE.length) return 0
    parse(text.slice(0, at))
  }
  if (reading.end || hasFinish(reading.answer)) return at // an event that changes either is not plain
  while (at < text.length) {
    const event = reading.plain.read(text, at)
    if (!event) return at
    notePlain(reading, event)
    at = event.end
  }
  return at
}

function readInto(reading: Reading, data: string, sent: string, event: string | undefined): void {
  if (data !== sent) reading.isClean = false
  if (reading.end) {
    reading.isClean = false // nothing is expected after the end
    return
  }
  const facts = readEvent(data, event)
  if (facts.kind === 'chunk') readChunk(reading, facts, data)
  else if (facts.kind === 'done') {
    reading.end = 'whole'
    reading.isDone = true
    reading.eventCount++
  } else if (facts.kind === 'error') {
    reading.end = 'upstream_error'
    reading.failure = facts
  } else {
    reading.isClean = false
    if (facts.kind === 'unreadable' && !isFinished(reading.answer, reading.choiceCount)) reading.end = 'unreadable'
  }
}

function readChunk(reading: Reading, { chunk, usage, isRepaired }: ChunkFacts, data: string): void {
  const { answer } = reading
  const isBare = chunk.choices.length === 0
  if (isBare) reading.hasBareChunk = true
  const lengthBefore = textLengthOf(answer)
  const normalized = normalizeChunk(chunk, answer)
  if (normalized === 'broken_off') {
    reading.end = 'cut'
    return
  }
  if (usage) {
    answer.completionTokens = usage.completionTokens
    // Usage in every chunk says nothing of the end.
    reading.isUsageFinal = isFinishedAtEnd(answer) && (isBare || reading.usage === undefined)
    reading.usage = usage
  }
  if (!isBare || usage) reading.eventCount++
  if (normalized.isOdd || isRepaired) reading.isClean = false
  const length = textLengthOf(answer) - lengthBefore
  if (length > 0) reading.readLength += data.length
  if (normalized.chunk !== chunk || isRepaired) {
    reading.chunks.push({ chunk: normalized.chunk })
    return
  }
  reading.chunks.push({ chunk, data })
  if (length > 0 && !hasFinish(answer)) reading.plain.learn(data, chunk)
}

/** Notes an event that says what the one before it said, in other words. */
function notePlain(reading: Reading, { chunk, data, words }: PlainEvent): void {
  const [choice] = chunk.choices
  choiceOf(reading.answer, Number(choice?.['index'])).textLength += words.length
  reading.eventCount++
  reading.readLength += data.length
  reading.chunks.push({ chunk, data })
}

const CALLS = /"tool_calls" ?: ?\[ ?\{/

function skipInto(reading: Reading, text: string): void {
  reading.skippedLength += text.length
  const choice = choiceOf(reading.answer, 0)
  choice.hasText = true
  if (CALLS.test(text)) choice.hasUnreadCalls = true
}

function endOf({ end, answer, choiceCount }: Reading, isCleanEnd: boolean): StreamEnd {
  if (end !== undefined && end !== 'unreadable') return end
  const isWhole = isFinished(answer, choiceCount) || (!end && isCleanEnd && isFinishedAtEnd(answer))
  return isWhole ? 'whole' : 'cut' // half an event before the end is a cut, not a provider's habit
}

/** What was not read says as much for its length as what was. */
function textLength({ answer, readLength, skippedLength }: Reading): number {
  const read = textLengthOf(answer)
  return Math.round(read + (readLength > 0 ? (read / readLength) * skippedLength : 0))
}
