import type { RateStand, ScopeBounds } from '../core/limits/exchange.ts'
import type { BookedRequest, KeyUse, LedgerQuery, LedgerReport, ScopeStand } from '../core/limits/ledger-report.ts'
import { keyOfScope, type LedgerRows } from '../core/limits/ledger-rows.ts'
import { periodOf } from '../core/limits/period.ts'
import { availableUnits, untilFullMs } from '../core/limits/rate.ts'
import { unbookedBetween } from './sql-ledger.ts'
import { tellMetrics } from './sql-metrics.ts'
import { tellUsage } from './sql-usage.ts'

const MOST_ROWS = 5_000

/** Answers those who look at a project's ledger. */
export function answerQuery(sql: SqlStorage, rows: LedgerRows, query: LedgerQuery, nowMs: number): LedgerReport {
  switch (query.kind) {
    case 'usage':
      return { usage: { ...tellUsage(sql, query), unbooked: unbookedBetween(sql, query.from, query.to) } }
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
