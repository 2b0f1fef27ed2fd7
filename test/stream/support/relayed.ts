import type { Clock } from '../../../src/core/clock.ts'
import { createRedact } from '../../../src/huggingface/redact.ts'
import { openClientStream } from '../../../src/stream/client-stream.ts'
import { readFirstEvent } from '../../../src/stream/first-event.ts'
import { createNormalizer } from '../../../src/stream/normalizer.ts'
import { type RelayRequest, type RelayResult, relay } from '../../../src/stream/relay.ts'
import { createChatEncoder } from '../../../src/wire/chat/encoder.ts'
import { bodyOf, realClock } from './streams.ts'

/** A clock on which time passes so many times as fast. */
export function fastClock(times: number): Clock {
  const startedAt = Date.now()
  return {
    now: () => startedAt + (Date.now() - startedAt) * times,
    wait: (ms) => realClock.wait(ms / times),
    timer: (ms, run) => realClock.timer(ms / times, run),
  }
}

export type RelayOptions = Partial<Pick<RelayRequest, 'idleMs' | 'parsedReads' | 'collectMs' | 'hidesBareChunks'>> & {
  /** The whole request's time, from now. */
  readonly totalMs?: number
  readonly clock?: Clock
  /** Milliseconds of the real clock that the client does not read for, after its first bytes. */
  readonly pauseMs?: number
  readonly signal?: AbortSignal
}

export type Relayed = RelayResult & {
  readonly text: string
  /** Whether the client's connection ended as a whole answer's does. */
  readonly isClosed: boolean
  readonly isCancelled: boolean
}

/** Hands a stream of these pieces on to a client that reads it to its end, as the chat surface writes it. */
export async function relayed(pieces: Parameters<typeof bodyOf>, options: RelayOptions = {}): Promise<Relayed> {
  const { clock = realClock, totalMs = 60_000, pauseMs = 0 } = options
  const normalizer = createNormalizer(() => 'made', 1)
  const stop = new AbortController()
  const opened = await readFirstEvent(stoppable(bodyOf(...pieces), stop.signal), normalizer, 10_000, clock)
  if (!('begun' in opened)) throw new Error(`did not begin: ${JSON.stringify(opened)}`)
  let result: RelayResult | undefined
  const { readable, done } = openClientStream(
    async (client) => {
      result = await relay(
        {
          begun: opened.begun,
          cancel: () => stop.abort(),
          target: 'huggingface/a/b',
          idleMs: options.idleMs ?? 5_000,
          deadlineAt: clock.now() + totalMs,
          signal: options.signal ?? new AbortController().signal,
          encoder: createChatEncoder({ hidesUsage: false }),
          parsedReads: options.parsedReads ?? Number.POSITIVE_INFINITY,
          collectMs: options.collectMs ?? 0,
          hidesBareChunks: options.hidesBareChunks ?? false,
        },
        client,
        { clock, redact: createRedact(undefined) },
      )
      return result.end === 'whole' ? 'close' : 'abort'
    },
    () => {},
    clock,
  )
  const { text, isClosed } = await readSlowly(readable, pauseMs)
  await done
  if (!result) throw new Error('nothing came of it')
  return { ...result, text, isClosed, isCancelled: stop.signal.aborted }
}

/** A body that fails at once when its call is cancelled, as a fetch's does. */
function stoppable(body: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    type: 'bytes',
    start(controller) {
      signal.addEventListener('abort', () => controller.error(new Error('cancelled')))
    },
    async pull(controller) {
      const { value, done } = await reader.read()
      if (signal.aborted) return
      if (value) controller.enqueue(value)
      if (done) controller.close()
    },
  })
}

async function readSlowly(readable: ReadableStream<Uint8Array>, pauseMs: number) {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const piece of readable) {
      if (text === '') await realClock.wait(pauseMs)
      text += decoder.decode(piece, { stream: true })
    }
    return { text, isClosed: true }
  } catch {
    return { text, isClosed: false }
  }
}
