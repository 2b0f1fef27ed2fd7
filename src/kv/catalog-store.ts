import * as z from 'zod/mini'
import type { RouterModel } from '../core/catalog.ts'
import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { CATALOG_KEY, CATALOG_TTL_SECONDS, KV_READ_LIMIT_MS } from './keys.ts'

/** The router's list as it was fetched; `fetchedAt` in milliseconds since the epoch. */
export type StoredCatalog = { readonly fetchedAt: number; readonly models: readonly RouterModel[] }

/** The isolate's copy; plain data. */
export type CatalogMemory = { stored?: StoredCatalog; refreshingSince?: number }

export type CatalogStore = {
  /** The isolate's copy, without asking KV. */
  remembered(): StoredCatalog | undefined
  /** KV's copy, if it answers in time and has a readable one; the isolate keeps it where it is newer. */
  read(): Promise<StoredCatalog | undefined>
  /** Keeps a new list in the isolate, and in KV. A failed write costs other isolates a fetch of their own. */
  write(stored: StoredCatalog): Promise<void>
}

const storedSchema = z.object({
  fetchedAt: z.number(),
  models: z.array(z.looseObject({ id: z.string() })).check(z.minLength(1)),
})

export function createCatalogStore(kv: KVNamespace, memory: CatalogMemory, clock: Clock): CatalogStore {
  const remember = (stored: StoredCatalog) => {
    if (stored.fetchedAt >= (memory.stored?.fetchedAt ?? 0)) memory.stored = stored
    return memory.stored
  }
  return {
    remembered: () => memory.stored,
    async read() {
      const value = await within(kv.get(CATALOG_KEY, 'json'), KV_READ_LIMIT_MS, clock).catch(() => undefined)
      if (value === TIMED_OUT) return undefined
      const parsed = storedSchema.safeParse(value)
      // An old or broken shape counts as absent; so does a list from the future, which would never be renewed.
      if (!parsed.success || parsed.data.fetchedAt > clock.now()) return undefined
      return remember(parsed.data)
    },
    async write(stored) {
      remember(stored)
      await kv.put(CATALOG_KEY, JSON.stringify(stored), { expirationTtl: CATALOG_TTL_SECONDS })
    },
  }
}
