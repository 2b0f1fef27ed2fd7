import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config/config.ts'
import { GatewayError } from '../../core/failure.ts'
import { keyStatus } from '../../core/identity/api-key.ts'
import { DEFAULT_PROJECT } from '../../core/identity/caller.ts'
import type { Project } from '../../core/identity/project.ts'
import { toBounds } from '../../core/limits/bounds-of.ts'
import { NO_SUMS } from '../../core/limits/ledger-report.ts'
import { periodOf } from '../../core/limits/period.ts'
import { quote } from '../../core/quote.ts'
import type { ProjectReport } from '../../wire/admin/usage.ts'
import { toBudgetReport } from '../usage/budget-report.ts'
import { toSums, type UsageDeps } from '../usage/report-usage.ts'

export type ProjectDeps = UsageDeps & { readonly clock: Clock }

/** Every project of the configuration, with how it stands. */
export async function listProjects(deps: ProjectDeps, config: Config): Promise<readonly ProjectReport[]> {
  const keys = await deps.keys.store.list().catch(() => [])
  const active = keys.filter(({ record }) => keyStatus(record, deps.clock.now()) === 'active')
  const countOf = (id: string) => active.filter(({ record }) => (record.project ?? DEFAULT_PROJECT) === id).length
  return Promise.all([...config.projects.values()].map((project) => report(deps, config, project, countOf(project.id))))
}

/** @throws {GatewayError} `unknown_project` */
export async function getProject(deps: ProjectDeps, config: Config, id: string): Promise<ProjectReport> {
  if (!config.projects.has(id)) {
    throw new GatewayError({ kind: 'unknown_project', id: quote(id), known: [...config.projects.keys()] })
  }
  const only = new Map([...config.projects].filter(([one]) => one === id))
  const [project] = await listProjects(deps, { ...config, projects: only })
  if (!project) throw new Error('a project that is there was not reported')
  return project
}

async function report(
  { client, clock }: ProjectDeps,
  { budgets }: Config,
  project: Project,
  keys: number,
): Promise<ProjectReport> {
  const { id, name, budget, limits = {}, models = null, billTo = null } = project
  const now = clock.now()
  const { startAt, endAt } = periodOf('month', 'UTC', now)
  const bounds = toBounds('project', project, budgets.timeZone)
  const [stands, usage] = await Promise.all([
    client.report(id, { kind: 'stands', bounds }),
    client.report(id, { kind: 'usage', from: startAt, to: endAt, by: [] }),
  ])
  const month = usage?.usage && toSums(usage.usage.rows[0] ?? NO_SUMS)
  return {
    id,
    name,
    budget: toBudgetReport(budget, stands?.stands?.[0]),
    limits,
    models,
    billTo,
    keys,
    month: month ?? null,
    ledger: stands !== undefined && usage !== undefined,
  }
}
