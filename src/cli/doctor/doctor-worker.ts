import type { RouterModel } from '../../core/catalog/router-model.ts'
import { parseModelRef } from '../../core/routing/model-ref.ts'
import { messageOf } from '../command-error.ts'
import { COMMAND } from '../command-name.ts'
import type { AdminClient } from '../worker/admin-client.ts'
import { call, fieldOf, listOf } from '../worker/http-call.ts'
import { getWithKey } from '../worker/live-check.ts'
import type { WorkerAccess } from '../worker/worker-access.ts'
import { checkClock } from './doctor-router.ts'
import { type Finding, failure, fine, warning } from './finding.ts'

const HOUR_MS = 3_600_000
/** The Worker renews its list every ten minutes. */
const OLD_CATALOG_MS = HOUR_MS

/** Looks at a Worker from outside: `/health`, and with the admin token its catalog. */
export async function checkWorker(
  { url }: WorkerAccess,
  admin: AdminClient | undefined,
  isFixing: boolean,
): Promise<readonly Finding[]> {
  try {
    const answer = await call(`${url}/health`)
    const status = fieldOf(answer.body, 'status')
    if (typeof status !== 'string') {
      return [failure('Worker', `${url}/health answered ${answer.status} and is not hugway`, 'look at --url')]
    }
    const problems = listOf(fieldOf(answer.body, 'settings')).map(String)
    const settings = problems.map((problem) => failure('Worker settings', problem, `then look at ${url}/health again`))
    const config = fieldOf(fieldOf(answer.body, 'config'), 'problem')
    return [
      fine('Worker', `${url} answers`),
      ...(settings.length > 0 ? settings : [fine('Worker settings', 'every setting is there, the KV binding too')]),
      ...(typeof config === 'string'
        ? [failure('Worker configuration', config, `${COMMAND} config validate, then set`)]
        : []),
      ...(admin ? [await checkCatalog(admin, isFixing)] : []),
      checkClock(answer.headers.get('date') ?? undefined, Date.now()),
    ]
  } catch (error) {
    return [failure('Worker', messageOf(error), `start it (npm start), or deploy it (${COMMAND} deploy)`)]
  }
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

async function checkCatalog(admin: AdminClient, isFixing: boolean): Promise<Finding> {
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
    const text = typeof ageMs === 'number' ? `${Math.round(ageMs / HOUR_MS)} h old` : 'the built-in list is served'
    return warning('catalog', text, `${COMMAND} doctor --fix renews it; its cron trigger should, every ten minutes`)
  } catch (error) {
    return warning('catalog', messageOf(error), 'look at the router, above')
  }
}
