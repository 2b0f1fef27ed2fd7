import { type Histogram, mergeTimes, NO_TIMES } from '../core/limits/histogram.ts'
import { type LedgerSums, type SumName, sumsBy } from '../core/limits/ledger-report.ts'
import { readMeta, writeMeta } from './schema.ts'

const HOUR_MS = 3_600_000
const FOLDED_HOUR = 'folded_hour'

/** The column of each sum, in the order of the tables; `failed` shows by the end of a row. */
const COLUMN_OF = {
  requests: 'requests',
  promptTokens: 'prompt',
  completionTokens: 'completion',
  cachedTokens: 'cached',
  reasoningTokens: 'reasoning',
  costNanoUsd: 'cost',
  estimated: 'estimated',
  unpriced: 'unpriced',
} as const satisfies Record<Exclude<SumName, 'failed'>, string>

const COLUMNS = Object.values(COLUMN_OF)

/** The sums of a roll-up or a total, as they stand in the table. */
export type SumColumns = { [Column in (typeof COLUMNS)[number]]: number } & { first_token: string; duration: string }

export const SUMS = COLUMNS.join(', ')

/** What was booked since then, whole hours: a budget that begins in the middle of one counts a little more, never less. */
export function spentSince(sql: SqlStorage, keyId: string | undefined, startAtMs: number): number {
  const of = keyId === undefined ? '' : 'AND key_id = ?'
  const query = `SELECT COALESCE(SUM(cost), 0) AS spent FROM rollups WHERE hour >= ? ${of}`
  const hour = Math.floor(startAtMs / HOUR_MS)
  return sql.exec<{ spent: number }>(query, hour, ...(keyId === undefined ? [] : [keyId])).one().spent
}

/** Counts completions of which no record came. */
export function addGap(sql: SqlStorage, count: number, nowMs: number): void {
  const hour = Math.floor(nowMs / HOUR_MS)
  sql.exec(
    'INSERT INTO gaps VALUES (?, ?) ON CONFLICT (hour) DO UPDATE SET count = count + excluded.count',
    hour,
    count,
  )
}

/** How many completions could not be booked. */
export function unbookedBetween(sql: SqlStorage, from: number, to: number): number {
  const query = 'SELECT COALESCE(SUM(count), 0) AS count FROM gaps WHERE hour >= ? AND hour < ?'
  return sql.exec<{ count: number }>(query, Math.floor(from / HOUR_MS), Math.ceil(to / HOUR_MS)).one().count
}

type TotalColumns = SumColumns & { model: string; provider: string; surface: string; end: string }

/**
 * Adds the hours that are over to the totals, so that a scrape does not read the roll-ups of years. What is booked later is
 * booked in a later hour.
 */
export function foldHours(sql: SqlStorage, nowMs: number): void {
  const last = Math.floor(nowMs / HOUR_MS) - 1
  const folded = readMeta(sql, FOLDED_HOUR) ?? 0
  if (last <= folded) return
  const rows = sql
    .exec<TotalColumns>(
      `SELECT model, provider, surface, end, ${SUMS}, first_token, duration FROM rollups WHERE hour > ? AND hour <= ?`,
      folded,
      last,
    )
    .toArray()
  for (const row of rows) addToTotal(sql, row)
  writeMeta(sql, FOLDED_HOUR, last)
}

function addToTotal(sql: SqlStorage, row: TotalColumns): void {
  const place = [row.model, row.provider, row.surface, row.end]
  const known = sql
    .exec<SumColumns>(
      `SELECT ${SUMS}, first_token, duration FROM totals WHERE model = ? AND provider = ? AND surface = ? AND end = ?`,
      ...place,
    )
    .toArray()[0]
  const sum = addUp(known, row)
  const columns = [...place, ...COLUMNS.map((column) => sum[column]), sum.first_token, sum.duration]
  sql.exec(`INSERT OR REPLACE INTO totals VALUES (${columns.map(() => '?').join()})`, ...columns)
}

/** The sums of two rows. */
export function addUp(a: SumColumns | undefined, b: SumColumns): SumColumns {
  if (!a) return b
  const sum: SumColumns = {
    ...a,
    first_token: JSON.stringify(mergeTimes(timesOf(a.first_token), timesOf(b.first_token))),
    duration: JSON.stringify(mergeTimes(timesOf(a.duration), timesOf(b.duration))),
  }
  for (const column of COLUMNS) sum[column] += b[column]
  return sum
}

/** The hour up to which the totals go. */
export const foldedHour = (sql: SqlStorage) => readMeta(sql, FOLDED_HOUR) ?? 0

export function timesOf(text: string | undefined): Histogram {
  return text === undefined ? NO_TIMES : JSON.parse(text)
}

/** Sums as they are told. */
export function sumsOf(row: SumColumns & { readonly failed: number }): LedgerSums {
  return sumsBy((name) => (name === 'failed' ? row.failed : row[COLUMN_OF[name]]))
}
