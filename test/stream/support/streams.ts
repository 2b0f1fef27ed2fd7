import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { Clock } from '../../../src/core/clock.ts'
import { GatewayError } from '../../../src/core/failure.ts'
import { createNormalizer } from '../../../src/stream/normalizer.ts'
import type { NormalizedChunk } from '../../../src/stream/reading.ts'
import { createChatEncoder } from '../../../src/wire/chat/encoder.ts'

export const encode = (text: string) => new TextEncoder().encode(text)

/** The runtime's time. */
export const realClock: Clock = {
  now: () => Date.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  timer(ms, run) {
    const id = setTimeout(run, ms)
    return () => clearTimeout(id)
  },
}

/** One event of one choice, as most providers write it. */
export function deltaEvent(delta: unknown, finishReason: string | null = null, index = 0): string {
  return `data: ${JSON.stringify({ id: 'x', choices: [{ index, delta, finish_reason: finishReason }] })}\n\n`
}

export const DONE_EVENT = 'data: [DONE]\n\n'
export const HELLO = deltaEvent({ role: 'assistant', content: 'Hello' })
export const FINISH = deltaEvent({}, 'stop')

/** The events that a client reads in a text. */
export function eventsIn(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => events.push(event) })
  parser.feed(text)
  return events
}

export type Translated = {
  /** What the client's parser makes of it: the data of each event. */
  readonly data: readonly string[]
  readonly end: string
  readonly text: string
}

/** Normalizes a stream that came in these pieces, from its first byte to its last, as the chat surface writes it. */
export function translate(pieces: readonly (string | Uint8Array)[]): Translated {
  let made = 0
  const normalizer = createNormalizer(() => `made-${++made}`, 1)
  const encoder = createChatEncoder({ hidesUsage: false })
  let text = ''
  const say = (chunks: readonly NormalizedChunk[]) => {
    for (const { chunk, data } of chunks) text += encoder.chunk(chunk, data)
  }
  for (const piece of pieces) say(normalizer.feed(typeof piece === 'string' ? encode(piece) : piece))
  const ended = normalizer.end()
  const rest = ended ? { chunks: [], end: ended } : normalizer.finish(true)
  say(rest.chunks)
  const error = normalizer.error()
  if (error) text += encoder.fail(new GatewayError({ kind: 'upstream_error', error }))
  return { data: eventsIn(text).map(({ data }) => data), end: rest.end, text }
}

/** A body that sends exactly these pieces; an `Error` breaks it, a number waits that many milliseconds. */
export function bodyOf(...pieces: (string | Uint8Array | Error | number)[]): ReadableStream<Uint8Array> {
  const left = [...pieces]
  return new ReadableStream({
    async pull(controller) {
      let piece = left.shift()
      for (; typeof piece === 'number'; piece = left.shift()) await realClock.wait(piece)
      if (piece instanceof Error) controller.error(piece)
      else if (piece === undefined) controller.close()
      else controller.enqueue(typeof piece === 'string' ? encode(piece) : piece)
    },
  })
}
