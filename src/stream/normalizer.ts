import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Interruption } from '../core/failure.ts'
import type { UpstreamError } from '../core/routing/outcome.ts'
import { redact } from '../huggingface/error-body.ts'
import { createMendingState, mendChunk } from '../huggingface/normalize-chunk.ts'
import { type Chunk, finishReasonOf, isFields, readChunk, type Usage } from '../wire/chat/chunk.ts'
import { formatErrorEvent, formatEvent } from '../wire/chat/events.ts'
import { MAX_EVENT_BYTES } from './first-event.ts'

/** How a stream ended, as far as the upstream is concerned. */
export type StreamEnd = 'whole' | 'upstream_error' | Interruption

/** What is known of a stream while it is read, event by event. */
export type Translation = {
  /** Reads bytes, and returns the events they complete as clients are to see them. */
  feed(bytes: Uint8Array): string
  /**
   * Reads what an end without a last blank line has left, and says whether the stream was whole.
   *
   * @param isCleanEnd Whether the upstream ended it, rather than broke off.
   */
  finish(isCleanEnd: boolean): { readonly text: string; readonly end: StreamEnd }
  /** Set once nothing more of the upstream matters: after `[DONE]`, an error, something unreadable. */
  end(): StreamEnd | undefined
  /** Whether as many choices as were asked for have a finish reason. */
  isFinished(): boolean
  /** What the upstream said in an error event. */
  error(): UpstreamError | undefined
  /** Events with data so far; comments are not progress. */
  eventCount(): number
  usage(): Usage | undefined
  /** Whether `[DONE]` came. */
  isDone(): boolean
  /** Whether every event so far could have gone to the client as it came. */
  isClean(): boolean
  /** Whether the bytes so far end with a whole event. */
  isAtBoundary(): boolean
}

/**
 * Translates a provider's stream into one that every client reads alike: events in plain framing, finish reasons that
 * clients know, tool calls with an index and an id, `[DONE]` at the end and nothing after it. The data of an event
 * that needs no mending is passed on as the very text that came.
 *
 * A stream is whole if it had a finish reason or `[DONE]`: one provider never sends the first, another never the second.
 *
 * @param choiceCount How many choices were asked for. A provider may send fewer, but then it has to end the stream itself.
 */
export function createTranslation(newId: () => string, choiceCount: number): Translation {
  const mending = createMendingState(newId)
  const tally = createTally(choiceCount)
  let end: StreamEnd | undefined
  let usage: Usage | undefined
  let error: UpstreamError | undefined
  let eventCount = 0
  let isClean = true
  let isDone = false
  let last = '\n\n'
  let text = ''

  const onChunk = (chunk: Chunk, event: EventSourceMessage) => {
    const mended = mendChunk(chunk, mending)
    tally.add(chunk, mended !== 'broken_off')
    if (mended === 'broken_off') end = 'cut'
    else text += formatEvent(mended === chunk ? event.data : JSON.stringify(mended), event)
    if (mended !== chunk) isClean = false
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
      text += formatEvent(event.data.trim())
    } else if (facts.kind === 'error') {
      end = 'upstream_error'
      error = facts.error
      text += toErrorEvent(event.data, facts.error)
    } else if (facts.kind === 'unreadable') {
      end = 'unreadable'
    } else {
      usage = facts.usage ?? usage
      onChunk(facts.chunk, event)
    }
  }
  const parser = createParser({ onEvent, maxBufferSize: MAX_EVENT_BYTES })
  const decoder = new TextDecoder()
  const parse = (piece: string): string => {
    text = ''
    last = (last + piece).slice(-2)
    if (piece.includes('\r')) isClean = false
    try {
      parser.feed(piece)
    } catch {
      end ??= 'unreadable' // an event larger than we hold
    }
    return text
  }
  return {
    feed: (bytes) => parse(decoder.decode(bytes, { stream: true })),
    finish(isCleanEnd) {
      const rest = end ? '' : parse(`${decoder.decode()}\n\n`)
      return { text: rest, end: judgeEnd(end, isCleanEnd ? tally.areBegunFinished() : tally.isFinished()) }
    },
    end: () => end,
    isFinished: tally.isFinished,
    eventCount: () => eventCount,
    usage: () => usage,
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

/** The error as clients read it, whatever its shape, with every other member that came with it. */
function toErrorEvent(data: string, error: UpstreamError): string {
  let came: unknown
  try {
    came = JSON.parse(data)
  } catch {
    came = undefined // the text of an `event: error`
  }
  const fields = isFields(came) ? came : {}
  const nested = isFields(fields['error']) ? fields['error'] : {}
  const defaults = { type: 'server_error', param: null, code: 'upstream_error' }
  return redact(formatErrorEvent({ ...defaults, ...nested, message: error.message }, fields))
}
