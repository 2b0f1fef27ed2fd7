import type { Clock } from '../core/clock.ts'
import { openCrumbReader, type StreamReader } from './crumb-reader.ts'

/** First words are never held up. */
const READS_AT_ONCE = 8
/** Nobody follows a long answer word by word: a token may wait for a fiftieth of the time that the answer has taken so far. */
const PAUSE_OF_AGE = 1 / 50
/** More than an eighth of a second would be seen as jerks. */
const MOST_PAUSES = 3
const BUFFER_BYTES = 16 * 1024
const PULL_BYTES = 16 * 1024
/** What is pulled ahead of a client that reads slowly. */
const AHEAD_BYTES = 512 * 1024

/**
 * A wake-up of JavaScript for each event is what a parsed stream costs. After its first pieces, where they come closer
 * than half of `collectMs`, a stream is therefore collected: the runtime itself pulls a second branch of it, so that bytes
 * keep coming, and what has come is taken once in `collectMs`, and less often as the stream grows old.
 *
 * @param collectMs 0: every piece is read as it comes.
 */
export function openPieceReader(
  rest: ReadableStream<Uint8Array>,
  collectMs: number,
  clock: Clock,
): Pick<StreamReader, 'read' | 'releaseLock'> {
  const single = openCrumbReader(rest, clock)
  if (collectMs === 0) return single
  const startedAt = clock.now()
  let reads = 0
  let collector: Pick<StreamReader, 'read'> | undefined
  const mayCollect = () => reads >= READS_AT_ONCE && (clock.now() - startedAt) / reads <= collectMs / 2
  return {
    async read() {
      if (!collector && mayCollect()) {
        single.releaseLock()
        collector = startCollecting(rest, (isFlood) => {
          const now = clock.now()
          return clock.wait(pauseMs(collectMs, isFlood ? 0 : now - startedAt, now))
        })
      }
      reads++
      return (collector ?? single).read()
    },
    // What is collected is never given back to be read otherwise.
    releaseLock: () => single.releaseLock(),
  }
}

/**
 * Milliseconds between two reads of a stream of that age. All streams pause until the same moments, the multiples of
 * `collectMs`: to wake once for twenty of them costs less than to wake twenty times.
 */
function pauseMs(collectMs: number, ageMs: number, now: number): number {
  const pause = Math.min(MOST_PAUSES * collectMs, Math.max(collectMs, ageMs * PAUSE_OF_AGE))
  return Math.round((now + pause) / collectMs) * collectMs - now
}

function startCollecting(
  rest: ReadableStream<Uint8Array>,
  pause: (isFlood: boolean) => Promise<void>,
): Pick<StreamReader, 'read'> {
  const [pulled, taken] = rest.tee()
  const pull = startPulling(pulled)
  const reader = taken.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(BUFFER_BYTES)
  let wasFull = true
  let isFlood = false
  return {
    async read() {
      // A pause would hold up a stream that comes faster than the buffer holds, and a long one a stream that is pulled as far
      // ahead as it may be meanwhile.
      if (!wasFull) {
        await pause(isFlood)
        isFlood = false
      }
      const read = await reader.read(new Uint8Array(buffer))
      if (!read.value || read.done) return { done: true }
      buffer = read.value.buffer as ArrayBuffer
      wasFull = read.value.byteLength === BUFFER_BYTES
      if (wasFull) isFlood = true
      pull.taken(read.value.byteLength)
      return read
    },
  }
}

/** Lets the runtime pull a branch, {@link PULL_BYTES} between two wake-ups, so far ahead of what is taken of the other branch. */
function startPulling(branch: ReadableStream<Uint8Array>): { taken(bytes: number): void } {
  const { readable, writable } = new IdentityTransformStream()
  branch.pipeTo(writable).catch(() => {}) // the other branch tells of a broken upstream
  const reader = readable.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(PULL_BYTES)
  let aheadBytes = 0
  let isPulling = false
  const run = async () => {
    isPulling = true
    while (aheadBytes < AHEAD_BYTES) {
      const { value, done } = await reader.readAtLeast(PULL_BYTES, new Uint8Array(buffer))
      if (done || !value) return // and never pulls again
      aheadBytes += value.byteLength
      buffer = value.buffer as ArrayBuffer
    }
    isPulling = false
  }
  const start = () => {
    run().catch(() => {})
  }
  start()
  return {
    taken(bytes) {
      aheadBytes -= bytes
      if (!isPulling && aheadBytes < AHEAD_BYTES) start()
    },
  }
}
