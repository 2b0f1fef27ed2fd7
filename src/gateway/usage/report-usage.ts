import type { Config } from '../../core/config/config.ts'
import { DEFAULT_PROJECT } from '../../core/identity/caller.ts'
import type {
  LedgerQuery,
  LedgerReport,
  LedgerSums,
  UsageColumn,
  UsageSumsRow,
} from '../../core/limits/ledger-report.ts'
import { toUsd } from '../../core/limits/money.ts'
import type { LedgerClient } from '../../objects/ledger-client.ts'
import type { UsageDimension, UsageReport, UsageRow, UsageSums } from '../../wire/admin/usage.ts'
import type { ManageKeysDeps } from '../keys/manage-keys.ts'

export type UsageDeps = {
  readonly client: LedgerClient
  readonly keys: Pick<ManageKeysDeps, 'store'>
}

export type UsageQuestion = {
  /** Milliseconds since the epoch, whole hours; `to` is not in it. */
  readonly from: number
  readonly to: number
  readonly by: readonly UsageDimension[]
  readonly project?: string | undefined
  readonly keyId?: string | undefined
}

const DAY_MS = 86_400_000
/** Objects that are asked at once. */
const AT_ONCE = 6

/** Sums what was used, over the projects that there are. One whose ledger does not answer is named. */
export async function reportUsage(deps: UsageDeps, config: Config, question: UsageQuestion): Promise<UsageReport> {
  const { from, to, by, project, keyId } = question
  const names = by.includes('key') ? await keyNames(deps) : new Map<string, string>()
  const columns = by.filter((name): name is UsageColumn => name !== 'project')
  const query: LedgerQuery = { kind: 'usage', from, to, by: columns, ...(keyId !== undefined && { keyId }) }
  const reports = await askProjects(deps, config, project, query)
  const rows = reports.flatMap(({ id, report }) =>
    (report?.usage?.rows ?? []).map((row) => toRow(row, by.includes('project') ? id : undefined, names)),
  )
  const merged = by.includes('project') ? rows : mergeRows(rows)
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    by,
    rows: merged.sort((a, b) => (a.day ?? '').localeCompare(b.day ?? '') || b.costNanoUsd - a.costNanoUsd),
    total: merged.reduce(addSums, NO_USAGE),
    unbooked: reports.reduce((sum, { report }) => sum + (report?.usage?.unbooked ?? 0), 0),
    unavailable: reports.filter(({ report }) => !report).map(({ id }) => id),
  }
}

/** Asks every project's ledger, or that of one alone, some at a time. */
export async function askProjects(
  { client, keys }: UsageDeps,
  config: Config,
  only: string | undefined,
  query: LedgerQuery,
): Promise<readonly { readonly id: string; readonly report: LedgerReport | undefined }[]> {
  const ids = only === undefined ? await projectIds({ keys }, config) : [only]
  const reports: { id: string; report: LedgerReport | undefined }[] = []
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE)
    const answers = await Promise.all(some.map(async (id) => ({ id, report: await client.report(id, query) })))
    reports.push(...answers)
  }
  return reports
}

/** The projects that the configuration names, and those that keys are still in. */
async function projectIds({ keys }: Pick<UsageDeps, 'keys'>, config: Config): Promise<readonly string[]> {
  const listed = await keys.store.list().catch(() => [])
  const ofKeys = listed.map(({ record }) => record.project ?? DEFAULT_PROJECT)
  return [...new Set([...config.projects.keys(), ...ofKeys])]
}

/** What keys are called, by the id under which the ledger knows them. The newest key of a line names it. */
export async function keyNames({ keys }: Pick<UsageDeps, 'keys'>): Promise<ReadonlyMap<string, string>> {
  const listed = await keys.store.list().catch(() => [])
  const oldestFirst = [...listed].sort((a, b) => (a.record.createdAt ?? '').localeCompare(b.record.createdAt ?? ''))
  const own = [['deployment', 'HUGWAY_API_KEY'] as const, ['console', 'console'] as const]
  return new Map([...own, ...oldestFirst.map(({ record }) => [record.lineage ?? record.id, record.name] as const)])
}

export const NO_USAGE: UsageSums = {
  requests: 0,
  failed: 0,
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  reasoningTokens: 0,
  costNanoUsd: 0,
  costUsd: 0,
  estimated: 0,
  unpriced: 0,
}

/** Sums of a ledger, as they are told. */
export function toSums(row: LedgerSums): UsageSums {
  const { requests, failed, promptTokens, completionTokens, cachedTokens, reasoningTokens } = row
  const { costNanoUsd, estimated, unpriced } = row
  const tokens = { promptTokens, completionTokens, cachedTokens, reasoningTokens }
  return { requests, failed, ...tokens, costNanoUsd, costUsd: toUsd(costNanoUsd), estimated, unpriced }
}

function toRow(row: UsageSumsRow, project: string | undefined, names: ReadonlyMap<string, string>): UsageRow {
  const { day, key, model, provider, surface, user } = row
  const keyName = key === undefined ? undefined : names.get(key)
  return {
    ...(day !== undefined && { day: new Date(day * DAY_MS).toISOString().slice(0, 10) }),
    ...(project !== undefined && { project }),
    ...(key !== undefined && { key }),
    ...(keyName !== undefined && { keyName }),
    ...(model !== undefined && { model }),
    ...(provider !== undefined && { provider }),
    ...(surface !== undefined && { surface }),
    ...(user !== undefined && { user }),
    ...toSums(row),
  }
}

/** Rows of several projects that have their dimensions in common are one. */
function mergeRows(rows: readonly UsageRow[]): UsageRow[] {
  const merged = new Map<string, UsageRow>()
  for (const row of rows) {
    const { day, key, model, provider, surface, user } = row
    const place = JSON.stringify([day, key, model, provider, surface, user])
    const known = merged.get(place)
    merged.set(place, known ? { ...row, ...addSums(known, row) } : row)
  }
  return [...merged.values()]
}

function addSums(a: UsageSums, b: UsageSums): UsageSums {
  const costNanoUsd = a.costNanoUsd + b.costNanoUsd
  return {
    requests: a.requests + b.requests,
    failed: a.failed + b.failed,
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    costNanoUsd,
    costUsd: toUsd(costNanoUsd),
    estimated: a.estimated + b.estimated,
    unpriced: a.unpriced + b.unpriced,
  }
}
