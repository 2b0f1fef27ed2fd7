import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { Interruption } from '../core/errors.ts'
import { MAX_EVENT_BYTES } from './opening.ts'
import { idleLimitMs } from './watch.ts'

export type PumpOrder = {
  readonly cancel: () => void
  readonly idleMs: number
  readonly deadlineAt: number
  readonly gone: AbortSignal
}

/** How the pump's stream ended, and its last events, from an event's beginning: they say whether it was whole. */
export type Pumped = { readonly verdict: Interruption | undefined; readonly tail: Uint8Array }

const SAMPLE_EVERY_MS = 1_000
/** Not under 16 KiB, the runtime's own block: a smaller read sees less than the pump has passed on. */
const SAMPLE_BYTES = 64 * 1024
const READS_PER_SAMPLE = 4
const BOTH_BRANCHES_MS = 200
/** Enough for the last events: a finish reason, usage, `[DONE]`. */
const TAIL_BYTES = 16 * 1024

/**
 * Lets the runtime pump `rest` to the client: no JavaScript runs per chunk. A second branch of the same stream is
 * sampled once a second, which tells a stall from a flow and keeps the last events for the verdict.
 *
 * While it pumps nothing can be written in between, so a client that only closes its side is not noticed in a silence
 * before the next token; one that resets is, at once.
 *
 * @throws What the client's end throws when the client has left.
 */
export async function pumpNatively(
  order: PumpOrder,
  rest: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  clock: Clock,
): Promise<Pumped> {
  const [pumped, sampled] = rest.tee()
  const samples = createSampler(sampled)
  const state: { failed?: unknown; ended?: true } = {}
  const pipe = pumped
    .pipeTo(writable, { preventClose: true, preventAbort: true })
    .catch((error: unknown) => {
      state.failed = error
    })
    .then(() => {
      state.ended = true
    })
  let verdict: Interruption | undefined
  for (let lastEventAt = clock.now(); !state.ended && !verdict; ) {
    const now = clock.now()
    const idleMs = idleLimitMs(order.idleMs, samples.isFinished())
    // Once the upstream has ended, only the client is waited for: it may read slowly what the pump still holds.
    const idleLeftMs = samples.hasEnded() ? SAMPLE_EVERY_MS : lastEventAt + idleMs - now
    await within(pipe, Math.max(10, Math.min(SAMPLE_EVERY_MS, order.deadlineAt - now, idleLeftMs)), clock)
    if (state.ended) break
    if (await samples.take(READS_PER_SAMPLE, clock)) lastEventAt = clock.now()
    if (clock.now() >= order.deadlineAt) verdict = 'out_of_time'
    else if (!samples.hasEnded() && clock.now() - lastEventAt >= idleMs) verdict = 'stalled'
  }
  if (verdict) order.cancel()
  await pipe
  // An upstream that broke ends both branches at once. If the other goes on, it was the client's end that failed.
  const ended = await within(samples.rest(), state.failed ? BOTH_BRANCHES_MS : order.deadlineAt - clock.now(), clock)
  if (order.gone.aborted || ended === TIMED_OUT) throw state.failed ?? new Error('the client has left')
  return { verdict, tail: samples.tail() }
}

/** Reads a branch in samples and keeps its tail. */
function createSampler(branch: ReadableStream<Uint8Array>) {
  const reader = branch.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(SAMPLE_BYTES)
  let tail: Uint8Array = new Uint8Array()
  let pending: Promise<Read> | undefined
  let hasEnded = false
  type Read = { readonly done: boolean; readonly value?: Uint8Array | undefined } | 'cut'
  const read = (): Promise<Read> => reader.read(new Uint8Array(buffer)).catch(() => 'cut' as const)
  /** @returns Whether there was an event's end in it. */
  const keep = (value: Uint8Array): boolean => {
    tail = append(tail, value)
    buffer = value.buffer as ArrayBuffer
    return value.includes(0x0a)
  }
  return {
    /** Takes what is there, without waiting for more; says whether an event came. */
    async take(maxReads: number, clock: Clock): Promise<boolean> {
      let hasEvent = false
      for (let reads = 0; reads < maxReads; reads++) {
        pending ??= read()
        const got = await within(pending, 0, clock)
        if (got === TIMED_OUT) return hasEvent
        if (got === 'cut' || got.done || !got.value) {
          hasEnded = true
          return hasEvent
        }
        pending = undefined
        if (keep(got.value)) hasEvent = true
      }
      return hasEvent
    },
    /** Reads to the end, clean or not. */
    async rest(): Promise<void> {
      for (;;) {
        const got = await (pending ?? read())
        pending = undefined
        if (got === 'cut' || got.done || !got.value) return
        keep(got.value)
      }
    },
    tail: () => tail,
    hasEnded: () => hasEnded,
    isFinished: () => /"finish_reason": ?"\w/.test(new TextDecoder().decode(tail)),
  }
}

/** Keeps the last events: cut at an event's beginning, so that a parser may begin there. */
function append(tail: Uint8Array, more: Uint8Array): Uint8Array {
  const both = new Uint8Array(tail.byteLength + more.byteLength)
  both.set(tail)
  both.set(more, tail.byteLength)
  if (both.byteLength <= 2 * TAIL_BYTES) return both
  for (let at = both.byteLength - TAIL_BYTES; at > 0; at--) {
    if (both[at - 1] === 0x0a && both[at - 2] === 0x0a) return both.slice(at)
  }
  return both.byteLength > MAX_EVENT_BYTES ? both.slice(-TAIL_BYTES) : both
}
