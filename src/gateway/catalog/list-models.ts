import { buildCatalog, type Catalog, type CatalogRow } from '../../core/catalog/catalog.ts'
import type { RouterModel } from '../../core/catalog/router-model.ts'
import type { Config } from '../../core/config/config.ts'
import { GatewayError } from '../../core/failure.ts'
import { resolveModel } from '../../core/routing/plan.ts'
import { toHex } from '../../json/bytes.ts'
import { toModelList } from '../../wire/models.ts'

/** The list as it is sent: serialised once, until the catalog or the configuration changes. */
export type ServedCatalog = { readonly catalog: Catalog; readonly text: string; readonly etag: string }

/** The isolate's last list and what it was made of; plain data. */
export type ListMemory = { served?: ServedCatalog; config?: Config; models?: readonly RouterModel[] | undefined }

/** The model list for these inputs; the very same object while they do not change. */
export async function listModels(
  memory: ListMemory,
  config: Config,
  models: readonly RouterModel[] | undefined,
): Promise<ServedCatalog> {
  if (memory.served && memory.config === config && memory.models === models) return memory.served
  const catalog = buildCatalog(models, config)
  const text = JSON.stringify(toModelList(catalog.rows))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  const served = { catalog, text, etag: `"${toHex(digest.slice(0, 16))}"` }
  Object.assign(memory, { served, config, models })
  return served
}

/** @throws {GatewayError} `unknown_model` for a name that is no alias and no model of the list. */
export function getModel(catalog: Catalog, config: Config, name: string): CatalogRow {
  const ref = resolveModel(config, name)
  const row = ref.ok ? catalog.rowOf(ref.value) : undefined
  if (!row) throw new GatewayError(ref.ok ? { kind: 'unknown_model', model: name } : ref.error)
  return row
}
