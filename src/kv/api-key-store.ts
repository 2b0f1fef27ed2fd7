import * as z from 'zod/mini'
import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { judgeFreshness } from '../core/freshness.ts'
import { API_KEY_PREFIX, KV_READ_LIMIT_MS } from './keys.ts'

/** What is kept of a client key: never the key, and its hash only as the name of the record. */
export type ApiKeyRecord = z.infer<typeof recordSchema>

/** The isolate's copies, by hash; `null` for a key that KV does not know. Plain data. */
export type ApiKeyMemory = {
  readonly records: Map<string, { readonly record: ApiKeyRecord | null; readonly checkedAt: number }>
  anyKey?: { readonly exists: boolean; readonly checkedAt: number }
}

export const createApiKeyMemory = (): ApiKeyMemory => ({ records: new Map() })

export type ApiKeyStore = {
  /** The record of a key that may be used now; `undefined` for one that is unknown, expired or disabled. */
  find(sha256: string, later: (work: Promise<unknown>) => void): Promise<ApiKeyRecord | undefined>
  /** Whether KV holds any client key at all; `undefined` when KV does not say. */
  hasAny(): Promise<boolean | undefined>
}

const recordSchema = z.object({
  name: z.string(),
  createdAt: z.optional(z.string()),
  expiresAt: z.optional(z.nullable(z.string())),
  disabled: z.optional(z.boolean()),
})

/** A revoked key works for at most this long in an isolate that knows it, plus KV's own minute. */
const FRESHNESS = { freshMs: 30_000, staleMs: 300_000 }
const ANY_KEY_FRESH_MS = 30_000
/** Guessed keys must not fill the isolate's memory. */
const MAX_REMEMBERED = 1_000

export function createApiKeyStore(kv: KVNamespace, memory: ApiKeyMemory, clock: Clock): ApiKeyStore {
  const read = async (sha256: string): Promise<ApiKeyRecord | null> => {
    const parsed = recordSchema.safeParse(await kv.get(API_KEY_PREFIX + sha256, 'json'))
    const record = parsed.success ? parsed.data : null // a record that cannot be read opens nothing
    if (memory.records.size >= MAX_REMEMBERED) memory.records.clear()
    memory.records.set(sha256, { record, checkedAt: clock.now() })
    return record
  }
  const usable = (record: ApiKeyRecord | null | undefined) =>
    record && !record.disabled && !isExpired(record, clock.now()) ? record : undefined
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
  }
}

/** An expiry that cannot be read has passed. */
function isExpired({ expiresAt }: ApiKeyRecord, nowMs: number): boolean {
  if (expiresAt === undefined || expiresAt === null) return false
  const at = Date.parse(expiresAt)
  return Number.isNaN(at) || at <= nowMs
}
