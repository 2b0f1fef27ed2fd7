import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { TokenUsage } from '../core/completion-record.ts'
import type { Interruption } from '../core/failure.ts'
import type { UpstreamError } from '../core/routing/outcome.ts'
import { createMendingState, mendChunk } from '../huggingface/normalize-chunk.ts'
import { type Chunk, finishReasonOf, lengthOfTexts, readChunk } from '../wire/chat/chunk.ts'
import { MAX_EVENT_BYTES } from './first-event.ts'

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
  /**
   * Reads what an end without a last blank line has left, and says whether the stream was whole.
   *
   * @param isCleanEnd Whether the upstream ended it, rather than broke off.
   */
  finish(isCleanEnd: boolean): { readonly chunks: readonly NormalizedChunk[]; readonly end: StreamEnd }
  /** Set once nothing more of the upstream matters: after `[DONE]`, an error, something unreadable. */
  end(): StreamEnd | undefined
  /** Whether as many choices as were asked for have a finish reason. */
  isFinished(): boolean
  /** What the upstream said in an error event, as it came: it may hold a token. */
  error(): UpstreamError | undefined
  /** Events with data so far; comments are not progress. */
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
}

/**
 * Reads a provider's stream as chunks that every client reads alike: finish reasons that clients know, tool calls with
 * an index and an id, nothing after `[DONE]`. The data of an event that needs no mending is passed on as the very text
 * that came.
 *
 * A stream is whole if it had a finish reason or `[DONE]`: one provider never sends the first, another never the second.
 *
 * @param choiceCount How many choices were asked for. A provider may send fewer, but then it has to end the stream itself.
 */
export function createNormalizer(newId: () => string, choiceCount: number): Normalizer {
  const mending = createMendingState(newId)
  const tally = createTally(choiceCount)
  let end: StreamEnd | undefined
  let usage: TokenUsage | undefined
  let textLength = 0
  let error: UpstreamError | undefined
  let eventCount = 0
  let isClean = true
  let isDone = false
  let last = '\n\n'
  let chunks: NormalizedChunk[] = []

  const onChunk = (chunk: Chunk, event: EventSourceMessage) => {
    const mended = mendChunk(chunk, mending)
    tally.add(chunk, mended !== 'broken_off')
    if (mended === 'broken_off') end = 'cut'
    else chunks.push(mended === chunk ? { chunk, data: event.data } : { chunk: mended })
    if (mended !== chunk) isClean = false
    textLength += lengthOfTexts(chunk)
  }
  const onEvent = (event: EventSourceMessage) => {
    if (end) {
      isClean = false // nothing is expected after the end
      return
    }
    if (event.data.trim() === '') return // no event by the standard; some providers keep the connection alive by it
    eventCount++
    const facts = readChunk(event.data, event.event)
    if (facts.kind === 'done') {
      end = 'whole'
      isDone = true
    } else if (facts.kind === 'error') {
      end = 'upstream_error'
      error = facts.error
    } else if (facts.kind === 'unreadable') {
      end = 'unreadable'
    } else {
      usage = facts.usage ?? usage
      onChunk(facts.chunk, event)
    }
  }
  const parser = createParser({ onEvent, maxBufferSize: MAX_EVENT_BYTES })
  const decoder = new TextDecoder()
  const parse = (piece: string): readonly NormalizedChunk[] => {
    chunks = []
    last = (last + piece).slice(-2)
    if (piece.includes('\r')) isClean = false
    try {
      parser.feed(piece)
    } catch {
      end ??= 'unreadable' // an event larger than we hold
    }
    return chunks
  }
  return {
    feed: (bytes) => parse(decoder.decode(bytes, { stream: true })),
    finish(isCleanEnd) {
      const rest = end ? [] : parse(`${decoder.decode()}\n\n`)
      return { chunks: rest, end: judgeEnd(end, isCleanEnd ? tally.areBegunFinished() : tally.isFinished()) }
    },
    end: () => end,
    isFinished: tally.isFinished,
    eventCount: () => eventCount,
    usage: () => usage,
    textLength: () => textLength,
    error: () => error,
    isDone: () => isDone,
    isClean: () => isClean && end !== 'upstream_error' && end !== 'unreadable',
    isAtBoundary: () => last === '\n\n',
  }
}

/** Counts which choices have begun and which have a finish reason. */
function createTally(choiceCount: number) {
  const begun = new Set<number>()
  const finished = new Set<number>()
  const areBegunFinished = () => begun.size > 0 && [...begun].every((index) => finished.has(index))
  return {
    add(chunk: Chunk, mayFinish: boolean) {
      for (const [position, choice] of chunk.choices.entries()) {
        const index = typeof choice['index'] === 'number' ? choice['index'] : position
        begun.add(index)
        if (mayFinish && finishReasonOf(choice) !== undefined) finished.add(index)
      }
    },
    areBegunFinished,
    isFinished: () => begun.size >= choiceCount && areBegunFinished(),
  }
}

/** Half an event before the end is a cut, not a dialect; after the finish reason not even that. */
function judgeEnd(end: StreamEnd | undefined, isFinished: boolean): StreamEnd {
  if (isFinished && end !== 'upstream_error') return 'whole'
  return end === undefined || end === 'unreadable' ? 'cut' : end
}
