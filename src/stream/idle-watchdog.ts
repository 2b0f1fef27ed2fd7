import type { Clock } from '../core/clock.ts'
import type { Interruption } from '../core/failure.ts'
import { COMMENT } from '../wire/chat/events.ts'
import type { Sink } from './client-stream.ts'

export type WatchOrder = {
  /** Ends the upstream call: the read that is under way fails, and its reader finds the verdict. */
  readonly cancel: () => void
  /** Milliseconds without an event after which the stream counts as stalled; asked for at every look. */
  readonly idleMs: () => number
  /** When the whole request is out of time, in milliseconds since the epoch. */
  readonly deadlineAt: number
}

export type Watch = {
  /** Why the stream was ended, if it was. */
  verdict(): Interruption | undefined
  /** An event came. */
  progress(): void
  /** Writes to the client. What it takes the client to read is not the upstream's silence. */
  write(bytes: Uint8Array): Promise<void>
  stop(): void
}

/** In silence, a few bytes a second: only a write makes the runtime notice a client that has closed its connection. */
const BEAT_MS = 1_000
/** A client that reads nothing is dropped this long after its time has run out. */
const GRACE_MS = 5_000

/** After the finish reason the answer is whole; what may follow is its usage. */
const AFTER_FINISH_MS = 5_000

/** Milliseconds of silence that end a stream. */
export function idleLimitMs(idleMs: number, isFinished: boolean): number {
  return isFinished ? Math.min(idleMs, AFTER_FINISH_MS) : idleMs
}

/** Watches a stream with one timer, not one a read: silence, the end of the time, a client that left. */
export function startWatch(order: WatchOrder, sink: Sink, clock: Clock): Watch {
  let isStopped = false
  let cancelTimer = () => {}
  let verdict: Interruption | undefined
  let lastEventAt = clock.now()
  let lastWriteAt = lastEventAt
  let writingSince: number | undefined

  const look = (now: number): Interruption | undefined => {
    if (now >= order.deadlineAt) return 'out_of_time'
    return writingSince === undefined && now - lastEventAt >= order.idleMs() ? 'stalled' : undefined
  }
  const beat = (now: number) => {
    lastWriteAt = now
    sink.write(COMMENT).catch(order.cancel)
  }
  /** A pause that `stop` ends for good: what waits in it never goes on. */
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      cancelTimer = clock.timer(ms, resolve)
    })
  const run = async () => {
    for (let now = clock.now(); !isStopped; now = clock.now()) {
      verdict = look(now)
      if (verdict) break
      if (writingSince === undefined && now - lastWriteAt >= BEAT_MS) beat(now)
      const waitMs = Math.min(lastEventAt + order.idleMs() - now, order.deadlineAt - now, BEAT_MS)
      await pause(Math.max(10, waitMs))
    }
    order.cancel()
    await pause(GRACE_MS)
    await sink.abort()
  }
  run().catch(() => {})
  return {
    verdict: () => verdict,
    progress: () => {
      lastEventAt = clock.now()
    },
    async write(bytes) {
      writingSince = clock.now()
      await sink.write(bytes)
      lastWriteAt = clock.now()
      lastEventAt += lastWriteAt - writingSince
      writingSince = undefined
    },
    stop() {
      isStopped = true
      cancelTimer()
    },
  }
}
