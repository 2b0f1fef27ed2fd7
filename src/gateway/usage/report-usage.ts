import type { Config } from '../../core/config/config.ts'
import { DEFAULT_PROJECT } from '../../core/identity/caller.ts'
import { type Histogram, mergeTimes, NO_TIMES, quantileOf } from '../../core/limits/histogram.ts'
import {
  type LedgerQuery,
  type LedgerReport,
  type LedgerSums,
  NO_SUMS,
  sumsBy,
  type UsageColumn,
  type UsageSumsRow,
} from '../../core/limits/ledger-report.ts'
import { toUsd } from '../../core/limits/money.ts'
import type { LedgerClient } from '../../objects/ledger-client.ts'
import type {
  TimeQuantiles,
  UsageDimension,
  UsageReport,
  UsageRow,
  UsageSums,
  UsageTimes,
} from '../../wire/admin/usage.ts'
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

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Rows of a report: what a page or a table can still hold. */
const MOST_ROWS = 5_000
/** Objects that are asked at once. */
const AT_ONCE = 6

/**
 * Sums what was used, over the projects that there are. One whose ledger does not answer is named. Of too many rows the
 * dearest are told.
 */
export async function reportUsage(deps: UsageDeps, config: Config, question: UsageQuestion): Promise<UsageReport> {
  const { from, to, by, project, keyId } = question
  const names = by.includes('key') ? await keyNames(deps) : new Map<string, string>()
  const columns = by.filter((name): name is UsageColumn => name !== 'project')
  const bounds = { times: true, most: MOST_ROWS, ...(keyId !== undefined && { keyId }) }
  const query: LedgerQuery = { kind: 'usage', from, to, by: columns, ...bounds }
  const reports = await askProjects(deps, config, project, query)
  const rows = reports.flatMap(({ id, report }) =>
    (report?.usage?.rows ?? []).map((row) => (by.includes('project') ? { ...row, project: id } : row)),
  )
  const merged = mergeRows(rows).sort((a, b) => b.costNanoUsd - a.costNanoUsd)
  const shown = merged.slice(0, MOST_ROWS)
  const totals = reports.flatMap(({ report: { usage } = {} }) => usage?.total ?? usage?.rows ?? [])
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    by,
    rows: shown.sort((a, b) => timeOf(a) - timeOf(b)).map((row) => toRow(row, names)),
    total: toTotal(totals.reduce<UsageSumsRow>(addRows, NO_SUMS)),
    truncated: shown.length < merged.length || reports.some(({ report }) => report?.usage?.total !== undefined),
    untimed: reports.some(({ report }) => report?.usage?.isUntimed === true),
    unbooked: reports.reduce((sum, { report }) => sum + (report?.usage?.unbooked ?? 0), 0),
    unavailable: reports.filter(({ report }) => !report).map(({ id }) => id),
  }
}

const timeOf = ({ hour, day }: UsageSumsRow) => (hour ?? (day ?? 0) * 24) * HOUR_MS

/** Asks every project's ledger, or that of one alone, some at a time. */
export async function askProjects(
  { client, keys }: UsageDeps,
  config: Config,
  only: string | undefined,
  query: LedgerQuery,
): Promise<readonly ProjectReport[]> {
  return askEach(client, only === undefined ? await projectIds({ keys }, config) : [only], query)
}

export type ProjectReport = { readonly id: string; readonly report: LedgerReport | undefined }

/** Asks the ledgers of these projects, some at a time. */
export async function askEach(
  client: LedgerClient,
  ids: readonly string[],
  query: LedgerQuery,
): Promise<readonly ProjectReport[]> {
  const reports: { id: string; report: LedgerReport | undefined }[] = []
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE)
    const answers = await Promise.all(some.map(async (id) => ({ id, report: await client.report(id, query) })))
    reports.push(...answers)
  }
  return reports
}

/** The projects that the configuration names, and those that keys are still in. */
export async function projectIds({ keys }: Pick<UsageDeps, 'keys'>, config: Config): Promise<readonly string[]> {
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

/** Sums of a ledger, as they are told. */
export function toSums(row: LedgerSums): UsageSums {
  return { ...sumsBy((name) => row[name]), costUsd: toUsd(row.costNanoUsd) }
}

/** A row of one project's ledger, or of several. */
type Row = UsageSumsRow & { readonly project?: string }

function toRow(row: Row, names: ReadonlyMap<string, string>): UsageRow {
  const { hour, day, project, key, model, provider, surface, user } = row
  const keyName = key === undefined ? undefined : names.get(key)
  return {
    ...(hour !== undefined && { hour: new Date(hour * HOUR_MS).toISOString().replace('.000Z', 'Z') }),
    ...(day !== undefined && { day: new Date(day * DAY_MS).toISOString().slice(0, 10) }),
    ...(project !== undefined && { project }),
    ...(key !== undefined && { key }),
    ...(keyName !== undefined && { keyName }),
    ...(model !== undefined && { model }),
    ...(provider !== undefined && { provider }),
    ...(surface !== undefined && { surface }),
    ...(user !== undefined && { user }),
    ...toTotal(row),
  }
}

const toTotal = (row: UsageSumsRow): UsageSums & UsageTimes => ({
  ...toSums(row),
  firstTokenMs: quantilesOf(row.firstToken),
  durationMs: quantilesOf(row.duration),
})

const quantilesOf = (times: Histogram = NO_TIMES): TimeQuantiles => ({
  p50: quantileOf(times, 0.5) ?? null,
  p95: quantileOf(times, 0.95) ?? null,
})

/** Rows of several projects that have their dimensions in common are one. */
function mergeRows(rows: readonly Row[]): Row[] {
  const merged = new Map<string, Row>()
  for (const row of rows) {
    const { hour, day, project, key, model, provider, surface, user } = row
    const place = JSON.stringify([hour, day, project, key, model, provider, surface, user])
    const known = merged.get(place)
    merged.set(place, known ? addRows(known, row) : row)
  }
  return [...merged.values()]
}

/** The sums of both, of the dimensions of the second. */
function addRows(a: UsageSumsRow, b: UsageSumsRow): UsageSumsRow {
  return {
    ...b,
    ...sumsBy((name) => a[name] + b[name]),
    firstToken: mergeTimes(a.firstToken ?? NO_TIMES, b.firstToken ?? NO_TIMES),
    duration: mergeTimes(a.duration ?? NO_TIMES, b.duration ?? NO_TIMES),
  }
}
