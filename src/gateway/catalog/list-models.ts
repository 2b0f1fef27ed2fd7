import type { Catalog, CatalogRow } from '../../core/catalog/catalog.ts'
import { GatewayError } from '../../core/failure.ts'
import { resolveModel } from '../../core/routing/plan.ts'
import type { CatalogInUse } from '../../isolate/catalog-in-use.ts'
import { toHex } from '../../json/bytes.ts'
import { toModelList } from '../../wire/models.ts'
import type { RequestContext } from '../context.ts'
import { type CatalogDeps, currentModels } from './refresh-catalog.ts'

type ListContext = Pick<RequestContext, 'config' | 'waitUntil'>

/** The list as it is sent: serialised once, until the catalog or the configuration changes. */
export type ServedCatalog = { readonly catalog: Catalog; readonly text: string; readonly etag: string }

export type ModelListDeps = {
  readonly catalog: CatalogDeps
  readonly inUse: CatalogInUse
  /** The isolate's last list; plain data. */
  readonly memory: { served?: ServedCatalog }
}

/**
 * The model list of a request's configuration; the very same object while nothing of it changes. A list that the
 * configuration replaces does not wait for the router's; what is known of its models stays in use.
 */
export async function listModels(deps: ModelListDeps, { config, waitUntil }: ListContext): Promise<ServedCatalog> {
  const { catalog, inUse, memory } = deps
  const isOwnList = config.mode === 'replace'
  const models = isOwnList ? catalog.store.remembered()?.models : await currentModels(catalog, { waitUntil })
  const rows = inUse.of(config, models)
  if (memory.served?.catalog === rows) return memory.served
  const text = JSON.stringify(toModelList(rows.rows))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  memory.served = { catalog: rows, text, etag: `"${toHex(digest.slice(0, 16))}"` }
  return memory.served
}

/** @throws {GatewayError} `unknown_model` for a name that is no alias and no model of the list. */
export async function getModel(deps: ModelListDeps, name: string, ctx: ListContext): Promise<CatalogRow> {
  const { catalog } = await listModels(deps, ctx)
  const ref = resolveModel(ctx.config, name)
  const row = ref.ok ? catalog.rowOf(ref.value) : undefined
  if (!row) throw new GatewayError(ref.ok ? { kind: 'unknown_model', model: name } : ref.error)
  return row
}
