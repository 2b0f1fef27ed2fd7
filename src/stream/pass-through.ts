import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { Interruption } from '../core/failure.ts'
import { concat } from '../json/bytes.ts'
import { MAX_EVENT_BYTES } from './first-event.ts'
import { idleLimitMs } from './idle-watchdog.ts'

export type PassThroughRequest = {
  readonly cancel: () => void
  readonly idleMs: number
  readonly deadlineAt: number
  readonly gone: AbortSignal
  /** Whether whole events hold an error. Asked only of events that look as if they might. */
  readonly holdError: (events: Uint8Array) => boolean
}

/**
 * How the pump's stream ended, and its last events, from an event's beginning: they say whether it was whole. An error is
 * among them, however much came after it.
 */
export type PassedThrough = { readonly verdict: Interruption | undefined; readonly tail: Uint8Array }

const SAMPLE_EVERY_MS = 1_000
/** Not under 16 KiB, the runtime's own block: a smaller read sees less than the pump has passed on. */
const SAMPLE_BYTES = 64 * 1024
const READS_PER_SAMPLE = 4
const BOTH_BRANCHES_MS = 200
/** Enough for the last events: a finish reason, usage, `[DONE]`. Each one more is parsed at the end of every stream. */
const TAIL_EVENTS = 8
const LINE_FEED = 0x0a
const COLON = 0x3a

/**
 * Lets the runtime pump `rest` to the client: no JavaScript runs per chunk. A second branch of the same stream is
 * sampled once a second, which tells a stall from a flow and keeps the last events for the verdict.
 *
 * While it pumps nothing can be written in between, so a client that only closes its side is not noticed in a silence
 * before the next token; one that resets is, at once.
 *
 * @throws What the client's end throws when the client has left.
 */
export async function passThrough(
  order: PassThroughRequest,
  rest: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  clock: Clock,
): Promise<PassedThrough> {
  const [pumped, sampled] = rest.tee()
  const samples = createSampler(sampled, order.holdError)
  const state: { failed?: unknown; ended?: true } = {}
  const pipe = pumped
    .pipeTo(writable, { preventClose: true, preventAbort: true })
    .catch((error: unknown) => {
      state.failed = error
    })
    .then(() => {
      state.ended = true
    })
  const verdict = await watch(order, samples, pipe, state, clock)
  if (verdict || samples.hasError()) order.cancel()
  await pipe
  // An upstream that broke ends both branches at once. If the other goes on, it was the client's end that failed.
  const ended = await within(samples.rest(), state.failed ? BOTH_BRANCHES_MS : order.deadlineAt - clock.now(), clock)
  if (order.gone.aborted || ended === TIMED_OUT) throw state.failed ?? new Error('the client has left')
  return { verdict, tail: samples.tail() }
}

/** Samples until the pump has ended, an error has come or the time is up: silence, or the end of it all. */
async function watch(
  order: PassThroughRequest,
  samples: Sampler,
  pipe: Promise<void>,
  state: { readonly ended?: true },
  clock: Clock,
): Promise<Interruption | undefined> {
  for (let lastEventAt = clock.now(); !state.ended && !samples.hasError(); ) {
    const now = clock.now()
    const idleMs = idleLimitMs(order.idleMs, samples.isFinished())
    // Once the upstream has ended, only the client is waited for: it may read slowly what the pump still holds.
    const idleLeftMs = samples.hasEnded() ? SAMPLE_EVERY_MS : lastEventAt + idleMs - now
    await within(pipe, Math.max(10, Math.min(SAMPLE_EVERY_MS, order.deadlineAt - now, idleLeftMs)), clock)
    if (state.ended) return undefined
    if (await samples.take(READS_PER_SAMPLE, clock)) lastEventAt = clock.now()
    if (clock.now() >= order.deadlineAt) return 'out_of_time'
    if (!samples.hasEnded() && clock.now() - lastEventAt >= idleMs) return 'stalled'
  }
  return undefined
}

type Sampler = ReturnType<typeof createSampler>

const ERROR = /"error" ?: ?[^nf]|^event: ?error/m
const FINISH = /"finish_reason" ?: ?"\w/
const utf8 = new TextDecoder()

/** Every byte of a stream comes by here, and a search for words takes a third of what the pattern does. */
const mayHoldError = (text: string) => (text.includes('"error"') || text.includes('event:')) && ERROR.test(text)

/** Reads a branch in samples and keeps its tail. */
function createSampler(branch: ReadableStream<Uint8Array>, holdError: PassThroughRequest['holdError']) {
  const reader = branch.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(SAMPLE_BYTES)
  let tail: Uint8Array = new Uint8Array()
  let pending: Promise<Read> | undefined
  let hasEnded = false
  let hasError = false
  type Read = { readonly done: boolean; readonly value?: Uint8Array | undefined } | 'cut'
  const read = (): Promise<Read> => reader.read(new Uint8Array(buffer)).catch(() => 'cut' as const)
  /** @returns Whether there was an event's end in it. */
  const keep = (value: Uint8Array): boolean => {
    buffer = value.buffer as ArrayBuffer
    if (hasError) return true // what comes after it changes nothing
    const events = concat([tail, value])
    const text = utf8.decode(events)
    hasError = mayHoldError(text) && holdError(events)
    tail = hasError ? events : lastEvents(events)
    return value.includes(LINE_FEED)
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
    isFinished: () => FINISH.test(utf8.decode(tail)),
    hasError: () => hasError,
  }
}

/** The last events, whatever they weigh, and what stands between them: comments are none. */
function lastEvents(bytes: Uint8Array): Uint8Array {
  let events = 0
  for (let at = bytes.byteLength - 1; at > 1; at--) {
    const isStart = bytes[at - 1] === LINE_FEED && bytes[at - 2] === LINE_FEED && bytes[at] !== COLON
    if (isStart && ++events === TAIL_EVENTS) return bytes.slice(at)
  }
  return bytes.byteLength > MAX_EVENT_BYTES ? bytes.slice(-MAX_EVENT_BYTES) : bytes
}
