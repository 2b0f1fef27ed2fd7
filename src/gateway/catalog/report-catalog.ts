import { BUILT_IN_MODELS } from '../../core/catalog/built-in-catalog.ts'
import { type BrokenRef, type CatalogChanges, findBrokenRefs } from '../../core/catalog/catalog-drift.ts'
import type { Config } from '../../core/config/config.ts'
import { GatewayError } from '../../core/failure.ts'
import type { StoredCatalog } from '../../kv/catalog-store.ts'
import { type CatalogDeps, fetchCatalog } from './refresh-catalog.ts'

/** The list that is served: where it came from, how old it is, how many models it has. Times in ISO 8601. */
export type CatalogReport = {
  readonly source: 'router' | 'built_in'
  readonly models: number
  readonly fetchedAt: string | null
  readonly ageMs: number | null
}

/** What changed at the last refresh that changed something, and what of the configuration the list does not bear out now. */
export type DriftReport = {
  readonly at: string | null
  readonly since: string | null
  readonly changes: CatalogChanges | null
  readonly configuration: readonly BrokenRef[]
}

/** Reports on the list; asks KV where the isolate has none, never the router. */
export async function reportCatalog({ store, clock }: CatalogDeps): Promise<CatalogReport> {
  return toReport((await store.read()) ?? store.remembered(), clock.now())
}

/**
 * Asks the router now.
 *
 * @throws {GatewayError} `catalog_refresh_failed`; the last good list stays.
 */
export async function refreshNow(
  deps: CatalogDeps,
): Promise<CatalogReport & { readonly changes: CatalogChanges | null }> {
  const fetched = await fetchCatalog(deps)
  if (typeof fetched === 'string') throw new GatewayError({ kind: 'catalog_refresh_failed', reason: fetched })
  delete deps.memory.refreshingSince // whatever went wrong before is over
  const { drift } = deps.memory
  const changes = drift?.at === fetched.fetchedAt ? drift.changes : null
  return { ...toReport(fetched, deps.clock.now()), changes }
}

/** Reports on the drift; the configuration is held against the list as it is now. */
export async function reportDrift({ store }: CatalogDeps, config: Config): Promise<DriftReport> {
  const drift = await store.readDrift()
  const stored = (await store.read()) ?? store.remembered()
  return {
    at: drift ? toIso(drift.at) : null,
    since: drift ? toIso(drift.since) : null,
    changes: drift?.changes ?? null,
    configuration: stored ? findBrokenRefs(config, stored.models) : [],
  }
}

function toReport(stored: StoredCatalog | undefined, nowMs: number): CatalogReport {
  if (!stored) return { source: 'built_in', models: BUILT_IN_MODELS.length, fetchedAt: null, ageMs: null }
  const { fetchedAt, models } = stored
  return { source: 'router', models: models.length, fetchedAt: toIso(fetchedAt), ageMs: nowMs - fetchedAt }
}

const toIso = (ms: number) => new Date(ms).toISOString()
