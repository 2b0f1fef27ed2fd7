import type { Catalog, CatalogRow } from '../../core/catalog/catalog.ts'
import type { Config } from '../../core/config/config.ts'
import { GatewayError } from '../../core/failure.ts'
import { allowsModel } from '../../core/identity/model-rights.ts'
import { projectOf } from '../../core/identity/project.ts'
import { formatModelRef, parseModelRef } from '../../core/routing/model-ref.ts'
import { resolveModel } from '../../core/routing/plan.ts'
import type { CatalogInUse } from '../../isolate/catalog-in-use.ts'
import { toHex } from '../../json/bytes.ts'
import { toModelList } from '../../wire/models.ts'
import type { CallerContext, RequestContext } from '../context.ts'
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
async function listModels(deps: ModelListDeps, { config, waitUntil }: ListContext): Promise<ServedCatalog> {
  const { catalog, inUse, memory } = deps
  const isOwnList = config.mode === 'replace'
  const models = isOwnList ? catalog.store.remembered()?.models : await currentModels(catalog, { waitUntil })
  const rows = inUse.of(config, models)
  if (memory.served?.catalog === rows) return memory.served
  memory.served = await serve(rows)
  return memory.served
}

/**
 * The list as a caller sees it: what it may use. The same object as {@link listModels} gives where nothing binds it.
 */
export async function listModelsFor(deps: ModelListDeps, ctx: CallerContext): Promise<ServedCatalog> {
  const served = await listModels(deps, ctx)
  const { caller, config } = ctx
  const lists = [caller.scopes.models, projectOf(config.projects, caller.project).models]
  if (lists.every((models) => models === undefined)) return served
  const rows = served.catalog.rows.filter((row) => isAllowed(row.id, lists, config))
  return serve({ ...served.catalog, rows })
}

function isAllowed(id: string, lists: readonly (readonly string[] | undefined)[], config: Config): boolean {
  const ref = parseModelRef(id)
  return ref.ok && lists.every((models) => allowsModel(models, ref.value, config))
}

async function serve(catalog: Catalog): Promise<ServedCatalog> {
  const text = JSON.stringify(toModelList(catalog.rows))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return { catalog, text, etag: `"${toHex(digest.slice(0, 16))}"` }
}

/** @throws {GatewayError} `unknown_model` for a name that is no alias and no model of the list. */
export async function getModel(deps: ModelListDeps, name: string, ctx: CallerContext): Promise<CatalogRow> {
  const { catalog } = await listModels(deps, ctx)
  const ref = resolveModel(ctx.config, name)
  const lists = [ctx.caller.scopes.models, projectOf(ctx.config.projects, ctx.caller.project).models]
  const mayUse = ref.ok && isAllowed(formatModelRef(ref.value), lists, ctx.config)
  const row = ref.ok && mayUse ? catalog.rowOf(ref.value) : undefined
  if (!row) throw new GatewayError(ref.ok ? { kind: 'unknown_model', model: name } : ref.error)
  return row
}
