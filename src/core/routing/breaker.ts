/** What the isolate remembers of one target. Plain data; times are milliseconds since the epoch. */
export type TargetHealth = {
  readonly consecutiveFailures: number
  /** The latest outcomes, oldest first, `true` for a success; at most {@link WINDOW} of them. */
  readonly recent: readonly boolean[]
  readonly lastReason?: string
  readonly changedAt: number
  /** Set while the breaker is open: nobody tries the target before this time. */
  readonly openUntil?: number
  /** How often it opened in a row; each time it stays open longer. */
  readonly timesOpened: number
  /** When the one probe of the half-open state was let through. */
  readonly probeAt?: number
}

/** `half_open`: one probe may go through; `probing`: it is under way, the rest stay away. */
export type BreakerState = 'closed' | 'open' | 'half_open' | 'probing'

const CONSECUTIVE_FAILURES = 5
const WINDOW = 20
const MIN_SAMPLES = 10
const FAILURE_RATE = 0.5
const FIRST_OPEN_MS = 10_000
const MAX_OPEN_MS = 120_000
/** A target that nobody failed on for this long starts from nothing. */
const FORGET_MS = 300_000
/** A probe that never reported (its client left) does not keep the target out for ever. */
const PROBE_MS = 30_000

/** A target that nothing is known of. */
export const HEALTHY: TargetHealth = { consecutiveFailures: 0, recent: [], changedAt: 0, timesOpened: 0 }

/** The breaker's state at `nowMs`. */
export function breakerState(health: TargetHealth, nowMs: number): BreakerState {
  if (health.openUntil === undefined) return 'closed'
  if (nowMs < health.openUntil) return 'open'
  return health.probeAt !== undefined && nowMs < health.probeAt + PROBE_MS ? 'probing' : 'half_open'
}

/** Health after a probe was let through a half-open breaker. */
export function afterProbe(health: TargetHealth, nowMs: number): TargetHealth {
  return { ...health, probeAt: nowMs }
}

/** Health after a target answered: a success closes the breaker, its recent failures are remembered. */
export function afterSuccess(health: TargetHealth, nowMs: number): TargetHealth {
  const recent = health.openUntil === undefined ? remember(forget(health, nowMs), true) : [true]
  return { consecutiveFailures: 0, recent, changedAt: nowMs, timesOpened: 0 }
}

/** Health after a failure that was the target's fault; never call it for a caller's. */
export function afterFailure(before: TargetHealth, nowMs: number, reason: string): TargetHealth {
  const health = forget(before, nowMs)
  const recent = remember(health, false)
  const consecutiveFailures = health.consecutiveFailures + 1
  const next = { ...health, consecutiveFailures, recent, lastReason: reason, changedAt: nowMs }
  // Requests that were under way when it opened fail too; they say nothing new and do not lengthen it.
  if (breakerState(health, nowMs) === 'open') return next
  const wasTesting = health.openUntil !== undefined
  if (!wasTesting && consecutiveFailures < CONSECUTIVE_FAILURES && !failsOften(recent)) return next
  const openMs = Math.min(MAX_OPEN_MS, FIRST_OPEN_MS * 2 ** health.timesOpened)
  const { probeAt: _finished, ...rest } = next
  return { ...rest, openUntil: nowMs + openMs, timesOpened: health.timesOpened + 1 }
}

/**
 * The order in which to try targets: those that may be tried first, as they were given; the rest only when nothing
 * else is left, the one that opens again soonest first. So with every breaker open somebody is still asked.
 */
export function preferHealthy<T>(targets: readonly T[], healthOf: (target: T) => TargetHealth, nowMs: number): T[] {
  const isAvailable = (target: T) => ['closed', 'half_open'].includes(breakerState(healthOf(target), nowMs))
  const available = targets.filter(isAvailable)
  if (available.length > 0) return available
  return [...targets].sort((a, b) => (healthOf(a).openUntil ?? 0) - (healthOf(b).openUntil ?? 0)).slice(0, 1)
}

function forget(health: TargetHealth, nowMs: number): TargetHealth {
  return nowMs - health.changedAt > FORGET_MS ? HEALTHY : health
}

function remember(health: TargetHealth, success: boolean): boolean[] {
  return [...health.recent, success].slice(-WINDOW)
}

function failsOften(recent: readonly boolean[]): boolean {
  const failures = recent.filter((success) => !success).length
  return recent.length >= MIN_SAMPLES && failures / recent.length >= FAILURE_RATE
}
