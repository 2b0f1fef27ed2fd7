import type { RouterModel } from '../../core/catalog/router-model.ts'
import { type Clock, TIMED_OUT, within } from '../../core/clock.ts'
import { judgeFreshness } from '../../core/freshness.ts'
import { readModelList } from '../../huggingface/catalog-schema.ts'
import type { RouterClient } from '../../huggingface/router-client.ts'
import type { CatalogMemory, StoredCatalog } from '../../kv/catalog-store.ts'
import { readText } from '../../stream/read-text.ts'
import type { RequestContext } from '../context.ts'
import { type DriftDeps, noteDrift } from './note-drift.ts'

export type CatalogDeps = DriftDeps & {
  readonly memory: CatalogMemory
  readonly router: RouterClient
  readonly clock: Clock
}

/** Fresh for ten minutes, served for a week while it is renewed in the background. */
const FRESHNESS = { freshMs: 600_000, staleMs: 7 * 24 * 3_600_000 }
/** OpenClaw once waited ten seconds for this list and that was too short. */
const FETCH_LIMIT_MS = 20_000
/** With nothing to serve but the built-in list, a caller waits this long for the real one. */
const FIRST_LIMIT_MS = 5_000
/** A router that just failed is not asked again by every caller. */
const RETRY_MS = 30_000
const LOOK_MS = 50
/** The real list is a tenth of a megabyte. */
const MAX_LIST_BYTES = 2 * 1024 * 1024

/**
 * The router's list: the isolate's copy, else KV's, else the router's own. Waits for the router only when there is no
 * copy at all, and not for long.
 *
 * @returns `undefined` when there is none to be had: the built-in list stands in.
 */
export async function currentModels(
  deps: CatalogDeps,
  { waitUntil }: Pick<RequestContext, 'waitUntil'>,
): Promise<readonly RouterModel[] | undefined> {
  const { store, clock } = deps
  const remembered = store.remembered()
  const stored = remembered ?? (await store.read())
  const freshness = judgeFreshness(stored && clock.now() - stored.fetchedAt, FRESHNESS)
  if (stored && freshness === 'use') return stored.models
  if (isWithin(RETRY_MS, deps.memory.failedAt, clock)) return stored?.models
  if (isWithin(FETCH_LIMIT_MS, deps.memory.refreshingSince, clock)) return stored?.models ?? awaitOther(deps)
  deps.memory.refreshingSince = clock.now()
  // Another isolate, or the cron trigger, may have renewed KV's copy; if it was read just now, it has not.
  const renewed = renew(deps, async () => (remembered ? store.read() : stored))
  if (stored && freshness === 'use_and_refresh') {
    waitUntil(renewed)
    return stored.models
  }
  const first = await within(renewed, FIRST_LIMIT_MS, clock)
  if (first === TIMED_OUT) waitUntil(renewed)
  return first === TIMED_OUT ? stored?.models : (first?.models ?? stored?.models)
}

/**
 * Asks the router, whatever the age of the copies: what the cron trigger does. What the new list changes is kept and
 * logged.
 *
 * @returns `undefined` when the router gave no list; the log says why, and the last good one stays.
 */
export async function refreshCatalog(deps: CatalogDeps): Promise<StoredCatalog | undefined> {
  const fetched = await fetchCatalog(deps)
  return typeof fetched === 'string' ? undefined : fetched
}

/** As {@link refreshCatalog}, with the reason when the router gave no list. */
export async function fetchCatalog(deps: CatalogDeps): Promise<StoredCatalog | string> {
  const { router, store, clock, log } = deps
  const upstream = new AbortController()
  const fetched = await within(fetchModels(router, upstream.signal, clock), FETCH_LIMIT_MS, clock).catch(String)
  if (!Array.isArray(fetched)) {
    upstream.abort()
    // The last good list stays where it is.
    const reason = fetched === TIMED_OUT ? 'no answer in time' : String(fetched)
    log('catalog_refresh_failed', { reason })
    return reason
  }
  const stored = { fetchedAt: clock.now(), models: fetched }
  await noteDrift(deps, stored)
  await store.write(stored).catch((error: unknown) => log('catalog_write_failed', { reason: String(error) }))
  return stored
}

/** Takes KV's copy if that is fresh, else the router's list. */
async function renew(
  deps: CatalogDeps,
  readKept: () => Promise<StoredCatalog | undefined>,
): Promise<StoredCatalog | undefined> {
  const { memory, clock } = deps
  const kept = await readKept()
  const isFresh = judgeFreshness(kept && clock.now() - kept.fetchedAt, FRESHNESS) === 'use'
  const renewed = isFresh ? kept : await refreshCatalog(deps)
  delete memory.refreshingSince
  if (renewed) delete memory.failedAt
  else memory.failedAt = clock.now()
  return renewed
}

/** Another request of this isolate is fetching the first list. Its promise cannot be awaited here, its result can. */
async function awaitOther({ store, memory, clock }: CatalogDeps): Promise<readonly RouterModel[] | undefined> {
  for (const until = clock.now() + FIRST_LIMIT_MS; clock.now() < until && memory.refreshingSince !== undefined; ) {
    await clock.wait(LOOK_MS)
    const stored = store.remembered()
    if (stored) return stored.models
  }
  return store.remembered()?.models
}

function isWithin(ms: number, sinceMs: number | undefined, clock: Clock): boolean {
  return sinceMs !== undefined && clock.now() - sinceMs < ms
}

async function fetchModels(
  router: RouterClient,
  signal: AbortSignal,
  clock: Clock,
): Promise<readonly RouterModel[] | string> {
  const response = await router.getModels(signal)
  if (response.status !== 200) {
    response.body?.cancel().catch(() => {})
    return `HTTP ${response.status}`
  }
  const text = await readText(response, MAX_LIST_BYTES, FETCH_LIMIT_MS, clock)
  if (typeof text !== 'string') return `no list: ${text.kind}`
  return readModelList(JSON.parse(text)) ?? 'a list of an unknown shape'
}
