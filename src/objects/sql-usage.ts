import { type Histogram, mergeTimes, NO_TIMES, sumTimes } from '../core/limits/histogram.ts'
import type { LedgerQuery, LedgerReport, RowTimes, UsageColumn, UsageSumsRow } from '../core/limits/ledger-report.ts'
import { SUM_COLUMNS, type SumColumns, sumsOf } from './sum-columns.ts'

const HOUR_MS = 3_600_000
const MOST_ROWS = 5_000
/** Roll-ups whose times are read for one answer. While they are read, all other calls of the object wait. */
const MOST_TIMED = 100_000

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

type Grouped = Record<string, string | number | null>

type UsageQuery = Extract<LedgerQuery, { kind: 'usage' }>

/** Rows by what was asked; where they are too many, the dearest, with the sum of all. */
export function tellUsage(sql: SqlStorage, query: UsageQuery): Omit<NonNullable<LedgerReport['usage']>, 'unbooked'> {
  const most = Math.min(query.most ?? MOST_ROWS, MOST_ROWS)
  const found = sumRollups(sql, query, most + 1)
  const ofAll = { ...query, by: [] }
  const totals = found.length > most ? sumRollups(sql, ofAll, 1) : []
  const isTimed = query.times === true && countRollups(sql, query) <= MOST_TIMED
  const [total] = isTimed ? withTimes(sql, ofAll, totals) : totals
  const rows = found.slice(0, most)
  return {
    rows: isTimed ? withTimes(sql, query, rows) : rows,
    ...(total && { total }),
    ...(query.times && !isTimed && { isUntimed: true }),
  }
}

function sumRollups(sql: SqlStorage, query: UsageQuery, most: number): readonly UsageSumsRow[] {
  const by = columnsOf(query)
  const summed = SUM_COLUMNS.map((name) => `SUM(${name}) AS ${name}`)
  const failed = `SUM(CASE WHEN end = 'whole' THEN 0 ELSE requests END) AS failed`
  const group =
    by.length > 0 ? `GROUP BY ${by.map((name) => COLUMNS[name]).join()} ORDER BY cost DESC, requests DESC` : ''
  return exec(sql, query, [...named(by), ...summed, failed], `${group} LIMIT ${most}`)
    .toArray()
    .filter(({ requests }) => requests !== null)
    .map((row) => ({ ...dimensionsOf(row, by), ...sumsOf(row as unknown as SumColumns & { failed: number }) }))
}

function countRollups(sql: SqlStorage, query: UsageQuery): number {
  return Number(exec(sql, query, ['COUNT(*) AS count'], '').one()['count'])
}

/**
 * The rows with the times of their roll-ups. These are texts of JSON: an hour's of a row are read as one, which costs a fifth
 * of what the database's own functions take for it, and never holds more than that hour's.
 */
function withTimes(sql: SqlStorage, query: UsageQuery, rows: readonly UsageSumsRow[]): readonly UsageSumsRow[] {
  const by = columnsOf(query)
  const placeOf = (row: Partial<Record<UsageColumn, unknown>>) => JSON.stringify(by.map((name) => row[name]))
  const times = new Map(rows.map((row) => [placeOf(row), NONE]))
  const texts = [
    'GROUP_CONCAT(first_token) AS first_tokens',
    `GROUP_CONCAT(CASE WHEN end = 'whole' THEN duration END) AS durations`,
  ]
  const group = `GROUP BY ${['hour', ...by.map((name) => COLUMNS[name])].join()}`
  for (const row of exec(sql, query, [...named(by), ...texts], group)) {
    const place = placeOf(row)
    const known = times.get(place)
    if (!known) continue
    const { firstToken, duration } = known
    times.set(place, {
      firstToken: addTexts(firstToken, row['first_tokens']),
      duration: addTexts(duration, row['durations']),
    })
  }
  return rows.map((row) => ({ ...row, ...times.get(placeOf(row)) }))
}

const NONE: Required<RowTimes> = { firstToken: NO_TIMES, duration: NO_TIMES }

/** @param texts Histograms as JSON, with commas between them; `null` of none. */
function addTexts(times: Histogram, texts: unknown): Histogram {
  if (typeof texts !== 'string') return times
  const all: readonly Histogram[] = JSON.parse(`[${texts}]`)
  return mergeTimes(times, sumTimes(all))
}

/** Reads the roll-ups of the time and the key that were asked for. */
function exec(sql: SqlStorage, query: UsageQuery, columns: readonly string[], rest: string): SqlStorageCursor<Grouped> {
  const of = query.keyId === undefined ? '' : 'AND key_id = ?'
  const values = [query.from / HOUR_MS, query.to / HOUR_MS, ...(query.keyId === undefined ? [] : [query.keyId])]
  const text = `SELECT ${columns.join()} FROM rollups WHERE hour >= ? AND hour < ? ${of} ${rest}`
  return sql.exec<Grouped>(text, ...values)
}

const columnsOf = ({ by }: UsageQuery) => by.filter((name) => name in COLUMNS)
const named = (by: readonly UsageColumn[]) => by.map((name) => `${COLUMNS[name]} AS "${name}"`)

function dimensionsOf(row: Grouped, by: readonly UsageColumn[]): Partial<UsageSumsRow> {
  return Object.fromEntries(by.map((name) => [name, row[name]]))
}
