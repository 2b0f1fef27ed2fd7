import type { Booking } from '../core/limits/exchange.ts'
import { type Histogram, mergeTimes, NO_TIMES, withTime } from '../core/limits/histogram.ts'
import type { LedgerSums } from '../core/limits/ledger-report.ts'
import { countRow, type HourRows, hasRoom, placesFor } from './hour-rows.ts'
import { readMeta, writeMeta } from './schema.ts'

const HOUR_MS = 3_600_000
const FOLDED_HOUR = 'folded_hour'
/** Stands for models that no list has and that never answered: anybody can make one up. */
const UNLISTED = 'unlisted'

/** The sums of a roll-up or a total, as they stand in the table. */
export type SumColumns = {
  requests: number
  prompt: number
  completion: number
  cached: number
  reasoning: number
  cost: number
  estimated: number
  unpriced: number
  first_token: string
  duration: string
}

export const SUMS = 'requests, prompt, completion, cached, reasoning, cost, estimated, unpriced'

/**
 * Books a completion, in `events` and in the roll-up of the hour in which it is booked.
 *
 * @returns `false`, and nothing done, where its id is known.
 */
export function addToLedger(sql: SqlStorage, rows: HourRows, booking: Booking, nowMs: number): boolean {
  const { leaseId: _lease, reserved: _reserved, tokenRates: _rates, ...facts } = booking
  const { startedAt, id, keyId, model, end } = booking
  const columns = [startedAt, id, keyId, model ?? '', end, JSON.stringify(facts)]
  const cursor = sql.exec('INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)', ...columns)
  if (cursor.rowsWritten === 0) return false
  const unused = booking.unused ?? []
  const ofUnused = unused.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0)
  const own = booking.costNanoUsd === null ? null : booking.costNanoUsd - ofUnused
  const counted = booking.isUnlisted ? { ...booking, model: UNLISTED } : booking
  addToRollup(sql, rows, { ...counted, costNanoUsd: own, requests: 1 }, nowMs)
  // What was paid in vain stands under whom it was paid to, and is no request of its own.
  const none = {
    requests: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    isEstimated: false,
    firstTokenMs: null,
    durationMs: null,
  }
  for (const call of unused) addToRollup(sql, rows, { ...booking, ...none, ...call }, nowMs)
  return true
}

type Counted = Omit<Booking, 'durationMs'> & { readonly requests: number; readonly durationMs: number | null }

function addToRollup(sql: SqlStorage, rows: HourRows, booking: Counted, nowMs: number): void {
  // An hour that went into the totals is closed, also for a clock that was set back.
  const hour = Math.max(Math.floor(nowMs / HOUR_MS), (readMeta(sql, FOLDED_HOUR) ?? 0) + 1)
  const { place, known } = placeOf(sql, rows, hour, booking)
  const isUnpriced = booking.costNanoUsd === null && booking.promptTokens + booking.completionTokens > 0
  const sums = [
    (known?.requests ?? 0) + booking.requests,
    (known?.prompt ?? 0) + booking.promptTokens,
    (known?.completion ?? 0) + booking.completionTokens,
    (known?.cached ?? 0) + booking.cachedTokens,
    (known?.reasoning ?? 0) + booking.reasoningTokens,
    (known?.cost ?? 0) + (booking.costNanoUsd ?? 0),
    (known?.estimated ?? 0) + (booking.isEstimated ? 1 : 0),
    (known?.unpriced ?? 0) + (isUnpriced ? 1 : 0),
    Math.max(known?.last_at ?? 0, booking.startedAt),
    JSON.stringify(withTime(timesOf(known?.first_token), booking.firstTokenMs)),
    JSON.stringify(withTime(timesOf(known?.duration), booking.durationMs)),
  ]
  const values = Array.from({ length: place.length + sums.length }, () => '?').join()
  sql.exec(`INSERT OR REPLACE INTO rollups VALUES (${values})`, ...place, ...sums)
}

type Rollup = { readonly place: readonly (string | number)[]; readonly known: KnownRollup | undefined }
type KnownRollup = SumColumns & { last_at: number }

/** The roll-up that a completion is counted in, and what it holds so far. */
function placeOf(sql: SqlStorage, rows: HourRows, hour: number, booking: Counted): Rollup {
  const { keyId, model, provider, surface, end, user } = booking
  for (const [index, at] of placesFor({ model: model ?? '', user: user ?? '' }).entries()) {
    const place = [hour, keyId, at.model, provider ?? '', surface, end, at.user]
    const known = sql
      .exec<KnownRollup>(
        `SELECT ${SUMS}, last_at, first_token, duration FROM rollups WHERE hour = ? AND key_id = ? AND model = ?
          AND provider = ? AND surface = ? AND end = ? AND user = ?`,
        ...place,
      )
      .toArray()[0]
    if (known) return { place, known }
    if (!hasRoom(sql, rows, hour, keyId, index)) continue
    countRow(rows, keyId)
    return { place, known }
  }
  throw new Error('there is always room for others')
}

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
  const columns = [sum.requests, sum.prompt, sum.completion, sum.cached, sum.reasoning, sum.cost, sum.estimated]
  const values = Array.from({ length: 14 }, () => '?').join()
  const rest = [sum.unpriced, sum.first_token, sum.duration]
  sql.exec(`INSERT OR REPLACE INTO totals VALUES (${values})`, ...place, ...columns, ...rest)
}

/** The sums of two rows. */
export function addUp(a: SumColumns | undefined, b: SumColumns): SumColumns {
  if (!a) return b
  return {
    requests: a.requests + b.requests,
    prompt: a.prompt + b.prompt,
    completion: a.completion + b.completion,
    cached: a.cached + b.cached,
    reasoning: a.reasoning + b.reasoning,
    cost: a.cost + b.cost,
    estimated: a.estimated + b.estimated,
    unpriced: a.unpriced + b.unpriced,
    first_token: JSON.stringify(mergeTimes(timesOf(a.first_token), timesOf(b.first_token))),
    duration: JSON.stringify(mergeTimes(timesOf(a.duration), timesOf(b.duration))),
  }
}

/** The hour up to which the totals go. */
export const foldedHour = (sql: SqlStorage) => readMeta(sql, FOLDED_HOUR) ?? 0

export function timesOf(text: string | undefined): Histogram {
  return text === undefined ? NO_TIMES : JSON.parse(text)
}

/** Sums as they are told. */
export function sumsOf(row: SumColumns & { readonly failed: number }): LedgerSums {
  return {
    requests: row.requests,
    failed: row.failed,
    promptTokens: row.prompt,
    completionTokens: row.completion,
    cachedTokens: row.cached,
    reasoningTokens: row.reasoning,
    costNanoUsd: row.cost,
    estimated: row.estimated,
    unpriced: row.unpriced,
  }
}
