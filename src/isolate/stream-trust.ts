import type { Clock } from '../core/clock.ts'
import {
  CLEAN_STREAMS,
  recordedVerdict,
  type SharedTrust,
  type StreamSource,
  sourceKey,
  type TrustReport,
  verdictAfter,
} from '../core/trust/stream-trust.ts'
import { setBounded } from './bounded-map.ts'

/** What this isolate has seen, and what all of them know. Plain data. */
export type TrustMemory = {
  /** Whole streams in a row that needed no normalizing, by source. */
  readonly cleanStreams: Map<string, number>
  /** When a source was reported last and how often, so that one that changes all the time is not written all the time. */
  readonly reports: Map<string, { readonly at: number; readonly count: number }>
  shared: SharedTrust
  /** When `shared` was read, or is being read, in milliseconds since the epoch. */
  readAt?: number
}

export const createTrustMemory = (): TrustMemory => ({ cleanStreams: new Map(), reports: new Map(), shared: {} })

/** What a whole stream showed. */
export type SeenStream = {
  readonly isClean: boolean
  /** Whether it had tool calls, and every one was read. */
  readonly hadReadCalls: boolean
}

/** Which sources' streams need not be read event by event. */
export type StreamTrust = {
  /** How many reads after the commit point are looked at before the runtime's pipe takes over; infinity, if it must not. */
  parsedReads(source: StreamSource): number
  /** @returns What other isolates are to be told, where this changed the verdict. */
  record(source: StreamSource, seen: SeenStream): TrustReport | undefined
  /** Whether what all know is old; whoever asks is the one to read it. */
  isDue(): boolean
  learn(shared: SharedTrust): void
}

/** Enough that short answers are normalized whoever sends them. */
const READS_OF_TRUSTED = 32
const MAX_SOURCES = 1_000
const READ_EVERY_MS = 600_000
/** Between two reports of one source; it doubles with each of them. */
const REPORT_EVERY_MS = 10_000
const MAX_DOUBLINGS = 12

export function createStreamTrust(memory: TrustMemory, clock: Clock): StreamTrust {
  const streamsOf = (source: StreamSource, key: string) => {
    const verdict = memory.shared[key]?.verdict ?? recordedVerdict(source)
    return memory.cleanStreams.get(key) ?? (verdict === undefined ? 0 : CLEAN_STREAMS[verdict])
  }
  const mayReport = (key: string) => {
    const { at, count } = memory.reports.get(key) ?? { at: Number.NEGATIVE_INFINITY, count: 0 }
    if (clock.now() - at < REPORT_EVERY_MS * 2 ** Math.min(count, MAX_DOUBLINGS)) return false
    setBounded(memory.reports, key, { at: clock.now(), count: count + 1 }, MAX_SOURCES)
    return true
  }
  return {
    parsedReads(source) {
      const verdict = verdictAfter(streamsOf(source, sourceKey(source)))
      if (verdict === 'odd') return Number.POSITIVE_INFINITY
      // Of calls that nobody reads nothing is learnt, so that requests with tools always begin by being read.
      return verdict === 'clean' || source.hasTools ? READS_OF_TRUSTED : 0
    },
    record(source, { isClean, hadReadCalls }) {
      // An answer in words says nothing of how its provider writes tool calls.
      if (isClean && source.hasTools && !hadReadCalls) return undefined
      const key = sourceKey(source)
      const before = streamsOf(source, key)
      const after = isClean ? before + 1 : 0
      setBounded(memory.cleanStreams, key, after, MAX_SOURCES)
      const verdict = verdictAfter(after)
      const known = memory.shared[key]?.verdict ?? recordedVerdict(source)
      // A source that nobody trusts needs no report; that a trusted one is odd does.
      const isNews = verdict !== known && (known !== undefined || verdict !== 'odd')
      const isStep = verdict !== verdictAfter(before)
      return isNews && isStep && mayReport(key) ? { source: key, verdict, at: clock.now() } : undefined
    },
    isDue() {
      if (memory.readAt !== undefined && clock.now() - memory.readAt < READ_EVERY_MS) return false
      memory.readAt = clock.now()
      return true
    },
    learn(shared) {
      memory.shared = shared
      for (const [key, { verdict }] of Object.entries(shared)) {
        const own = memory.cleanStreams.get(key)
        // Where others were disappointed, what this isolate has seen counts no more; more trust of theirs is taken over.
        if (own !== undefined && (verdict === 'odd' || own >= CLEAN_STREAMS.clean)) {
          memory.cleanStreams.set(key, verdict === 'odd' ? 0 : Math.max(own, CLEAN_STREAMS[verdict]))
        }
      }
    },
  }
}
