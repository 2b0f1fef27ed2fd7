import type { CompletionEnd, Surface } from '../core/completion-record.ts'
import type { LedgerReport, MetricsRow } from '../core/limits/ledger-report.ts'
import { foldedHour, foldHours, unbookedBetween } from './sql-ledger.ts'
import { addUp, SUMS, type SumColumns, sumsOf, timesOf } from './sum-columns.ts'

/** A scrape every 15 seconds must not eat a free plan: isolates keep what they were told so long. */
const KEEP_MS = 60_000
/** A row holds 2 MB; what is larger is made anew for each scrape. */
const MOST_CHARACTERS = 500_000
const MOST_ROWS = 5_000

type Metrics = NonNullable<LedgerReport['metrics']>

/**
 * Tells the counters, which are made once a minute: every isolate that asks meanwhile is told the same, and for how long it
 * holds. Otherwise a scrape that meets another isolate than the one before could find a counter lower than it was, which
 * Prometheus takes for a restart. Kept on disk, because an object is put away after seconds without a call.
 */
export function tellMetrics(sql: SqlStorage, nowMs: number): Metrics {
  const kept = sql.exec<{ until: number; facts: string }>('SELECT until, facts FROM snapshots').toArray()[0]
  const leftMs = (kept?.until ?? 0) - nowMs
  // A clock that was set back makes one that would hold for longer than any does.
  if (kept && leftMs > 0 && leftMs <= KEEP_MS) return { ...JSON.parse(kept.facts), freshMs: leftMs }
  foldHours(sql, nowMs)
  const made = { rows: metricsOf(sql), unbooked: unbookedBetween(sql, 0, Number.MAX_SAFE_INTEGER) }
  const facts = JSON.stringify(made)
  if (facts.length > MOST_CHARACTERS) return { ...made, freshMs: 0 }
  sql.exec("INSERT OR REPLACE INTO snapshots VALUES ('metrics', ?, ?)", nowMs + KEEP_MS, facts)
  return { ...made, freshMs: KEEP_MS }
}

type MetricsColumns = SumColumns & { model: string; provider: string; surface: Surface; end: CompletionEnd }

function metricsOf(sql: SqlStorage): readonly MetricsRow[] {
  const columns = `model, provider, surface, end, ${SUMS}, first_token, duration`
  const sums = new Map<string, MetricsColumns>()
  const rows = [
    ...sql.exec<MetricsColumns>(`SELECT ${columns} FROM totals LIMIT ${MOST_ROWS}`).toArray(),
    ...sql
      .exec<MetricsColumns>(`SELECT ${columns} FROM rollups WHERE hour > ? LIMIT ${MOST_ROWS}`, foldedHour(sql))
      .toArray(),
  ]
  for (const row of rows) {
    const place = JSON.stringify([row.model, row.provider, row.surface, row.end])
    sums.set(place, { ...row, ...addUp(sums.get(place), row) })
  }
  return [...sums.values()].map((row) => ({
    model: row.model,
    provider: row.provider,
    surface: row.surface,
    end: row.end,
    ...sumsOf({ ...row, failed: row.end === 'whole' ? 0 : row.requests }),
    firstToken: timesOf(row.first_token),
    duration: timesOf(row.duration),
  }))
}
