import * as z from 'zod/mini'
import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { judgeFreshness } from '../core/freshness.ts'
import { type ApiKeyRecord, keyStatus } from '../core/identity/api-key.ts'
import { createApiKeyList, type ListedApiKey } from './api-key-list.ts'
import { API_KEY_PREFIX, DEAD_KEY_TTL_SECONDS, KV_READ_LIMIT_MS } from './schema.ts'

/** The isolate's copies, by hash; `null` for a key that KV does not know. Plain data. */
export type ApiKeyMemory = {
  /** Until `trustedUntil` a copy that was written here is not asked for again: KV may still be behind. */
  readonly records: Map<string, RememberedKey>
  anyKey?: { readonly exists: boolean; readonly checkedAt: number }
}

type RememberedKey = {
  readonly record: ApiKeyRecord | null
  readonly checkedAt: number
  readonly trustedUntil?: number
}

export const createApiKeyMemory = (): ApiKeyMemory => ({ records: new Map() })

export type ApiKeyStore = {
  /** The record of a key that may be used now; `undefined` for one that is unknown, expired or disabled. */
  find(sha256: string, later: (work: Promise<unknown>) => void): Promise<ApiKeyRecord | undefined>
  /** Whether KV holds any client key at all; `undefined` when KV does not say. */
  hasAny(): Promise<boolean | undefined>
  /** Every key that KV lists, usable or not. */
  list(): Promise<readonly ListedApiKey[]>
  /**
   * Writes a record; it holds at once in this isolate and its location, elsewhere within about a minute and a half: KV's
   * own minute and the 30 seconds for which an isolate believes its copy. KV forgets the record some time after its end.
   */
  write(sha256: string, record: ApiKeyRecord): Promise<void>
  /** Takes a record back that was written a moment ago and told to nobody. */
  remove(sha256: string): Promise<void>
}

const recordSchema = z.object({
  id: z.exactOptional(z.string()),
  name: z.string(),
  createdAt: z.optional(z.string()),
  expiresAt: z.optional(z.nullable(z.string())),
  disabled: z.optional(z.boolean()),
})

/** A revoked key works for at most this long in an isolate that knows it, plus KV's own minute. */
const FRESHNESS = { freshMs: 30_000, staleMs: 300_000 }
const ANY_KEY_FRESH_MS = 30_000
const TRUST_OWN_WRITE_MS = 120_000
/** Guessed keys must not fill the isolate's memory. */
const MAX_REMEMBERED = 1_000

export function createApiKeyStore(kv: KVNamespace, memory: ApiKeyMemory, clock: Clock): ApiKeyStore {
  const remember = (sha256: string, known: RememberedKey) => {
    if (memory.records.size >= MAX_REMEMBERED) forgetGuesses(memory, clock.now())
    memory.records.set(sha256, known)
  }
  const isTrusted = (known: RememberedKey | undefined) => clock.now() < (known?.trustedUntil ?? 0)
  const read = async (sha256: string): Promise<ApiKeyRecord | null> => {
    const parsed = recordSchema.safeParse(await kv.get(API_KEY_PREFIX + sha256, 'json'))
    const known = memory.records.get(sha256)
    if (known && isTrusted(known)) return known.record // it was written while KV was being asked
    const record = parsed.success ? parsed.data : null // a record that cannot be read opens nothing
    remember(sha256, { record, checkedAt: clock.now() })
    return record
  }
  const usable = (record: ApiKeyRecord | null | undefined) =>
    record && keyStatus(record, clock.now()) === 'active' ? record : undefined
  return {
    async find(sha256, later) {
      const known = memory.records.get(sha256)
      const freshness = judgeFreshness(known && clock.now() - known.checkedAt, FRESHNESS)
      if (known && freshness !== 'refresh_first') {
        if (freshness === 'use_and_refresh') {
          memory.records.set(sha256, { ...known, checkedAt: clock.now() - FRESHNESS.freshMs + 5_000 }) // one at a time
          later(read(sha256).catch(() => {}))
        }
        return usable(known.record)
      }
      const record = await within(read(sha256), KV_READ_LIMIT_MS, clock).catch(() => TIMED_OUT)
      return usable(typeof record === 'symbol' ? known?.record : record)
    },
    async hasAny() {
      const known = memory.anyKey
      if (known && clock.now() - known.checkedAt < ANY_KEY_FRESH_MS) return known.exists
      const listing = kv.list({ prefix: API_KEY_PREFIX, limit: 1 })
      const list = await within(listing, KV_READ_LIMIT_MS, clock).catch(() => TIMED_OUT)
      if (typeof list === 'symbol') return known?.exists
      memory.anyKey = { exists: list.keys.length > 0, checkedAt: clock.now() }
      return memory.anyKey.exists
    },
    list: createApiKeyList(kv, recordSchema, (sha256) => {
      const known = memory.records.get(sha256)
      return known && isTrusted(known) ? known.record : undefined
    }),
    async write(sha256, record) {
      const endsAt = record.disabled ? clock.now() : Date.parse(record.expiresAt ?? '')
      const hasEnd = !Number.isNaN(endsAt)
      const expiration = Math.ceil(Math.max(endsAt, clock.now()) / 1_000) + DEAD_KEY_TTL_SECONDS
      await kv.put(API_KEY_PREFIX + sha256, JSON.stringify(record), {
        metadata: record,
        ...(hasEnd && { expiration }),
      })
      remember(sha256, { record, checkedAt: clock.now(), trustedUntil: clock.now() + TRUST_OWN_WRITE_MS })
      memory.anyKey = { exists: true, checkedAt: clock.now() }
    },
    async remove(sha256) {
      remember(sha256, { record: null, checkedAt: clock.now(), trustedUntil: clock.now() + TRUST_OWN_WRITE_MS })
      await kv.delete(API_KEY_PREFIX + sha256)
    },
  }
}

/** Makes room, but keeps what was written here a moment ago: a revoked key must not come back by it. */
function forgetGuesses(memory: ApiKeyMemory, nowMs: number): void {
  for (const [sha256, { trustedUntil = 0 }] of memory.records) {
    if (trustedUntil <= nowMs) memory.records.delete(sha256)
  }
}
