import type { Outcome } from './scenario.ts'
import type { World } from './world.ts'

/** What came of a run. */
export function judge({
  scenario,
  rows,
  trueCosts,
  starts,
  waits,
  counts,
  atOnce,
  children,
}: World): Omit<Outcome, 'lost'> {
  const parts = [...trueCosts.values()].map(({ cost, limit }) => cost / limit)
  const booked = [...rows.bookings.values()].reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0)
  const { requestsPerMinute, concurrent } = scenario.limits ?? {}
  const { requests, served, refused, crashes, restarts } = counts
  const seconds = scenario.seconds - scenario.warmUpSeconds
  const sorted = waits.toSorted((a, b) => a - b)
  return {
    requests,
    served,
    refused,
    crashes,
    restarts,
    rootCallsPerSecond: counts.measuredCalls / seconds,
    childCallsPerSecond: Math.max(0, ...children.map(({ calls }) => calls)) / seconds,
    waitedPart: counts.measuredServed === 0 ? 0 : waits.length / counts.measuredServed,
    waitMs: { median: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) },
    overshoot: Math.max(0, ...parts.map((part) => part - 1)),
    rateOvershoot: requestsPerMinute === undefined ? 0 : worstMinute(starts) / requestsPerMinute,
    slotOvershoot: concurrent === undefined ? 0 : atOnce.most / concurrent,
    accounts: trueCosts.size,
    isLedgerTrue: booked <= counts.endedCost,
    spentPart: Math.max(0, ...parts),
  }
}

const quantile = (sorted: readonly number[], part: number) => sorted[Math.floor(sorted.length * part)] ?? 0

function worstMinute(starts: readonly number[]): number {
  let most = 0
  let from = 0
  for (const [index, at] of starts.entries()) {
    while ((starts[from] ?? at) <= at - 60_000) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}
