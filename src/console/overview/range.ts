import type { TimeQuantiles, UsageDimension, UsageRow } from '../../wire/admin/usage.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** One hour alone would be a single point. */
const FEWEST_HOURS = 24
/** As far as an hour is still to be seen. */
const MOST_HOURS = 168

/** The last `hours` up to now, in whole hours of UTC, as the ledger keeps them. */
export function usagePath(hours: number, nowMs: number, by: readonly UsageDimension[]): string {
  const to = Math.ceil((nowMs + 1) / HOUR_MS) * HOUR_MS
  const from = to - hours * HOUR_MS
  const query = new URLSearchParams({ from: toIso(from), to: toIso(to), by: by.join() })
  return `/admin/usage?${query}`
}

const toIso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')

export type Step = 'hour' | 'day'

/** How the course of the last `hours` is drawn: in which steps, and for how many hours. */
export function courseOf(hours: number): { readonly step: Step; readonly hours: number } {
  return { step: hours <= MOST_HOURS ? 'hour' : 'day', hours: Math.max(hours, FEWEST_HOURS) }
}

/** What a chart shows at one moment. */
export type Point = {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly requests: number
  readonly failed: number
  readonly costUsd: number
  readonly tokens: number
  readonly firstTokenMs: TimeQuantiles
  readonly durationMs: TimeQuantiles
}

const NO_TIMES: TimeQuantiles = { p50: null, p95: null }

/** One point for each hour or day, those without a request too. */
export function pointsOf(rows: readonly UsageRow[], from: string, to: string, step: Step): Point[] {
  const stepMs = step === 'hour' ? HOUR_MS : DAY_MS
  const rowAt = new Map(rows.map((row) => [Date.parse(row[step] ?? ''), row]))
  const first = Math.floor(Date.parse(from) / stepMs)
  const last = Math.ceil(Date.parse(to) / stepMs)
  return Array.from({ length: Math.max(0, last - first) }, (_, index) => {
    const at = (first + index) * stepMs
    const row = rowAt.get(at)
    return {
      at,
      requests: row?.requests ?? 0,
      failed: row?.failed ?? 0,
      costUsd: row?.costUsd ?? 0,
      tokens: (row?.promptTokens ?? 0) + (row?.completionTokens ?? 0),
      firstTokenMs: row?.firstTokenMs ?? NO_TIMES,
      durationMs: row?.durationMs ?? NO_TIMES,
    }
  })
}
