import type { Booking } from '../core/limits/exchange.ts'
import { type Histogram, NO_TIMES, withTime } from '../core/limits/histogram.ts'
import { countRow, type HourRows, hasRoom, placesFor } from './hour-rows.ts'
import { foldedHour } from './sql-ledger.ts'
import { addSums, type ColumnSums, noSums, SUM_COLUMNS, SUMS, type SumColumns, timesOf } from './sum-columns.ts'

/** Books completions in `events`, one row each, and in the roll-ups of the hour in which they are booked. */
export type SqlBookings = {
  /** @returns `false`, and nothing done, where its id is known. */
  add(booking: Booking, nowMs: number): boolean
  /** Writes the roll-ups that were changed, each once: the records of a call have most of them in common. */
  flush(): void
}

const HOUR_MS = 3_600_000
/** Stands for models that no list has and that never answered: anybody can make one up. */
const UNLISTED = 'unlisted'

type Place = readonly [
  hour: number,
  key: string,
  model: string,
  provider: string,
  surface: string,
  end: string,
  user: string,
]
type Rollup = {
  readonly place: Place
  readonly sums: ColumnSums
  lastAt: number
  firstToken: Histogram
  duration: Histogram
}

/** @param hourRows How many roll-ups keys have made: a key that makes up names has a bound. */
export function createSqlBookings(sql: SqlStorage, hourRows: HourRows): SqlBookings {
  const rollups = new Map<string, Rollup>()
  let folded: number | undefined
  const hourOf = (nowMs: number) => {
    folded ??= foldedHour(sql)
    // An hour that went into the totals is closed, also for a clock that was set back.
    return Math.max(Math.floor(nowMs / HOUR_MS), folded + 1)
  }
  const rollupOf = (place: Place, isAllowed: () => boolean) => {
    const name = JSON.stringify(place)
    const known = rollups.get(name) ?? readRollup(sql, place)
    if (!known && !isAllowed()) return undefined
    if (!known) countRow(hourRows, place[1])
    const rollup = known ?? { place, sums: noSums(), lastAt: 0, firstToken: NO_TIMES, duration: NO_TIMES }
    rollups.set(name, rollup)
    return rollup
  }
  const addToRollup = (booking: Counted, nowMs: number) => {
    const hour = hourOf(nowMs)
    const { keyId, model, provider, surface, end, user } = booking
    for (const [index, at] of placesFor({ model: model ?? '', user: user ?? '' }).entries()) {
      const place: Place = [hour, keyId, at.model, provider ?? '', surface, end, at.user]
      const rollup = rollupOf(place, () => hasRoom(sql, hourRows, hour, keyId, index))
      if (rollup) return count(rollup, booking)
    }
    throw new Error('there is always room for others')
  }
  return {
    add(booking, nowMs) {
      if (!addEvent(sql, booking)) return false
      const unused = booking.unused ?? []
      const ofUnused = unused.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0)
      const own = booking.costNanoUsd === null ? null : booking.costNanoUsd - ofUnused
      const counted = booking.isUnlisted ? { ...booking, model: UNLISTED } : booking
      addToRollup({ ...counted, costNanoUsd: own, requests: 1 }, nowMs)
      // What was paid in vain stands under whom it was paid to, and is no request of its own.
      for (const call of unused) addToRollup({ ...booking, ...NOT_COUNTED, ...call }, nowMs)
      return true
    },
    flush() {
      for (const rollup of rollups.values()) writeRollup(sql, rollup)
      rollups.clear()
    },
  }
}

type Counted = Omit<Booking, 'durationMs'> & { readonly requests: number; readonly durationMs: number | null }

const NOT_COUNTED = {
  requests: 0,
  cachedTokens: 0,
  reasoningTokens: 0,
  isEstimated: false,
  firstTokenMs: null,
  durationMs: null,
}

function addEvent(sql: SqlStorage, booking: Booking): boolean {
  const { leaseId: _lease, reserved: _reserved, tokenRates: _rates, budgets: _budgets, ...facts } = booking
  const { startedAt, id, keyId, model, end } = booking
  const columns = [startedAt, id, keyId, model ?? '', end, JSON.stringify(facts)]
  return sql.exec('INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)', ...columns).rowsWritten > 0
}

function readRollup(sql: SqlStorage, place: Place): Rollup | undefined {
  const [row] = sql
    .exec<SumColumns & { last_at: number }>(
      `SELECT ${SUMS}, last_at, first_token, duration FROM rollups WHERE hour = ? AND key_id = ? AND model = ?
        AND provider = ? AND surface = ? AND end = ? AND user = ?`,
      ...place,
    )
    .toArray()
  if (!row) return undefined
  const { last_at: lastAt, first_token: firstToken, duration, ...sums } = row
  return { place, sums, lastAt, firstToken: timesOf(firstToken), duration: timesOf(duration) }
}

function count(rollup: Rollup, booking: Counted): void {
  const isUnpriced = booking.costNanoUsd === null && booking.promptTokens + booking.completionTokens > 0
  addSums(rollup.sums, {
    ...booking,
    costNanoUsd: booking.costNanoUsd ?? 0,
    estimated: booking.isEstimated ? 1 : 0,
    unpriced: isUnpriced ? 1 : 0,
  })
  rollup.lastAt = Math.max(rollup.lastAt, booking.startedAt)
  rollup.firstToken = withTime(rollup.firstToken, booking.firstTokenMs)
  rollup.duration = withTime(rollup.duration, booking.durationMs)
}

function writeRollup(sql: SqlStorage, { place, sums, lastAt, firstToken, duration }: Rollup): void {
  const columns = SUM_COLUMNS.map((column) => sums[column])
  const values = [...place, ...columns, lastAt, JSON.stringify(firstToken), JSON.stringify(duration)]
  sql.exec(`INSERT OR REPLACE INTO rollups VALUES (${values.map(() => '?').join()})`, ...values)
}
