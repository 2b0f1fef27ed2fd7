import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { TokenUsage } from '../core/completion-record.ts'
import type { Interruption } from '../core/failure.ts'
import type { UpstreamError } from '../core/routing/outcome.ts'
import {
  choiceOf,
  createAnswerState,
  hasBegun,
  isFinished,
  isFinishedAtEnd,
  textLengthOf,
} from '../huggingface/answer-state.ts'
import { normalizeChunk } from '../huggingface/normalize-chunk.ts'
import { type ChunkFacts, type EventFacts, readEvent } from '../huggingface/read-event.ts'
import type { Chunk } from '../wire/chat/chunk.ts'

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
  /** Whether the answer has begun: a fault before that can be mended by another target. */
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
  /** Whether a chunk without choices came, which a client that asked for no usage does not get. */
  hasBareChunk(): boolean
}

/** The largest event that is held in memory, in UTF-16 units or bytes. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024

/**
 * Reads a provider's stream as chunks that every client reads alike. The data of an event that is in order is passed on
 * as the very text that came; what is no part of an answer is left out, and so is everything after `[DONE]`.
 *
 * A stream is whole if it had a finish reason or `[DONE]`: one provider never sends the first, another never the second.
 *
 * @param newId Makes ids for tool calls that came without one.
 * @param choiceCount How many choices were asked for.
 */
export function createNormalizer(newId: () => string, choiceCount: number): Normalizer {
  const answer = createAnswerState(newId)
  const decoder = new TextDecoder()
  let end: StreamEnd | undefined
  let usage: TokenUsage | undefined
  let isUsageFinal = false
  let failure: Extract<EventFacts, { kind: 'error' }> | undefined
  let eventCount = 0
  let isClean = true
  let isDone = false
  let hasBareChunk = false
  let readLength = 0
  let skippedLength = 0
  let last = '\n\n'
  let chunks: NormalizedChunk[] = []

  const onChunk = ({ chunk, usage: told, isRepaired }: ChunkFacts, data: string) => {
    const isBare = chunk.choices.length === 0
    if (isBare) hasBareChunk = true
    const normalized = normalizeChunk(chunk, answer)
    if (normalized === 'broken_off') {
      end = 'cut'
      return
    }
    if (told) {
      answer.completionTokens = told.completionTokens
      isUsageFinal = isFinishedAtEnd(answer) && (isBare || usage === undefined)
      usage = told
    }
    if (!isBare || told) eventCount++
    if (normalized.isOdd || isRepaired) isClean = false
    readLength += data.length
    chunks.push(normalized.chunk === chunk && !isRepaired ? { chunk, data } : { chunk: normalized.chunk })
  }
  const onEvent = ({ data, event }: EventSourceMessage) => {
    if (end) {
      isClean = false // nothing is expected after the end
      return
    }
    const facts = readEvent(data, event)
    if (facts.kind === 'chunk') onChunk(facts, data)
    else if (facts.kind === 'done') {
      end = 'whole'
      isDone = true
      eventCount++
    } else if (facts.kind === 'error') {
      end = 'upstream_error'
      failure = facts
    } else {
      isClean = false
      if (facts.kind === 'unreadable' && !isFinished(answer, choiceCount)) end = 'unreadable'
    }
  }
  const onComment = () => {
    isClean = false // some readers trip over one, so that it must not go through unread
  }
  const parser = createParser({ onEvent, onComment, maxBufferSize: MAX_EVENT_BYTES })
  const feedText = (text: string): readonly NormalizedChunk[] => {
    chunks = []
    last = (last + text).slice(-2)
    if (text.includes('\r')) isClean = false
    try {
      parser.feed(text)
    } catch {
      end ??= isFinished(answer, choiceCount) ? 'whole' : 'unreadable' // an event larger than we hold
    }
    return chunks
  }
  return {
    feed: (bytes) => feedText(decoder.decode(bytes, { stream: true })),
    feedText,
    skip(text) {
      skippedLength += text.length
      const choice = choiceOf(answer, 0)
      choice.hasText = true
      if (CALLS.test(text)) choice.hasUnreadCalls = true
    },
    finish(isCleanEnd) {
      const rest = end ? [] : feedText(`${decoder.decode()}\n\n`)
      if (end !== undefined && end !== 'unreadable') return { chunks: rest, end }
      const isWhole = isFinished(answer, choiceCount) || (!end && isCleanEnd && isFinishedAtEnd(answer))
      return { chunks: rest, end: isWhole ? 'whole' : 'cut' } // half an event before the end is a cut, not a dialect
    },
    end: () => end,
    hasBegun: () => hasBegun(answer),
    isFinished: () => isFinished(answer, choiceCount),
    hasFinish: () => [...answer.choices.values()].some(({ finish }) => finish !== undefined),
    hasFinalUsage: () => isUsageFinal && isFinishedAtEnd(answer),
    eventCount: () => eventCount,
    usage: () => usage,
    textLength() {
      const read = textLengthOf(answer)
      return Math.round(read + (readLength > 0 ? (read / readLength) * skippedLength : 0))
    },
    error: () => failure?.error,
    sentError: () => failure?.sent,
    isDone: () => isDone,
    isClean: () => isClean && end !== 'upstream_error' && end !== 'unreadable' && end !== 'cut',
    isAtBoundary: () => last === '\n\n',
    hasBareChunk: () => hasBareChunk,
  }
}

const CALLS = /"tool_calls" ?: ?\[ ?\{/
