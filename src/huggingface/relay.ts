import type { Clock } from '../core/clock.ts'
import { GatewayError, type Interruption } from '../core/errors.ts'
import type { Usage } from '../openai/chunk.ts'
import { COMMENT, DONE, errorEvent } from '../openai/sse.ts'
import type { Opening } from './opening.ts'
import { createTranslation, type StreamEnd } from './translation.ts'

/** Where the answer goes. `write` rejects once the client is gone. */
export type Sink = WritableStreamDefaultWriter<Uint8Array>

/** How a relayed stream ended: as the upstream ended it, or because the client left. */
export type RelayEnd = { readonly end: StreamEnd | 'client_gone'; readonly usage: Usage | undefined }

export type RelayOrder = {
  readonly opening: Opening
  /** Ends the upstream call. */
  readonly cancel: () => void
  /** The ref that answers, for the error event. */
  readonly target: string
  /** Milliseconds without an event after which the stream counts as stalled. */
  readonly idleMs: number
  /** When the whole request is out of time, in milliseconds since the epoch. */
  readonly deadlineAt: number
  /** Aborted when the client has left. */
  readonly gone: AbortSignal
}

export type RelayTools = { readonly clock: Clock; readonly newId: () => string }

/** In silence, a byte a second: only a write makes the runtime notice a client that has closed its connection. */
const BEAT_MS = 1_000
/** After the finish reason the answer is whole; what may follow is its usage. */
const AFTER_FINISH_MS = 5_000

/**
 * Hands the rest of a stream on, event by event, and watches it to its end: an answer that was cut, that stalled or
 * that ran out of time ends with an error event, one whose provider forgot `[DONE]` gets it. Never throws. The sink
 * stays open: how the connection ends is the caller's.
 */
export async function relay(order: RelayOrder, sink: Sink, tools: RelayTools): Promise<RelayEnd> {
  const { opening, target, gone } = order
  const translation = createTranslation(tools.newId)
  const watch = startWatch(order, sink, translation, tools.clock)
  try {
    const upstreamEnd = await pump(opening, sink, translation, watch)
    if (gone.aborted) return { end: 'client_gone', usage: translation.usage() }
    if (upstreamEnd === 'whole') await sink.write(DONE)
    else if (upstreamEnd !== 'upstream_error') {
      await sink.write(errorEvent(new GatewayError({ kind: 'interrupted', why: upstreamEnd, target })))
    }
    return { end: upstreamEnd, usage: translation.usage() }
  } catch {
    return { end: 'client_gone', usage: translation.usage() } // only writing throws here
  } finally {
    watch.stop()
    order.cancel()
  }
}

type Watch = {
  readonly verdict: () => Interruption | undefined
  readonly progress: () => void
  readonly stop: () => void
}

/** Moves events until the upstream ends. @throws What writing to the client throws. */
async function pump(
  opening: Opening,
  sink: Sink,
  translation: ReturnType<typeof createTranslation>,
  watch: Watch,
): Promise<StreamEnd> {
  const encoder = new TextEncoder()
  const pass = async (text: string) => {
    watch.progress()
    if (text !== '') await sink.write(encoder.encode(text))
  }
  for (const bytes of opening.head) await pass(translation.feed(bytes))
  const reader = opening.rest?.getReader()
  while (reader && !translation.end()) {
    const read = await reader.read().catch(() => undefined)
    if (!read?.value) break
    await pass(translation.feed(read.value))
  }
  const before = translation.end()
  if (before) return before
  const verdict = watch.verdict()
  if (verdict) return translation.isFinished() ? 'whole' : verdict
  const { text, end } = translation.finish()
  await pass(text)
  return end
}

/** One timer a stream, not one a read: it notices silence, the end of the time, and, by writing, a client that left. */
function startWatch(
  order: RelayOrder,
  sink: Sink,
  translation: ReturnType<typeof createTranslation>,
  clock: Clock,
): Watch {
  const stopped = new AbortController()
  let verdict: Interruption | undefined
  let eventCount = -1
  let lastEventAt = clock.now()
  let lastWriteAt = lastEventAt
  const progress = () => {
    lastWriteAt = clock.now()
    if (translation.eventCount() === eventCount) return
    eventCount = translation.eventCount()
    lastEventAt = lastWriteAt
  }
  const run = async () => {
    while (!stopped.signal.aborted && !verdict) {
      const now = clock.now()
      const idleMs = translation.isFinished() ? Math.min(order.idleMs, AFTER_FINISH_MS) : order.idleMs
      if (now >= order.deadlineAt) verdict = 'out_of_time'
      else if (now - lastEventAt >= idleMs) verdict = 'stalled'
      if (verdict) return order.cancel() // the read that is under way fails, and finds the verdict
      if (now - lastWriteAt >= BEAT_MS) {
        lastWriteAt = now
        sink.write(COMMENT).catch(order.cancel)
      }
      const waitMs = Math.min(lastEventAt + idleMs - now, order.deadlineAt - now, lastWriteAt + BEAT_MS - now)
      await clock.wait(Math.max(1, waitMs), stopped.signal)
    }
  }
  run()
  return { verdict: () => verdict, progress, stop: () => stopped.abort() }
}
