import { diffCatalogs, findBrokenRefs } from '../../core/catalog/catalog-drift.ts'
import type { Config } from '../../core/config/config.ts'
import type { Log } from '../../core/log.ts'
import type { CatalogStore, StoredCatalog } from '../../kv/catalog-store.ts'

export type DriftDeps = {
  readonly store: CatalogStore
  readonly log: Log
  /** The configuration in use, to say which of its refs a new list no longer bears out. */
  readonly readConfig?: () => Promise<Config>
}

/** A log line is no place for a list of thousands; `GET /admin/catalog/drift` has all of it. */
const MAX_LOGGED = 20

/** Compares a new list with the last good one, before it takes its place; keeps and logs what changed. Never throws. */
export async function noteDrift({ store, log, readConfig }: DriftDeps, fetched: StoredCatalog): Promise<void> {
  const before = (await store.read()) ?? store.remembered()
  if (!before) return
  const changes = diffCatalogs(before.models, fetched.models)
  if (!changes) return
  const drift = { at: fetched.fetchedAt, since: before.fetchedAt, changes }
  await store.writeDrift(drift).catch((error: unknown) => log('catalog_write_failed', { reason: String(error) }))
  const config = await readConfig?.().catch(() => undefined) // the log has that already
  log('catalog_drift', {
    since: new Date(before.fetchedAt).toISOString(),
    ...Object.fromEntries(Object.entries(changes).map(([what, list]) => [what, list.length])),
    gone: changes.gone.slice(0, MAX_LOGGED),
    providersLost: changes.providersLost.slice(0, MAX_LOGGED),
    configuration: config ? findBrokenRefs(config, fetched.models).slice(0, MAX_LOGGED) : [],
  })
}
