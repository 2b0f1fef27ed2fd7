import type { Clock } from '../../src/core/clock.ts'

/** Time that jumps from one event to the next: hours pass in seconds, and the same seed gives the same order. */
export type VirtualTime = {
  now(): number
  /** Calls `run` after `ms` of virtual time. */
  at(ms: number, run: () => void): void
  /** A clock that is wrong by `skewMs`, whose waits never end once `isDead` says so. */
  clock(skewMs: number, isDead: () => boolean): Clock
  /** Goes on until this moment, or until nothing is left to happen. */
  runUntil(endMs: number): Promise<void>
}

type Timer = { readonly at: number; readonly order: number; readonly run: () => void }

/**
 * @param settle Calls back when all that follows without waiting has happened. Everywhere `setImmediate` does; in Node
 *   `process.nextTick` does it without a turn of the event loop, in half the time.
 */
export function createVirtualTime(startMs: number, settle: (done: () => void) => void = setImmediate): VirtualTime {
  const heap: Timer[] = []
  let nowMs = startMs
  let order = 0
  const at = (ms: number, run: () => void) => push(heap, { at: nowMs + Math.max(0, ms), order: order++, run })
  return {
    now: () => nowMs,
    at,
    clock: (skewMs, isDead) => ({
      now: () => nowMs + skewMs,
      wait: (ms) =>
        new Promise((resolve) => {
          at(ms, () => {
            if (!isDead()) resolve()
          })
        }),
      timer: (ms, run) => {
        let isCancelled = false
        at(ms, () => {
          if (!isCancelled && !isDead()) run()
        })
        return () => {
          isCancelled = true
        }
      },
    }),
    async runUntil(endMs) {
      for (let first = heap[0]; first && first.at <= endMs; first = heap[0]) {
        nowMs = first.at
        // Everything of one moment, then all that follows from it without waiting.
        while (heap[0] && heap[0].at === nowMs) pop(heap)?.run()
        await new Promise<void>((resolve) => settle(resolve))
      }
      nowMs = endMs
    },
  }
}

const isBefore = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.order < b.order)

function push(heap: Timer[], timer: Timer): void {
  heap.push(timer)
  for (let index = heap.length - 1; index > 0; ) {
    const parent = (index - 1) >> 1
    const above = heap[parent]
    if (!above || isBefore(above, timer)) return
    heap[index] = above
    heap[parent] = timer
    index = parent
  }
}

function pop(heap: Timer[]): Timer | undefined {
  const [top] = heap
  const last = heap.pop()
  if (!last || heap.length === 0) return top
  let index = 0
  for (;;) {
    const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]]
    const child = right && left && isBefore(right, left) ? 2 * index + 2 : 2 * index + 1
    const below = heap[child]
    if (!below || !isBefore(below, last)) break
    heap[index] = below
    index = child
  }
  heap[index] = last
  return top
}
