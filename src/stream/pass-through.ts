import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { Interruption } from '../core/failure.ts'
import { idleLimitMs } from './idle-watchdog.ts'
import type { Normalizer } from './normalizer.ts'
import { createSkimmer, type Skimmer } from './skimmer.ts'

export type PassThroughRequest = {
  /** Ends the upstream call. */
  readonly cancel: () => void
  readonly idleMs: number
  readonly deadlineAt: number
  readonly signal: AbortSignal
  /** Has read the stream so far, and learns of what follows that says more than words. */
  readonly normalizer: Normalizer
}

/** How the runtime's pipe ended. */
export type PassedThrough = {
  readonly verdict: Interruption | undefined
  /** What the client has after its last whole event. */
  readonly half: string
  readonly isCleanEnd: boolean
  /** The client did not read what the pipe held until its time was up; the pipe was stopped with it. */
  readonly isUnread: boolean
}

const UNREAD: PassedThrough = { verdict: undefined, half: '', isCleanEnd: false, isUnread: true }

const SAMPLE_EVERY_MS = 1_000
/** Not under 16 KiB, the runtime's own block: a smaller read sees less than the pipe has passed on. */
const SAMPLE_BYTES = 16 * 1024
/** A sample goes on while its reads come back full: what is not taken waits in memory, for the pipe runs ahead. */
const MAX_READS_PER_SAMPLE = 4_096
/** After so many bytes in a sample the next one comes soon: at this speed a second's bytes are too many to keep. */
const FLOOD_BYTES = 1024 * 1024
const SAMPLE_FLOOD_EVERY_MS = 20
/** A client that reads nothing is dropped this long after its time has run out. */
const GRACE_MS = 5_000

/**
 * Lets the runtime pipe `rest` to the client: no JavaScript runs per chunk. A second branch of the same stream is
 * sampled once a second, which tells a stall from a flow and finds the end, usage and errors.
 *
 * While it pipes nothing can be written in between, so a client that only closes its side is not noticed in a silence
 * before the next token; one that resets is, at once.
 *
 * @throws What the client's end throws when the client has left.
 */
export async function passThrough(
  request: PassThroughRequest,
  rest: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  clock: Clock,
): Promise<PassedThrough> {
  const { normalizer, cancel, deadlineAt } = request
  const [piped, sampled] = rest.tee()
  const skimmer = createSkimmer(normalizer)
  const samples = createSampler(sampled, skimmer)
  const state: { failed?: unknown; ended?: true } = {}
  const stop = new AbortController()
  const pipe = piped
    .pipeTo(writable, { preventClose: true, preventAbort: true, signal: stop.signal })
    .catch((error: unknown) => {
      state.failed = error
    })
    .then(() => {
      state.ended = true
    })
  const verdict = await watch(request, samples, pipe, state, clock)
  // An upstream that broke has ended by itself; where the client's end failed, nobody wants the rest.
  if (verdict !== undefined || normalizer.end() !== undefined || state.failed !== undefined) cancel()
  // The pipe ends only once the client has read what it holds.
  const limitMs = () => Math.max(0, deadlineAt - clock.now()) + GRACE_MS
  if ((await within(pipe, limitMs(), clock)) === TIMED_OUT) {
    cancel()
    stop.abort()
    await pipe
    return UNREAD
  }
  if (request.signal.aborted) throw state.failed ?? new Error('the client has left')
  // However much is left of the second branch, it is here: the first one has ended.
  const leftMs = state.failed === undefined ? limitMs() : GRACE_MS
  if ((await within(samples.toEnd(), leftMs, clock)) === TIMED_OUT) return UNREAD
  return { verdict, half: skimmer.rest(), isCleanEnd: state.failed === undefined, isUnread: false }
}

/** Samples until the pipe has ended, the answer has, or the time is up: silence, or the end of it all. */
async function watch(
  { normalizer, idleMs, deadlineAt }: PassThroughRequest,
  samples: Sampler,
  pipe: Promise<void>,
  state: { readonly ended?: true },
  clock: Clock,
): Promise<Interruption | undefined> {
  let everyMs = SAMPLE_EVERY_MS
  for (let lastEventAt = clock.now(); !state.ended && !normalizer.end(); ) {
    const now = clock.now()
    const limitMs = idleLimitMs(idleMs, normalizer.hasFinalUsage())
    // Once the upstream has ended, only the client is waited for: it may read slowly what the pipe still holds.
    const idleLeftMs = samples.hasEnded() ? SAMPLE_EVERY_MS : lastEventAt + limitMs - now
    await within(pipe, Math.max(10, Math.min(everyMs, deadlineAt - now, idleLeftMs)), clock)
    if (state.ended) return undefined
    const sample = await samples.take(clock)
    if (sample.hasEvent) lastEventAt = clock.now()
    everyMs = sample.bytes >= FLOOD_BYTES ? SAMPLE_FLOOD_EVERY_MS : SAMPLE_EVERY_MS
    if (clock.now() >= deadlineAt) return 'out_of_time'
    if (!samples.hasEnded() && clock.now() - lastEventAt >= limitMs) return 'stalled'
  }
  return undefined
}

type Sampler = ReturnType<typeof createSampler>

/** Reads a branch in samples. */
function createSampler(branch: ReadableStream<Uint8Array>, skimmer: Skimmer) {
  const reader = branch.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(SAMPLE_BYTES)
  let pending: Promise<Read> | undefined
  let hasEnded = false
  type Read = { readonly done: boolean; readonly value?: Uint8Array | undefined } | 'broken'
  const read = (): Promise<Read> => reader.read(new Uint8Array(buffer)).catch(() => 'broken' as const)
  /** @returns Whether an event of the answer was in it. */
  const keep = (value: Uint8Array): boolean => {
    const hasEvent = skimmer.read(value)
    buffer = value.buffer as ArrayBuffer
    return hasEvent
  }
  return {
    /** Takes what is there, without waiting for more; says whether an event came, and how much. */
    async take(clock: Clock): Promise<{ readonly hasEvent: boolean; readonly bytes: number }> {
      let hasEvent = false
      let bytes = 0
      for (let reads = 0; reads < MAX_READS_PER_SAMPLE; reads++) {
        const isLate = pending !== undefined // it waited, and got the first bytes that came, not all
        pending ??= read()
        const got = await within(pending, 0, clock)
        if (got === TIMED_OUT) break
        if (got === 'broken' || got.done || !got.value) {
          hasEnded = true
          break
        }
        pending = undefined
        bytes += got.value.byteLength
        const isFull = got.value.byteLength === SAMPLE_BYTES
        if (keep(got.value)) hasEvent = true
        if (!isFull && !isLate) break
      }
      return { hasEvent, bytes }
    },
    /** Reads to the end, clean or not. */
    async toEnd(): Promise<void> {
      for (;;) {
        const got = await (pending ?? read())
        pending = undefined
        if (got === 'broken' || got.done || !got.value) return
        keep(got.value)
      }
    },
    hasEnded: () => hasEnded,
  }
}
