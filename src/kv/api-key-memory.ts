import type { ApiKeyRecord } from '../core/identity/api-key.ts'
import type { ReadsUnderWay } from './one-read.ts'

/** What KV said of a key and when, in milliseconds since the epoch; `null`: there is none. */
export type RememberedKey = {
  readonly record: (ApiKeyRecord & { readonly id: string }) | null
  readonly checkedAt: number
  /** Until then a copy that was written here is not asked for again: KV may still be behind. */
  readonly trustedUntil?: number
  renewingSince?: number
  /** When KV last failed to answer for it. */
  awayAt?: number
}

/** The isolate's copies, by hash. Plain data. Guesses are kept apart, so that strangers never push a good copy out. */
export type ApiKeyMemory = {
  /** Keys that exist, and those that were written or removed here. */
  readonly records: Map<string, RememberedKey>
  /** Keys that KV does not know. */
  readonly guesses: Map<string, RememberedKey>
  readonly underWay: ReadsUnderWay
  anyKey?: { readonly exists: boolean; readonly checkedAt: number }
}

export const createApiKeyMemory = (): ApiKeyMemory => ({
  records: new Map(),
  guesses: new Map(),
  underWay: new Map(),
})

const MAX_RECORDS = 10_000
const MAX_GUESSES = 1_000

/** Keeps what KV said; the copy that was not renewed for longest makes room, but never a write of a moment ago. */
export function remember(memory: ApiKeyMemory, sha256: string, known: RememberedKey, nowMs: number): RememberedKey {
  memory.records.delete(sha256)
  memory.guesses.delete(sha256)
  const isGuess = known.record === null && known.trustedUntil === undefined
  const [map, max] = isGuess ? [memory.guesses, MAX_GUESSES] : [memory.records, MAX_RECORDS]
  map.set(sha256, known)
  if (map.size > max) {
    for (const [oldest, { trustedUntil = 0 }] of map) {
      if (trustedUntil > nowMs) continue // a revoked key must not come back by being forgotten
      map.delete(oldest)
      break
    }
  }
  return known
}
