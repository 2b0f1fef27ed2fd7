import type { RouterModel } from '../../core/catalog/router-model.ts'
import { parseModelRef } from '../../core/routing/model-ref.ts'
import { messageOf } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import { type AdminClient, createAdminClient } from '../worker/admin-client.ts'
import { call, fieldOf, listOf } from '../worker/http-call.ts'
import { getWithKey } from '../worker/live-check.ts'
import type { WorkerAccess } from '../worker/worker-access.ts'
import { type Finding, failure, fine, warning } from './finding.ts'

const HOUR_MS = 3_600_000
/** The Worker renews its list every ten minutes. */
const OLD_CATALOG_MS = HOUR_MS

/** What was seen of a Worker, and what the checks that follow need of it. */
export type WorkerReport = {
  readonly findings: readonly Finding[]
  readonly dateHeader?: string | undefined
  /** The admin token opens it: what it keeps can be looked at. */
  readonly isOpen: boolean
  /** The simulator answers in place of the router, so nothing of the router's is needed. */
  readonly isSimulated?: boolean
}

/** Looks at a Worker from outside: `/health`, whether the two keys that are known open it, and its catalog. */
export async function checkWorker(access: WorkerAccess, isFixing: boolean): Promise<WorkerReport> {
  const { url } = access
  try {
    const answer = await call(`${url}/health`)
    const status = fieldOf(answer.body, 'status')
    if (typeof status !== 'string') {
      const wrong = failure('Worker', `${url}/health answered ${answer.status} and is not hugway`, 'look at --url')
      return { findings: [wrong], isOpen: false }
    }
    const admin = await checkAdminToken(access)
    const isOpen = admin.level === 'ok'
    const findings = [
      fine('Worker', `${url} answers`),
      ...checkHealth(url, answer.body),
      await checkClientKey(access),
      admin,
      ...(isOpen ? [await checkCatalog(createAdminClient(access), access.isLocal, isFixing)] : []),
    ]
    const isSimulated = fieldOf(answer.body, 'upstream') === 'simulator'
    return { findings, dateHeader: answer.headers.get('date') ?? undefined, isOpen, isSimulated }
  } catch (error) {
    const todo = `start it (npm start), or deploy it (${COMMAND} deploy)`
    return { findings: [failure('Worker', messageOf(error), todo)], isOpen: false }
  }
}

/** A Worker of a version before there were ledgers says nothing of one. */
function ledgerFinding(ledger: unknown): readonly Finding[] {
  if (ledger === 'not_bound') {
    const what = 'no binding HUGWAY_PROJECTS: budgets and limits are not held, usage is not booked'
    return [warning('Worker ledger', what, `deploy again (${COMMAND} deploy), which adds it`)]
  }
  if (ledger !== 'not_answering') return []
  return [
    warning('Worker ledger', 'it does not answer: keys with bounds are refused', 'look at the log: ledger_failed'),
  ]
}

function checkHealth(url: string, health: unknown): readonly Finding[] {
  const problems = listOf(fieldOf(health, 'settings')).map(String)
  const settings = problems.map((problem) => failure('Worker settings', problem, `then look at ${url}/health again`))
  const config = fieldOf(fieldOf(health, 'config'), 'problem')
  const isSimulated = fieldOf(health, 'upstream') === 'simulator'
  const restart = `set HF_TOKEN (${COMMAND} onboard), then end npm start by Ctrl-C and start it again`
  return [
    ...(settings.length > 0 ? settings : [fine('Worker settings', 'every setting is there, the KV binding too')]),
    ...ledgerFinding(fieldOf(health, 'ledger')),
    ...(isSimulated ? [warning('upstream', 'a simulator answers, no model does', restart)] : []),
    ...(typeof config === 'string'
      ? [failure('Worker configuration', config, `${COMMAND} config validate, then set`)]
      : []),
  ]
}

/** The key that this command, and whoever it was printed for, sends. */
async function checkClientKey({ url, apiKey, apiKeyFrom }: WorkerAccess): Promise<Finding> {
  const make = `${COMMAND} keys create makes one`
  if (apiKey === undefined) return fine('client key', `none is known here, so none was tried (${make})`)
  const { status } = await getWithKey(url, '/v1/models', apiKey)
  if (status !== 401) return fine('client key', `the HUGWAY_API_KEY of ${apiKeyFrom} opens /v1`)
  const todo = `take HUGWAY_API_KEY out of ${apiKeyFrom}, or put a key of this Worker there: ${make}`
  return failure('client key', `${url} refuses the HUGWAY_API_KEY of ${apiKeyFrom}`, todo)
}

async function checkAdminToken({ url, isLocal, adminToken, adminTokenFrom }: WorkerAccess): Promise<Finding> {
  if (adminToken === undefined) {
    return warning(
      'admin token',
      'none is known here',
      'put it into HUGWAY_ADMIN_TOKEN: configuration and keys need it',
    )
  }
  const { status } = await getWithKey(url, '/admin/catalog', adminToken)
  if (status !== 401) return fine('admin token', `the HUGWAY_ADMIN_TOKEN of ${adminTokenFrom} opens /admin`)
  const where = isLocal
    ? 'the one that npm start was started with'
    : 'that of the deployment (npx wrangler secret put HUGWAY_ADMIN_TOKEN sets it)'
  const todo = `take HUGWAY_ADMIN_TOKEN out of ${adminTokenFrom}, or make it ${where}`
  return failure('admin token', `${url} refuses the HUGWAY_ADMIN_TOKEN of ${adminTokenFrom}`, todo)
}

/**
 * The models that a Worker serves, in the router's shape: what there is to hold a configuration against where the router
 * cannot be asked from here.
 */
export async function modelsOfWorker({ url, apiKey }: WorkerAccess): Promise<readonly RouterModel[] | undefined> {
  if (apiKey === undefined) return undefined
  const answer = await getWithKey(url, '/v1/models', apiKey).catch(() => undefined)
  const models = listOf(fieldOf(answer?.body, 'data')).flatMap((row) => {
    const parsed = parseModelRef(String(fieldOf(row, 'id')))
    const isListed = listOf(fieldOf(row, 'providers')).length > 0 // a row that only the configuration names has none
    return parsed.ok && parsed.value.routing.kind === 'default' && isListed
      ? [{ ...Object(row), id: parsed.value.id }]
      : []
  })
  return models.length > 0 ? models : undefined
}

async function checkCatalog(admin: AdminClient, isLocal: boolean, isFixing: boolean): Promise<Finding> {
  try {
    const { body } = await admin.request('GET', '/catalog')
    const ageMs = fieldOf(body, 'ageMs')
    const count = String(fieldOf(body, 'models'))
    if (typeof ageMs === 'number' && ageMs < OLD_CATALOG_MS) {
      return fine('catalog', `${count} models, ${Math.round(ageMs / 1000)} s old`)
    }
    if (isFixing) {
      const refreshed = await admin.request('POST', '/catalog/refresh')
      return fine('catalog', `renewed: ${String(fieldOf(refreshed.body, 'models'))} models`)
    }
    // Nothing has asked for models yet, and the first that does reads them.
    if (isLocal && typeof ageMs !== 'number') return fine('catalog', 'not read yet: the first request reads it')
    const text = typeof ageMs === 'number' ? `${Math.round(ageMs / HOUR_MS)} h old` : 'the built-in list is served'
    return warning('catalog', text, `${COMMAND} doctor --fix renews it; its cron trigger should, every ten minutes`)
  } catch (error) {
    return warning('catalog', messageOf(error), 'look at the router, above')
  }
}
