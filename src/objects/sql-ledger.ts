import { readMeta, writeMeta } from './schema.ts'
import { addUp, SUM_COLUMNS, SUMS, type SumColumns } from './sum-columns.ts'

const HOUR_MS = 3_600_000
const FOLDED_HOUR = 'folded_hour'

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
  const columns = [...place, ...SUM_COLUMNS.map((column) => sum[column]), sum.first_token, sum.duration]
  sql.exec(`INSERT OR REPLACE INTO totals VALUES (${columns.map(() => '?').join()})`, ...columns)
}

/** The hour up to which the totals go. */
export const foldedHour = (sql: SqlStorage) => readMeta(sql, FOLDED_HOUR) ?? 0
