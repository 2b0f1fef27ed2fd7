import type { UsageDimension, UsageRequest, UsageRow } from '../../wire/admin/usage.ts'
import { quantile } from '../format.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The last `hours` up to now, in whole hours of UTC, as the ledger keeps them. */
export function usagePath(hours: number, nowMs: number, by: readonly UsageDimension[]): string {
  const to = Math.ceil((nowMs + 1) / HOUR_MS) * HOUR_MS
  const from = to - hours * HOUR_MS
  const query = new URLSearchParams({ from: toIso(from), to: toIso(to), by: by.join() })
  return `/admin/usage?${query}`
}

const toIso = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')

/** What a chart shows at one moment. */
export type Point = {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly requests: number
  readonly failed: number
  readonly costUsd: number
  readonly tokens: number
}

/** One point a day, those without a request too. */
export function byDay(rows: readonly UsageRow[], from: string, to: string): Point[] {
  const rowOf = new Map(rows.map((row) => [row.day, row]))
  const first = Math.floor(Date.parse(from) / DAY_MS)
  const last = Math.ceil(Date.parse(to) / DAY_MS)
  return Array.from({ length: Math.max(0, last - first) }, (_, index) => {
    const at = (first + index) * DAY_MS
    const row = rowOf.get(new Date(at).toISOString().slice(0, 10))
    const tokens = (row?.promptTokens ?? 0) + (row?.completionTokens ?? 0)
    return { at, requests: row?.requests ?? 0, failed: row?.failed ?? 0, costUsd: row?.costUsd ?? 0, tokens }
  })
}

/** What a point counts of a request. */
type Moment = Pick<UsageRequest, 'at' | 'end' | 'costNanoUsd' | 'usage'>

/** The latest requests in `steps` equal parts of the time that they span: what days are too coarse for. */
export function byMoment(requests: readonly Moment[], from: string, to: string, steps: number): Point[] {
  const start = Date.parse(from)
  const stepMs = (Date.parse(to) - start) / steps
  const points = Array.from({ length: steps }, (_, index) => ({
    at: start + index * stepMs,
    requests: 0,
    failed: 0,
    costUsd: 0,
    tokens: 0,
  }))
  for (const { at, end, costNanoUsd, usage } of requests) {
    const point = points[Math.floor((Date.parse(at) - start) / stepMs)]
    if (!point) continue
    point.requests++
    if (end !== 'whole') point.failed++
    point.costUsd += (costNanoUsd ?? 0) / 1e9
    point.tokens += (usage?.promptTokens ?? 0) + (usage?.completionTokens ?? 0)
  }
  return points
}

/** The first tokens of requests in at most `steps` equal parts of the time that they span; parts without one are left out. */
export function firstTokensOver(requests: readonly Pick<UsageRequest, 'at' | 'firstTokenMs'>[], steps: number) {
  const known = requests.flatMap(({ at, firstTokenMs }) =>
    firstTokenMs === null ? [] : [{ at: Date.parse(at), firstTokenMs }],
  )
  const start = Math.min(...known.map(({ at }) => at))
  const stepMs = Math.max(1, (Math.max(...known.map(({ at }) => at)) - start + 1) / steps)
  const groups = Map.groupBy(known, ({ at }) => Math.floor((at - start) / stepMs))
  return [...groups]
    .toSorted(([a], [b]) => a - b)
    .map(([part, group]) => {
      const times = group.map(({ firstTokenMs }) => firstTokenMs)
      const [p50 = 0, p95 = 0] = [quantile(times, 0.5), quantile(times, 0.95)]
      return { at: start + part * stepMs, requests: group.length, p50, p95 }
    })
}
