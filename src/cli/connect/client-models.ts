import type { CatalogRow } from '../../core/catalog/catalog.ts'
import { parseConfig } from '../../core/config/config.ts'
import { formatModelRef, parseModelRef } from '../../core/routing/model-ref.ts'
import { CommandError } from '../command-error.ts'
import { createAdminClient } from '../worker/admin-client.ts'
import { type Answer, errorTextOf, fieldOf, listOf } from '../worker/http-call.ts'
import { getWithKey } from '../worker/live-check.ts'
import { requireApiKey, type WorkerAccess } from '../worker/worker-access.ts'

/** What a client is told of a deployment. */
export type ClientModels = {
  /** The model that was asked for, else the default one. */
  readonly primary: CatalogRow
  /** The default first, then what the configuration names, else what the list begins with. */
  readonly rows: readonly CatalogRow[]
  /** How many the deployment lists in all. */
  readonly count: number
}

const MAX_ROWS = 20

/**
 * Asks a deployment for the models that its clients are to know.
 *
 * @throws {CommandError} Where the client key is not known, or the deployment does not answer.
 */
export async function readClientModels(access: WorkerAccess, model = 'default'): Promise<ClientModels> {
  const key = requireApiKey(access)
  const [list, first] = await Promise.all([
    getWithKey(access.url, '/v1/models', key),
    getWithKey(access.url, `/v1/models/${encodeURIComponent(model)}`, key),
  ])
  const rows = listOf(fieldOf(list.body, 'data')).filter(isRow)
  if (list.status !== 200 || rows.length === 0) throw new CommandError(`/v1/models: ${whyNot(access, list)}`)
  const named = await configuredRefs(access)
  const chosen = named ? rows.filter(({ id }) => named.has(id)) : rows
  const primary = first.status === 200 && isRow(first.body) ? first.body : model === 'default' ? rows[0] : undefined
  if (!primary) throw new CommandError(`--model: ${whyNot(access, first)}`)
  const others = chosen.filter(({ id }) => id !== primary.id)
  return { primary, rows: [primary, ...others].slice(0, MAX_ROWS), count: rows.length }
}

/** Only the admin token opens the configuration; without it, or without an answer, nothing is known of it. */
async function configuredRefs(access: WorkerAccess): Promise<ReadonlySet<string> | undefined> {
  if (access.adminToken === undefined) return undefined
  const answer = await createAdminClient(access)
    .request('GET', '/config')
    .catch(() => undefined)
  const loaded = answer && parseConfig(answer.text)
  if (!loaded?.ok) return undefined
  const refs = loaded.value.config.namedRefs.map(formatModelRef)
  return refs.length > 0 ? new Set(refs) : undefined
}

function whyNot({ url }: WorkerAccess, answer: Answer): string {
  if (answer.status === 401) return `${url} refused the client key: is HUGWAY_API_KEY this Worker's?`
  return `${url} answered ${answer.status}: ${errorTextOf(answer)}`
}

function isRow(row: unknown): row is CatalogRow {
  const id = fieldOf(row, 'id')
  return typeof id === 'string' && parseModelRef(id).ok && typeof fieldOf(row, 'name') === 'string'
}
