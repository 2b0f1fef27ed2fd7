import type { RateStand, ScopeBounds } from '../core/limits/exchange.ts'
import { type Histogram, NO_TIMES } from '../core/limits/histogram.ts'
import type {
  BookedRequest,
  KeyUse,
  LedgerQuery,
  LedgerReport,
  ScopeStand,
  UsageColumn,
  UsageSumsRow,
} from '../core/limits/ledger-report.ts'
import { keyOfScope, type LedgerRows } from '../core/limits/ledger-rows.ts'
import { periodOf } from '../core/limits/period.ts'
import { availableUnits, untilFullMs } from '../core/limits/rate.ts'
import { SUMS, type SumColumns, sumsOf, unbookedBetween } from './sql-ledger.ts'
import { tellMetrics } from './sql-metrics.ts'

const HOUR_MS = 3_600_000
const MOST_ROWS = 5_000

/** Answers those who look at a project's ledger. */
export function answerQuery(sql: SqlStorage, rows: LedgerRows, query: LedgerQuery, nowMs: number): LedgerReport {
  switch (query.kind) {
    case 'usage':
      return { usage: { ...usageOf(sql, query), unbooked: unbookedBetween(sql, query.from, query.to) } }
    case 'requests':
      return { requests: requestsOf(sql, query) }
    case 'stands':
      return { stands: query.bounds.map((bounds) => standOfScope(rows, bounds, nowMs)) }
    case 'keys':
      return { keys: keyUses(sql) }
    case 'metrics':
      return { metrics: tellMetrics(sql, nowMs) }
  }
}

/** The one list of what may be grouped by: nothing of a request becomes a part of a statement. */
const COLUMNS: Record<UsageColumn, string> = {
  hour: 'hour',
  day: 'hour / 24',
  key: 'key_id',
  model: 'model',
  provider: 'provider',
  surface: 'surface',
  user: 'user',
}

type Grouped = Record<string, string | number>

type UsageQuery = Extract<LedgerQuery, { kind: 'usage' }>

/** Rows by what was asked; where they are too many, the dearest, with the sum of all. */
function usageOf(sql: SqlStorage, query: UsageQuery): Pick<NonNullable<LedgerReport['usage']>, 'rows' | 'total'> {
  const most = Math.min(query.most ?? MOST_ROWS, MOST_ROWS)
  const rows = sumRollups(sql, query, most + 1)
  if (rows.length <= most) return { rows }
  const [total] = sumRollups(sql, { ...query, by: [] }, 1)
  return { rows: rows.slice(0, most), ...(total && { total }) }
}

function sumRollups(sql: SqlStorage, query: UsageQuery, most: number): readonly UsageSumsRow[] {
  const by = query.by.filter((name) => name in COLUMNS)
  const named = by.map((name) => `${COLUMNS[name]} AS "${name}"`)
  const summed = SUMS.split(', ').map((name) => `SUM(${name}) AS ${name}`)
  const failed = `SUM(CASE WHEN end = 'whole' THEN 0 ELSE requests END) AS failed`
  const times = query.times ? TIMES : []
  const of = query.keyId === undefined ? '' : 'AND key_id = ?'
  const group =
    by.length > 0 ? `GROUP BY ${by.map((name) => COLUMNS[name]).join()} ORDER BY cost DESC, requests DESC` : ''
  const text = `SELECT ${[...named, ...summed, failed, ...times].join()} FROM rollups WHERE hour >= ? AND hour < ? ${of} ${group} LIMIT ${most}`
  const values = [query.from / HOUR_MS, query.to / HOUR_MS, ...(query.keyId === undefined ? [] : [query.keyId])]
  return sql
    .exec<Grouped>(text, ...values)
    .toArray()
    .filter(({ requests }) => requests !== null)
    .map((row) => ({
      ...dimensionsOf(row, by),
      ...sumsOf(row as unknown as SumColumns & { failed: number }),
      ...(query.times && { firstToken: histogramOf(row, 'first'), duration: histogramOf(row, 'whole') }),
    }))
}

/** The parts of both histograms, summed by the database: {@link histogramOf} puts them together again. */
const TIMES: readonly string[] = [
  ...timeColumns('first', 'first_token'),
  ...timeColumns('whole', `CASE WHEN end = 'whole' THEN duration END`),
]

function timeColumns(name: string, column: string): readonly string[] {
  const counts = NO_TIMES.counts.map((_, at) => `SUM(json_extract(${column}, '$.counts[${at}]')) AS ${name}_${at}`)
  return [...counts, `SUM(json_extract(${column}, '$.sumMs')) AS ${name}_sum`]
}

/** A sum over no row is `null`. */
function histogramOf(row: Grouped, name: string): Histogram {
  return {
    counts: NO_TIMES.counts.map((_, at) => Number(row[`${name}_${at}`] ?? 0)),
    sumMs: Number(row[`${name}_sum`] ?? 0),
  }
}

function dimensionsOf(row: Grouped, by: readonly UsageColumn[]): Partial<UsageSumsRow> {
  return Object.fromEntries(by.map((name) => [name, row[name]]))
}

function requestsOf(sql: SqlStorage, query: Extract<LedgerQuery, { kind: 'requests' }>): readonly BookedRequest[] {
  const conditions: string[] = []
  const values: (string | number)[] = []
  const where = (condition: string, ...of: (string | number)[]) => {
    conditions.push(condition)
    values.push(...of)
  }
  if (query.before) where('(at < ? OR (at = ? AND id < ?))', query.before.at, query.before.at, query.before.id)
  if (query.keyId !== undefined) where('key_id = ?', query.keyId)
  if (query.model !== undefined) where('model = ?', query.model)
  if (query.end !== undefined) where('end = ?', query.end)
  const text = `SELECT facts FROM events ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''} ORDER BY at DESC, id DESC LIMIT ?`
  return sql
    .exec<{ facts: string }>(text, ...values, query.limit)
    .toArray()
    .map(({ facts }) => JSON.parse(facts))
}

function standOfScope(rows: LedgerRows, { scope, budget, limits }: ScopeBounds, nowMs: number): ScopeStand {
  const keyId = keyOfScope(scope)
  const rates: RateStand[] = []
  for (const [what, limit] of [
    ['requests', limits?.requestsPerMinute],
    ['tokens', limits?.tokensPerMinute],
  ] as const) {
    if (limit === undefined) continue
    const fullAt = rows.rate(scope, what)
    const remaining = Math.max(0, availableUnits(fullAt, limit, nowMs))
    rates.push({ what, limit, remaining, fullInMs: Math.ceil(untilFullMs(fullAt, nowMs)) })
  }
  const rest = { scope, rates, running: rows.slots(keyId, nowMs) }
  if (!budget) return { ...rest, spentNanoUsd: 0, heldNanoUsd: 0 }
  const { id, startAt, endAt } = periodOf(budget.per, budget.timeZone, nowMs)
  const account = rows.account(scope, id)
  const { openNanoUsd, lostNanoUsd } = rows.held(keyId, startAt, endAt, nowMs)
  return {
    ...rest,
    spentNanoUsd: account?.spentNanoUsd ?? rows.spentSince(keyId, startAt),
    heldNanoUsd: openNanoUsd + lostNanoUsd + (account?.lostNanoUsd ?? 0),
    ...(endAt < Number.MAX_SAFE_INTEGER && { resetsAt: endAt }),
  }
}

function keyUses(sql: SqlStorage): readonly KeyUse[] {
  return sql
    .exec<{ keyId: string; lastUsedAt: number; costNanoUsd: number; requests: number }>(
      `SELECT key_id AS keyId, MAX(last_at) AS lastUsedAt, SUM(cost) AS costNanoUsd, SUM(requests) AS requests
        FROM rollups GROUP BY key_id LIMIT ${MOST_ROWS}`,
    )
    .toArray()
}
