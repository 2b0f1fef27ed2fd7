import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Interruption } from '../core/errors.ts'
import { type Chunk, isFields, readChunk, type Usage } from '../openai/chunk.ts'
import { formatEvent } from '../openai/sse.ts'
import { createMendingState, mendChunk } from './answer-dialect.ts'
import { redact } from './error-body.ts'
import { MAX_EVENT_BYTES } from './opening.ts'

/** How a stream ended, as far as the upstream is concerned. */
export type StreamEnd = 'whole' | 'upstream_error' | Interruption

/** What is known of a stream while it is read, event by event. */
export type Translation = {
  /** Reads bytes, and returns the events they complete as clients are to see them. */
  feed(bytes: Uint8Array): string
  /** Reads what an end without a last blank line has left, and says whether the stream was whole. */
  finish(): { readonly text: string; readonly end: StreamEnd }
  /** Set once nothing more of the upstream matters: after `[DONE]`, an error, something unreadable. */
  end(): StreamEnd | undefined
  /** Whether every choice that began has a finish reason. */
  isFinished(): boolean
  /** Events with data so far; comments are not progress. */
  eventCount(): number
  usage(): Usage | undefined
}

/**
 * Translates a provider's stream into one that every client reads alike: events in plain framing, finish reasons that
 * clients know, tool calls with an index and an id, `[DONE]` at the end and nothing after it. The data of an event
 * that needs no mending is passed on as the very text that came.
 *
 * A stream is whole if it had a finish reason or `[DONE]`: one provider never sends the first, another never the second.
 */
export function createTranslation(newId: () => string): Translation {
  const mending = createMendingState(newId)
  const begun = new Set<number>()
  const finished = new Set<number>()
  let end: StreamEnd | undefined
  let usage: Usage | undefined
  let eventCount = 0
  let text = ''

  const onChunk = (chunk: Chunk, event: EventSourceMessage) => {
    for (const [position, choice] of chunk.choices.entries()) {
      const index = typeof choice['index'] === 'number' ? choice['index'] : position
      begun.add(index)
      if (typeof choice['finish_reason'] === 'string' && choice['finish_reason'] !== '') finished.add(index)
    }
    const mended = mendChunk(chunk, mending)
    if (mended === 'broken_off') end = 'cut'
    else text += formatEvent(mended === chunk ? event.data : JSON.stringify(mended), event)
  }
  const onEvent = (event: EventSourceMessage) => {
    if (end) return
    eventCount++
    const facts = readChunk(event.data, event.event)
    if (facts.kind === 'done') {
      end = 'whole'
    } else if (facts.kind === 'error') {
      end = 'upstream_error'
      text += formatEvent(toErrorData(event.data, facts.error))
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
    try {
      parser.feed(piece)
    } catch {
      end ??= 'unreadable' // an event larger than we hold
    }
    return text
  }
  const isFinished = () => begun.size > 0 && [...begun].every((index) => finished.has(index))
  return {
    feed: (bytes) => parse(decoder.decode(bytes, { stream: true })),
    finish() {
      const rest = end ? '' : parse(`${decoder.decode()}\n\n`)
      const isTorn = end === 'unreadable' // half an event before the end is a cut, not a dialect
      return {
        text: rest,
        end: isFinished() && isTorn ? 'whole' : isTorn ? 'cut' : (end ?? (isFinished() ? 'whole' : 'cut')),
      }
    },
    end: () => end,
    isFinished,
    eventCount: () => eventCount,
    usage: () => usage,
  }
}

/** The error as clients read it, `{ error: { message, ... } }`, with every other member that came with it. */
function toErrorData(data: string, error: { readonly message: string }): string {
  let came: unknown
  try {
    came = JSON.parse(data)
  } catch {
    came = {}
  }
  const fields = isFields(came) ? came : {}
  const nested = isFields(fields['error']) ? fields['error'] : {}
  const message = redact(error.message)
  return JSON.stringify({
    ...fields,
    error: { type: 'server_error', param: null, code: 'upstream_error', ...nested, message },
  })
}
