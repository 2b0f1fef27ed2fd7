import type { Clock } from '../../core/clock.ts'
import type { Config } from '../../core/config/config.ts'
import type { MetricsRow } from '../../core/limits/ledger-report.ts'
import { askEach, projectIds, type UsageDeps } from './report-usage.ts'

export type ProjectMetrics = {
  readonly project: string
  readonly rows: readonly MetricsRow[]
  readonly unbooked: number
}

/** What the isolate was told, and until when it holds; plain data. */
export type MetricsMemory = {
  listed?: { readonly until: number; readonly ids: readonly string[] }
  readonly told: Map<string, { readonly until: number; readonly metrics: ProjectMetrics }>
}

export type MetricsDeps = UsageDeps & { readonly clock: Clock; readonly memory: MetricsMemory }

/** The keys are listed to find projects that the configuration does not name; a free plan lists a thousand times a day. */
const KEEP_LIST_MS = 900_000

/**
 * Counters of every project, as old as a minute. One whose ledger does not answer is left out: a gap in a series is none in
 * what it counts, and what this isolate knows of it may be less than another one has told.
 */
export async function reportMetrics(deps: MetricsDeps, config: Config): Promise<readonly ProjectMetrics[]> {
  const { client, memory, clock } = deps
  const ids = [...new Set([...config.projects.keys(), ...(await listedProjects(deps, config))])]
  // The life of what is told is counted from before the question, so that it ends here before it ends there.
  const askedAt = clock.now()
  const due = ids.filter((id) => askedAt >= (memory.told.get(id)?.until ?? 0))
  for (const { id, report } of await askEach(client, due, { kind: 'metrics' })) {
    memory.told.delete(id)
    if (!report?.metrics) continue
    const { rows, unbooked, freshMs = 0 } = report.metrics
    memory.told.set(id, { until: askedAt + freshMs, metrics: { project: id, rows, unbooked } })
  }
  return ids.flatMap((id) => memory.told.get(id)?.metrics ?? [])
}

async function listedProjects({ keys, memory, clock }: MetricsDeps, config: Config): Promise<readonly string[]> {
  const { listed } = memory
  if (listed && clock.now() < listed.until) return listed.ids
  const ids = [...new Set([...(listed?.ids ?? []), ...(await projectIds({ keys }, config))])]
  memory.listed = { until: clock.now() + KEEP_LIST_MS, ids }
  return ids
}
