import type { RouterModel } from '../core/catalog.ts'
import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import { judgeFreshness } from '../core/freshness.ts'
import { readModelList } from '../huggingface/catalog-schema.ts'
import type { RouterClient } from '../huggingface/router-client.ts'
import type { CatalogMemory, StoredCatalog } from '../kv/catalog-store.ts'
import { type DriftTools, noteDrift } from './note-drift.ts'

export type CatalogTools = DriftTools & {
  readonly memory: CatalogMemory
  readonly router: RouterClient
  readonly clock: Clock
  readonly later: (work: Promise<unknown>) => void
}

/** Fresh for ten minutes, served for a week while it is renewed in the background. */
const FRESHNESS = { freshMs: 600_000, staleMs: 7 * 24 * 3_600_000 }
/** OpenClaw once waited ten seconds for this list and that was too short. */
const FETCH_LIMIT_MS = 20_000
/** With nothing to serve but the built-in list, a caller waits this long for the real one. */
const FIRST_LIMIT_MS = 5_000
/** A router that just failed is not asked again by every caller. */
const RETRY_MS = 30_000

/**
 * The router's list: the isolate's copy, else KV's, else the router's own. Waits for the router only when there is no
 * copy at all, and not for long.
 *
 * @returns `undefined` when there is none to be had: the built-in list stands in.
 */
export async function currentModels(tools: CatalogTools): Promise<readonly RouterModel[] | undefined> {
  const { store, clock, later } = tools
  const stored = store.remembered() ?? (await store.read())
  const freshness = judgeFreshness(stored && clock.now() - stored.fetchedAt, FRESHNESS)
  if (stored && freshness === 'use') return stored.models
  if (isRefreshing(tools)) return stored?.models
  tools.memory.refreshingSince = clock.now()
  const renewed = renew(tools)
  if (stored && freshness === 'use_and_refresh') {
    later(renewed)
    return stored.models
  }
  const first = await within(renewed, FIRST_LIMIT_MS, clock)
  if (first === TIMED_OUT) later(renewed)
  return first === TIMED_OUT ? stored?.models : (first?.models ?? stored?.models)
}

/**
 * Asks the router, whatever the age of the copies: what the cron trigger does. What the new list changes is kept and
 * logged.
 *
 * @returns `undefined` when the router gave no list; the log says why, and the last good one stays.
 */
export async function refreshCatalog(tools: Omit<CatalogTools, 'later'>): Promise<StoredCatalog | undefined> {
  const fetched = await fetchCatalog(tools)
  return typeof fetched === 'string' ? undefined : fetched
}

/** As {@link refreshCatalog}, with the reason when the router gave no list. */
export async function fetchCatalog(tools: Omit<CatalogTools, 'later'>): Promise<StoredCatalog | string> {
  const { router, store, clock, log } = tools
  const upstream = new AbortController()
  const fetched = await within(fetchModels(router, upstream.signal), FETCH_LIMIT_MS, clock).catch(String)
  if (fetched === TIMED_OUT) upstream.abort()
  if (!Array.isArray(fetched)) {
    // The last good list stays where it is.
    const reason = fetched === TIMED_OUT ? 'no answer in time' : String(fetched)
    log('catalog_refresh_failed', { reason })
    return reason
  }
  const stored = { fetchedAt: clock.now(), models: fetched }
  await noteDrift(tools, stored)
  await store.write(stored).catch((error: unknown) => log('catalog_write_failed', { reason: String(error) }))
  return stored
}

/** Another isolate, or the cron trigger, may have renewed KV's copy in the meantime. */
async function renew(tools: CatalogTools): Promise<StoredCatalog | undefined> {
  const kept = await tools.store.read()
  const isFresh = judgeFreshness(kept && tools.clock.now() - kept.fetchedAt, FRESHNESS) === 'use'
  const renewed = isFresh ? kept : await refreshCatalog(tools)
  // After a failure the mark stays for a while: it is what keeps every caller from asking again.
  if (renewed) delete tools.memory.refreshingSince
  return renewed
}

function isRefreshing({ memory, clock }: CatalogTools): boolean {
  return memory.refreshingSince !== undefined && clock.now() - memory.refreshingSince < RETRY_MS
}

async function fetchModels(router: RouterClient, signal: AbortSignal): Promise<readonly RouterModel[] | string> {
  const response = await router.getModels(signal)
  if (response.status !== 200) {
    response.body?.cancel().catch(() => {})
    return `HTTP ${response.status}`
  }
  return readModelList(await response.json()) ?? 'a list of an unknown shape'
}
