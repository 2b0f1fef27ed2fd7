import type { TokenUsage } from '../core/completion-record.ts'
import type { Interruption } from '../core/failure.ts'
import {
  type AnswerState,
  choiceOf,
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

export const BLANK_LINE = '\n\n'

/** What has been read of one stream. */
export type Reading = {
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
  /**
   * Whether something came that nobody knows, and no word of the answer after it: a failure in words of its own, perhaps.
   * Some providers never send a finish reason, so `[DONE]` alone is an end, but not after that.
   */
  isDoubtful: boolean
  hasBareChunk: boolean
  /** Characters of events with text that were read, and of events that were not. */
  readLength: number
  skippedLength: number
  /** Those of the bytes that are being read. */
  chunks: NormalizedChunk[]
}

export function startReading(answer: AnswerState, choiceCount: number): Reading {
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
    isDoubtful: false,
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
export function readPlainInto(
  reading: Reading,
  text: string,
  isAtBoundary: boolean,
  parse: (text: string) => void,
): number {
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

export function readInto(reading: Reading, data: string, sent: string, event: string | undefined): void {
  if (data !== sent) reading.isClean = false
  if (reading.end) {
    reading.isClean = false // nothing is expected after the end
    return
  }
  const facts = readEvent(data, event)
  if (facts.kind === 'chunk') readChunk(reading, facts, data)
  else if (facts.kind === 'done') {
    reading.isDone = isCredible(reading)
    reading.end = reading.isDone ? 'whole' : 'cut'
    reading.eventCount++
  } else if (facts.kind === 'error') {
    reading.end = 'upstream_error'
    reading.failure = facts
  } else {
    reading.isClean = false
    if (facts.kind === 'unknown') reading.isDoubtful = true
    if (facts.kind === 'unreadable' && !isFinished(reading.answer, reading.choiceCount)) reading.end = 'unreadable'
  }
}

/** Whether `[DONE]` says that the answer is whole: a provider that sends finish reasons sends one for each choice. */
function isCredible({ answer, isDoubtful }: Reading): boolean {
  return isFinishedAtEnd(answer) || (!isDoubtful && !hasFinish(answer))
}

function readChunk(reading: Reading, { chunk, usage, isRepaired, isStrange }: ChunkFacts, data: string): void {
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
  reading.isDoubtful = isStrange || (reading.isDoubtful && length === 0)
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
  reading.isDoubtful = false
  reading.chunks.push({ chunk, data })
}

const CALLS = /"tool_calls" ?: ?\[ ?\{/

export function skipInto(reading: Reading, text: string): void {
  reading.skippedLength += text.length
  reading.isDoubtful = false
  const choice = choiceOf(reading.answer, 0)
  choice.hasText = true
  if (CALLS.test(text)) choice.hasUnreadCalls = true
}

export function endOf({ end, answer, choiceCount }: Reading, isCleanEnd: boolean): StreamEnd {
  if (end !== undefined && end !== 'unreadable') return end
  const isWhole = isFinished(answer, choiceCount) || (!end && isCleanEnd && isFinishedAtEnd(answer))
  return isWhole ? 'whole' : 'cut' // half an event before the end is a cut, not a provider's habit
}

/** What was not read says as much for its length as what was. */
export function textLength({ answer, readLength, skippedLength }: Reading): number {
  const read = textLengthOf(answer)
  return Math.round(read + (readLength > 0 ? (read / readLength) * skippedLength : 0))
}
