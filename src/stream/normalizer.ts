import { createParser } from 'eventsource-parser'
import type { TokenUsage } from '../core/completion-record.ts'
import type { UpstreamError } from '../core/routing/outcome.ts'
import {
  createAnswerState,
  hadReadCalls,
  hasBegun,
  hasFinish,
  isFinished,
  isFinishedAtEnd,
} from '../huggingface/answer-state.ts'
import {
  BLANK_LINE,
  endOf,
  type NormalizedChunk,
  readInto,
  readPlainInto,
  type StreamEnd,
  skipInto,
  startReading,
  textLength,
} from './reading.ts'

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

/** The largest event that is held in memory, in UTF-16 units or bytes. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024

/**
 * Reads a provider's stream as chunks that every client reads alike. The data of an event that is in order is passed on
 * as the very text that came; what is no part of an answer is left out, and so is everything after `[DONE]`.
 *
 * A stream is whole if it had its finish reasons or `[DONE]`: one provider never sends the first, another never the second.
 * `[DONE]` alone does not make whole what something unknown came at the end of, or what some choices have a finish reason of.
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
  const reading = startReading(createAnswerState(newId, choiceCount), choiceCount)
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
