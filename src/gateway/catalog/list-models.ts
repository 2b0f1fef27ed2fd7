import type { Catalog, CatalogRow } from '../../core/catalog/catalog.ts'
import type { RouterModel } from '../../core/catalog/router-model.ts'
import type { Config } from '../../core/config/config.ts'
import { GatewayError } from '../../core/failure.ts'
import { resolveModel } from '../../core/routing/plan.ts'
import type { CatalogInUse } from '../../isolate/catalog-in-use.ts'
import { toHex } from '../../json/bytes.ts'
import { toModelList } from '../../wire/models.ts'

/** The list as it is sent: serialised once, until the catalog or the configuration changes. */
export type ServedCatalog = { readonly catalog: Catalog; readonly text: string; readonly etag: string }

export type ModelListDeps = {
  readonly inUse: CatalogInUse
  /** The isolate's last list; plain data. */
  readonly memory: { served?: ServedCatalog }
}

/** The model list for these inputs; the very same object while they do not change. */
export async function listModels(
  { inUse, memory }: ModelListDeps,
  config: Config,
  models: readonly RouterModel[] | undefined,
): Promise<ServedCatalog> {
  const catalog = inUse.of(config, models)
  if (memory.served?.catalog === catalog) return memory.served
  const text = JSON.stringify(toModelList(catalog.rows))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  memory.served = { catalog, text, etag: `"${toHex(digest.slice(0, 16))}"` }
  return memory.served
}

/** @throws {GatewayError} `unknown_model` for a name that is no alias and no model of the list. */
export function getModel(catalog: Catalog, config: Config, name: string): CatalogRow {
  const ref = resolveModel(config, name)
  const row = ref.ok ? catalog.rowOf(ref.value) : undefined
  if (!row) throw new GatewayError(ref.ok ? { kind: 'unknown_model', model: name } : ref.error)
  return row
}
