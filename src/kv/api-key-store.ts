import * as z from 'zod/mini'
import type { Clock } from '../core/clock.ts'
import { scopeFields } from '../core/config/scopes-schema.ts'
import { judgeFreshness } from '../core/freshness.ts'
import { type ApiKeyRecord, keyStatus } from '../core/identity/api-key.ts'
import { once } from '../core/once.ts'
import { createApiKeyList, idOfKey, type ListedApiKey } from './api-key-list.ts'
import { type ApiKeyMemory, type RememberedKey, remember } from './api-key-memory.ts'
import { NO_ANSWER, readOnce } from './one-read.ts'
import { API_KEY_PREFIX, DEAD_KEY_TTL_SECONDS, MAX_METADATA_BYTES } from './schema.ts'

/** The record of a key that exists; one that was put into KV by hand without an id has got one. */
export type KnownApiKey = ApiKeyRecord & { readonly id: string }

/** What is known of a key. `unknown`: KV did not answer, and no copy is young enough to stand in for it. */
export type FoundApiKey =
  | { readonly kind: 'active'; readonly record: KnownApiKey }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' }

export type FindOptions = {
  readonly waitUntil: (work: Promise<unknown>) => void
  /** How long, in milliseconds since KV last answered, a copy serves while KV does not. */
  readonly maxCopyAgeMs: number
}

export type ApiKeyStore = {
  /** Whether {@link find} would answer from memory alone. */
  isRemembered(sha256: string): boolean
  /** Whether the key may be used now. Its end is looked at in the copy, every time. */
  find(sha256: string, options: FindOptions): Promise<FoundApiKey>
  /** Whether KV holds any client key at all; `undefined` when KV does not say. */
  hasAny(waitUntil: FindOptions['waitUntil']): Promise<boolean | undefined>
  /** Every key that KV lists, usable or not. */
  list(): Promise<readonly ListedApiKey[]>
  /**
   * Writes a record; it holds at once in this isolate and its location, elsewhere within a minute and a half: KV's own
   * minute and the 30 seconds for which an isolate believes its copy. KV forgets the record some time after its end.
   */
  write(sha256: string, record: ApiKeyRecord): Promise<void>
  /** Takes a record back that was written a moment ago and told to nobody. */
  remove(sha256: string): Promise<void>
}

const recordSchema = once(() =>
  z.object({
    id: z.exactOptional(z.string()),
    name: z.string(),
    createdAt: z.optional(z.string()),
    expiresAt: z.optional(z.nullable(z.string())),
    disabled: z.optional(z.boolean()),
    paused: z.optional(z.boolean()),
    project: z.exactOptional(z.string()),
    lineage: z.exactOptional(z.string()),
    ...scopeFields(),
  }),
)

/**
 * A copy that is older than `staleMs` is never used unasked, however idle the isolate was: with KV's own minute this is the
 * bound on everything that changes about a key, its end as well as its beginning.
 */
const FRESHNESS = { freshMs: 15_000, staleMs: 30_000 }
/** The latest second that KV takes as an end: 32 bits of them. */
const MOST_EXPIRATION = 2 ** 31 - 1
const ANY_KEY_FRESH_MS = 30_000
const TRUST_OWN_WRITE_MS = 120_000
/** A renewal that did not come back is begun again after this time. */
const RENEW_MS = 5_000
/** KV did not answer a moment ago: until this time has passed copies serve without waiting for it again. */
const BELIEVE_AWAY_MS = 10_000

export function createApiKeyStore(kv: KVNamespace, memory: ApiKeyMemory, clock: Clock): ApiKeyStore {
  const isTrusted = (known: RememberedKey | undefined) => clock.now() < (known?.trustedUntil ?? 0)
  const copyOf = (sha256: string) => memory.records.get(sha256) ?? memory.guesses.get(sha256)
  const freshnessOf = (known: RememberedKey | undefined) =>
    isTrusted(known) ? 'use' : judgeFreshness(known && clock.now() - known.checkedAt, FRESHNESS)
  const judge = ({ record }: RememberedKey): FoundApiKey =>
    record && keyStatus(record, clock.now()) === 'active' ? { kind: 'active', record } : { kind: 'none' }
  /** What KV says. A value that is no JSON says nothing: somebody else's bytes must not end a good key. */
  const read = async (sha256: string): Promise<RememberedKey> => {
    const parsed = recordSchema().safeParse(await kv.get(API_KEY_PREFIX + sha256, 'json'))
    const known = copyOf(sha256)
    if (known && isTrusted(known)) return known // it was written while KV was being asked
    // A record that is none opens nothing.
    const record = parsed.success ? { ...parsed.data, id: parsed.data.id ?? (await idOfKey(sha256)) } : null
    return remember(memory, sha256, { record, checkedAt: clock.now() }, clock.now())
  }
  const renew = (sha256: string, known: RememberedKey) => {
    if (clock.now() - (known.renewingSince ?? 0) < RENEW_MS) return undefined
    known.renewingSince = clock.now()
    return read(sha256).catch(() => {})
  }
  const find: ApiKeyStore['find'] = async (sha256, { waitUntil, maxCopyAgeMs }) => {
    const known = copyOf(sha256)
    const freshness = freshnessOf(known)
    const isAway = clock.now() - (known?.awayAt ?? Number.NEGATIVE_INFINITY) < BELIEVE_AWAY_MS
    const isOldEnough = known && clock.now() - known.checkedAt >= maxCopyAgeMs
    if (known && !isOldEnough && (freshness !== 'refresh_first' || isAway)) {
      const renewal = freshness === 'use' ? undefined : renew(sha256, known)
      if (renewal) waitUntil(renewal)
      return judge(known)
    }
    const look = () => {
      const copy = copyOf(sha256)
      return copy && freshnessOf(copy) !== 'refresh_first' ? copy : undefined
    }
    const answer = await readOnce(memory.underWay, clock, { name: sha256, look, read: () => read(sha256), waitUntil })
    if (answer !== NO_ANSWER) return judge(answer)
    if (!known || isOldEnough) return { kind: 'unknown' }
    known.awayAt = clock.now()
    return judge(known)
  }
  return {
    isRemembered: (sha256) => freshnessOf(copyOf(sha256)) !== 'refresh_first',
    find,
    hasAny: createAnyKeyCheck(kv, memory, clock),
    list: createApiKeyList(kv, recordSchema, (sha256) => {
      const known = copyOf(sha256)
      return known && isTrusted(known) ? known.record : undefined
    }),
    async write(sha256, record) {
      const endsAt = record.disabled ? clock.now() : Date.parse(record.expiresAt ?? '')
      const expiration = Math.ceil(Math.max(endsAt, clock.now()) / 1_000) + DEAD_KEY_TTL_SECONDS
      // A key ends by its record; that KV forgets it as well can wait where the end is too far for KV.
      const isForgotten = !Number.isNaN(endsAt) && expiration <= MOST_EXPIRATION
      const text = JSON.stringify(record)
      const fits = new TextEncoder().encode(text).byteLength <= MAX_METADATA_BYTES
      const options = { ...(fits && { metadata: record }), ...(isForgotten && { expiration }) }
      await kv.put(API_KEY_PREFIX + sha256, text, options)
      const known = { ...record, id: record.id ?? (await idOfKey(sha256)) }
      const now = clock.now()
      remember(memory, sha256, { record: known, checkedAt: now, trustedUntil: now + TRUST_OWN_WRITE_MS }, now)
      memory.anyKey = { exists: true, checkedAt: now }
    },
    async remove(sha256) {
      const now = clock.now()
      remember(memory, sha256, { record: null, checkedAt: now, trustedUntil: now + TRUST_OWN_WRITE_MS }, now)
      await kv.delete(API_KEY_PREFIX + sha256)
    },
  }
}

function createAnyKeyCheck(kv: KVNamespace, memory: ApiKeyMemory, clock: Clock): ApiKeyStore['hasAny'] {
  const look = () => {
    const known = memory.anyKey
    return known && clock.now() - known.checkedAt < ANY_KEY_FRESH_MS ? known : undefined
  }
  const read = async () => {
    const { keys } = await kv.list({ prefix: API_KEY_PREFIX, limit: 1 })
    memory.anyKey = { exists: keys.length > 0, checkedAt: clock.now() }
    return memory.anyKey
  }
  return async function hasAnyKey(waitUntil) {
    const answer = await readOnce(memory.underWay, clock, { name: 'any', look, read, waitUntil })
    return answer === NO_ANSWER ? memory.anyKey?.exists : answer.exists
  }
}
