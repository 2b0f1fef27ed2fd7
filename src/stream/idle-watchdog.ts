import type { Clock } from '../core/clock.ts'
import type { Interruption } from '../core/failure.ts'
import type { ClientStream } from './client-stream.ts'

export type WatchdogOptions = {
  /** Ends the upstream call: the read that is under way fails, and its reader finds the verdict. */
  readonly cancel: () => void
  /** Milliseconds without an event after which the stream counts as stalled; asked for at every look. */
  readonly idleMs: () => number
  /** When the whole request is out of time, in milliseconds since the epoch. */
  readonly deadlineAt: number
  /** What is written to the client in each second of silence. */
  readonly silence: () => string
}

export type IdleWatchdog = {
  /** Why the stream was ended, if it was. */
  verdict(): Interruption | undefined
  /** An event came. */
  progress(): void
  /** Writes to the client. What it takes the client to read is not the upstream's silence. */
  write(bytes: Uint8Array): Promise<void>
  stop(): void
}

const encoder = new TextEncoder()
/** In silence, a few bytes a second: only a write makes the runtime notice a client that has closed its connection. */
const BEAT_MS = 1_000
/** A client that reads nothing is dropped this long after its time has run out. */
const GRACE_MS = 5_000

/** After the finish and its usage nothing is to be expected but the end. */
const AFTER_USAGE_MS = 5_000

/** Milliseconds of silence that end a stream. A second call, or more text, may come long after a finish reason. */
export function idleLimitMs(idleMs: number, hasFinalUsage: boolean): number {
  return hasFinalUsage ? Math.min(idleMs, AFTER_USAGE_MS) : idleMs
}

/** Watches a stream with one timer, not one a read: silence, the end of the time, a client that left. */
export function startIdleWatchdog(options: WatchdogOptions, client: ClientStream, clock: Clock): IdleWatchdog {
  let isStopped = false
  let cancelTimer = () => {}
  let verdict: Interruption | undefined
  let lastEventAt = clock.now()
  let lastWriteAt = lastEventAt
  let writingSince: number | undefined

  const look = (now: number): Interruption | undefined => {
    if (now >= options.deadlineAt) return 'out_of_time'
    return writingSince === undefined && now - lastEventAt >= options.idleMs() ? 'stalled' : undefined
  }
  const beat = (now: number) => {
    lastWriteAt = now
    const bytes = encoder.encode(options.silence())
    if (bytes.byteLength > 0) client.write(bytes).catch(options.cancel)
  }
  /** After `stop()` this promise never settles. */
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      cancelTimer = clock.timer(ms, resolve)
    })
  const run = async () => {
    for (let now = clock.now(); !isStopped; now = clock.now()) {
      verdict = look(now)
      if (verdict) break
      if (writingSince === undefined && now - lastWriteAt >= BEAT_MS) beat(now)
      const waitMs = Math.min(lastEventAt + options.idleMs() - now, options.deadlineAt - now, BEAT_MS)
      await pause(Math.max(10, waitMs))
    }
    options.cancel()
    await pause(GRACE_MS)
    await client.abort()
  }
  run().catch(() => {})
  return {
    verdict: () => verdict,
    progress: () => {
      lastEventAt = clock.now()
    },
    async write(bytes) {
      writingSince = clock.now()
      await client.write(bytes)
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
