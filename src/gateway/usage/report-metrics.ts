import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config/config.ts'
import type { MetricsRow } from '../../core/limits/ledger-report.ts'
import { askProjects, type UsageDeps } from './report-usage.ts'

export type ProjectMetrics = {
  readonly project: string
  readonly rows: readonly MetricsRow[]
  readonly unbooked: number
}

/** The isolate's last answer; plain data. */
export type MetricsMemory = { answeredAt?: number; projects?: readonly ProjectMetrics[] }

export type MetricsDeps = UsageDeps & { readonly clock: Clock; readonly memory: MetricsMemory }

/** A scrape every 15 seconds must not eat a free plan: objects are asked once a minute. */
const KEEP_MS = 60_000

/** Counters of every project, as old as a minute. A project that does not answer keeps its last ones: counters only grow. */
export async function reportMetrics(deps: MetricsDeps, config: Config): Promise<readonly ProjectMetrics[]> {
  const { memory, clock } = deps
  const known = memory.projects ?? []
  if (clock.now() - (memory.answeredAt ?? Number.NEGATIVE_INFINITY) < KEEP_MS) return known
  memory.answeredAt = clock.now()
  const reports = await askProjects(deps, config, undefined, { kind: 'metrics' })
  const before = new Map(known.map((one) => [one.project, one]))
  memory.projects = reports.flatMap(({ id, report }) =>
    report?.metrics ? [{ project: id, ...report.metrics }] : (before.get(id) ?? []),
  )
  return memory.projects
}
