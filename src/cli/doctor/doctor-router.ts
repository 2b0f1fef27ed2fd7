import type { RouterModel } from '../../core/catalog/router-model.ts'
import { COMMAND } from '../command-name.ts'
import type { Project } from '../project.ts'
import {
  cheapestModel,
  checkToken,
  fetchModels,
  findRouterUrl,
  findToken,
  TOKEN_PAGE,
} from '../worker/router-access.ts'
import { type Finding, failure, fine, warning } from './finding.ts'

const SKEW_WARNING_S = 60
const SKEW_FAILURE_S = 300

/** What the router said, and its list for the checks that follow. */
export type RouterReport = {
  readonly findings: readonly Finding[]
  readonly models: readonly RouterModel[] | undefined
  readonly dateHeader?: string | undefined
}

/** Looks at the router from this machine: whether it answers, and what it makes of the token. */
export async function checkRouter(project: Project | undefined): Promise<RouterReport> {
  const url = findRouterUrl(project)
  const token = findToken(project)
  const listed = await fetchModels(url, token?.value)
  const tokenFinding = token
    ? fine('token', `${token.name} is set in ${token.source === 'environment' ? 'the environment' : token.source}`)
    : failure('token', 'neither HF_TOKEN nor HUGGINGFACE_HUB_TOKEN is set', `${COMMAND} onboard, or set HF_TOKEN`)
  if (!listed.ok) {
    const todo = 'look at the network and at HF_BASE_URL; a Worker serves its last list, or the built-in one, meanwhile'
    return { findings: [tokenFinding, failure('router', listed.error, todo)], models: undefined }
  }
  const { models, dateHeader } = listed.value
  const reachable = fine('router', `${url} lists ${models.length} models`)
  const permission = token ? [await checkPermission(url, token.value, models)] : []
  return { findings: [tokenFinding, reachable, ...permission], models, dateHeader }
}

/** @param from Whose clock it is compared with. @param nowMs This machine's clock, milliseconds since the epoch. */
export function checkClock(dateHeader: string | undefined, nowMs: number, from = 'the router'): Finding {
  const there = Date.parse(dateHeader ?? '')
  if (Number.isNaN(there)) return fine('clock', `${from} sent no date to compare with`)
  const skew = Math.round((nowMs - there) / 1000)
  const text = `this machine is ${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} ${from}`
  const todo = 'set the clock (NTP): TLS and the expiry of keys depend on it'
  if (Math.abs(skew) > SKEW_FAILURE_S) return failure('clock', text, todo)
  return Math.abs(skew) > SKEW_WARNING_S ? warning('clock', text, todo) : fine('clock', text)
}

async function checkPermission(url: string, token: string, models: readonly RouterModel[]): Promise<Finding> {
  const verdict = await checkToken(url, token, cheapestModel(models))
  if (verdict.kind === 'good') return fine('permission', 'the token may make calls to Inference Providers')
  if (verdict.kind === 'bad')
    return failure('permission', verdict.why, `set a new one: ${COMMAND} onboard (${TOKEN_PAGE})`)
  const todo = verdict.kind === 'no_credit' ? 'buy credit, or set HF_BILL_TO' : 'try again in a while'
  return warning('permission', verdict.why, todo)
}
