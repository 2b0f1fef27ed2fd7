import * as z from 'zod/mini'
import type { CatalogChanges } from '../core/catalog/catalog-drift.ts'
import type { RouterModel } from '../core/catalog/router-model.ts'
import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { once } from '../core/once.ts'
import { NO_ANSWER, type ReadsUnderWay, readOnce } from './one-read.ts'
import { CATALOG_DRIFT_KEY, CATALOG_KEY, CATALOG_TTL_SECONDS, KV_READ_LIMIT_MS } from './schema.ts'

/** The router's list as it was fetched; `fetchedAt` in milliseconds since the epoch. */
export type StoredCatalog = { readonly fetchedAt: number; readonly models: readonly RouterModel[] }

/** What a refresh changed; `at` and `since`, when the new and the old list were fetched, in milliseconds since the epoch. */
export type StoredDrift = { readonly at: number; readonly since: number; readonly changes: CatalogChanges }

/** The isolate's copy; plain data. */
export type CatalogMemory = {
  stored?: StoredCatalog
  refreshingSince?: number
  failedAt?: number
  drift?: StoredDrift
  underWay?: ReadsUnderWay
  /** When KV was last found without a list, which is believed for {@link EMPTY_FOR_MS}. */
  emptyAt?: number
}

export type CatalogStore = {
  /** The isolate's copy, without asking KV. */
  remembered(): StoredCatalog | undefined
  /**
   * KV's copy, if it answers in time and has a readable one; the isolate keeps it where it is newer. Requests that want the
   * first copy at the same time read once.
   */
  read(): Promise<StoredCatalog | undefined>
  /** Keeps a new list in the isolate, and in KV. A failed write costs other isolates a fetch of their own. */
  write(stored: StoredCatalog): Promise<void>
  /** What the last refresh that changed something changed, anywhere; `undefined` when KV holds none or does not answer. */
  readDrift(): Promise<StoredDrift | undefined>
  writeDrift(drift: StoredDrift): Promise<void>
}

/** A new deployment has no list yet: not each of its completions asks KV for one, to know what it cost. */
const EMPTY_FOR_MS = 5_000

const storedSchema = once(() =>
  z.object({
    fetchedAt: z.number(),
    models: z.array(z.looseObject({ id: z.string() })).check(z.minLength(1)),
  }),
)

const change = once(() => ({
  model: z.string(),
  provider: z.exactOptional(z.string()),
  from: z.number(),
  to: z.number(),
}))
const driftSchema = once(() =>
  z.object({
    at: z.number(),
    since: z.number(),
    changes: z.object({
      gone: z.array(z.string()),
      added: z.array(z.string()),
      providersLost: z.array(z.object({ model: z.string(), provider: z.string() })),
      pricesUp: z.array(z.object({ ...change(), field: z.enum(['input', 'output']) })),
      contextsDown: z.array(z.object(change())),
    }),
  }),
)

export function createCatalogStore(kv: KVNamespace, memory: CatalogMemory, clock: Clock): CatalogStore {
  const isKnownEmpty = () => memory.emptyAt !== undefined && clock.now() - memory.emptyAt < EMPTY_FOR_MS
  const remember = (stored: StoredCatalog) => {
    if (stored.fetchedAt >= (memory.stored?.fetchedAt ?? 0)) memory.stored = stored
    return memory.stored
  }
  const readStored = async () => {
    const value = await within(kv.get(CATALOG_KEY, 'json'), KV_READ_LIMIT_MS, clock).catch(() => undefined)
    if (value === TIMED_OUT) return undefined
    const parsed = storedSchema().safeParse(value)
    // An old or broken shape counts as absent; so does a list from the future, which would never be renewed.
    if (!parsed.success || parsed.data.fetchedAt > clock.now()) return undefined
    return remember(parsed.data)
  }
  return {
    remembered: () => memory.stored,
    async read() {
      if (memory.stored) return readStored()
      memory.underWay ??= new Map()
      const answer = await readOnce<StoredCatalog | null>(memory.underWay, clock, {
        name: CATALOG_KEY,
        look: () => memory.stored ?? (isKnownEmpty() ? null : undefined),
        async read() {
          const stored = await readStored()
          if (!stored) memory.emptyAt = clock.now()
          return stored ?? null
        },
        waitUntil: () => {}, // whoever waits for a reader that has left reads itself
      })
      return answer === NO_ANSWER ? undefined : (answer ?? undefined)
    },
    async write(stored) {
      remember(stored)
      await kv.put(CATALOG_KEY, JSON.stringify(stored), { expirationTtl: CATALOG_TTL_SECONDS })
    },
    async readDrift() {
      const value = await within(kv.get(CATALOG_DRIFT_KEY, 'json'), KV_READ_LIMIT_MS, clock).catch(() => undefined)
      const parsed = driftSchema().safeParse(value)
      const isNewer = parsed.success && parsed.data.at >= (memory.drift?.at ?? 0)
      return isNewer ? parsed.data : memory.drift
    },
    async writeDrift(drift) {
      memory.drift = drift
      await kv.put(CATALOG_DRIFT_KEY, JSON.stringify(drift))
    },
  }
}
