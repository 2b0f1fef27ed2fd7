import type { Failed } from './outcome.ts'

/**
 * How much a failure says of a target. `half`: a JSON answer that took too long, which a long answer may; `rate`: the
 * target is well and refuses what is too much for it, so only how often counts.
 */
export type FailureWeight = 'full' | 'half' | 'rate'

/** What an attempt says of its target. `no_verdict`: it is alive, or the client left before anything was known. */
export type AttemptEnd =
  | { readonly kind: 'success' }
  | { readonly kind: 'failure'; readonly reason: string; readonly weight: FailureWeight; readonly isSilence?: boolean }
  | { readonly kind: 'no_verdict' }

/** One remembered outcome: whose request it was, and how it failed, where it did. */
export type Sample = { readonly by: string; readonly failure?: FailureWeight }

/** What the isolate remembers of one target. Plain data; times are milliseconds since the epoch. */
export type TargetHealth = {
  /** How much the failures since the latest success weigh; one of full weight counts 1. */
  readonly consecutiveFailures: number
  /** The latest outcomes, oldest first; at most {@link WINDOW} of them. */
  readonly recent: readonly Sample[]
  readonly lastReason?: string
  readonly changedAt: number
  /** Set while the breaker is open: the target is not tried before this time. */
  readonly openUntil?: number
  /** The failure that opened it. */
  readonly openedBy?: Sample
  /** How often it opened in a row; each time it stays open longer. */
  readonly timesOpened: number
  /** When the one probe of the half-open state was let through. */
  readonly probeAt?: number
  /** Whether the latest attempt ended without a word. */
  readonly isSilent?: boolean
}

/** `half_open`: one probe may go through; `probing`: it is under way, the rest stay away. */
export type BreakerState = 'closed' | 'open' | 'half_open' | 'probing'

const CONSECUTIVE_FAILURES = 5
const WINDOW = 20
const MIN_SAMPLES = 10
const FAILURE_RATE = 0.5
const FIRST_OPEN_MS = 10_000
const MAX_OPEN_MS = 120_000
/** A target that has not failed for this long starts from nothing. */
const FORGET_MS = 300_000
/** A probe that never reported does not keep the target out for ever. */
const PROBE_MS = 30_000
const IN_A_ROW: Readonly<Record<FailureWeight, number>> = { full: 1, half: 0.5, rate: 0 }
const IN_RATE: Readonly<Record<FailureWeight, number>> = { full: 1, half: 0.5, rate: 1 }

/** A target that nothing is known of. */
export const HEALTHY: TargetHealth = { consecutiveFailures: 0, recent: [], changedAt: 0, timesOpened: 0 }

/**
 * What a failed attempt says of its target.
 *
 * @param request `stream`: whether a stream was asked for; `isSilence`: whether nothing at all came in good time.
 */
export function endOfAttempt(failed: Failed, request: { stream: boolean; isSilence: boolean }): AttemptEnd {
  const { blame, reason } = failed
  if (blame === 'request' || blame === 'nobody') return { kind: 'no_verdict' }
  const isLateJson = failed.kind === 'timeout' && !request.stream
  const weight = blame === 'capacity' ? 'rate' : isLateJson ? 'half' : 'full'
  return { kind: 'failure', reason, weight, isSilence: request.isSilence }
}

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

/** Health after a probe came back without a verdict: the next request is one. */
export function afterNoVerdict(health: TargetHealth): TargetHealth {
  const { probeAt: _returned, ...rest } = health
  return rest
}

/** Health after a target answered: a success closes the breaker, its recent failures are remembered. */
export function afterSuccess(health: TargetHealth, nowMs: number, by: string): TargetHealth {
  const recent = health.openUntil === undefined ? remember(forget(health, nowMs), { by }) : [{ by }]
  return { consecutiveFailures: 0, recent, changedAt: nowMs, timesOpened: 0 }
}

/** A failure that says something of the target, and whose request it was. */
export type CountedFailure = {
  readonly sample: Sample & { readonly failure: FailureWeight }
  readonly reason: string
  readonly isSilence?: boolean | undefined
}

/**
 * Health after a failure that was the target's fault; never call it for a caller's.
 *
 * @param minCallers How many callers must have failed in the window before the breaker opens: one caller's requests may
 *   fail for what stands in them.
 */
export function afterFailure(
  before: TargetHealth,
  nowMs: number,
  { sample, reason, isSilence = false }: CountedFailure,
  minCallers: number,
): TargetHealth {
  const health = forget(before, nowMs)
  const recent = remember(health, sample)
  const consecutiveFailures = countInARow(recent)
  const next = { ...health, consecutiveFailures, recent, lastReason: reason, changedAt: nowMs, isSilent: isSilence }
  // Requests that were under way when it opened fail too; they say nothing new and do not lengthen it.
  if (breakerState(health, nowMs) === 'open') return next
  const wasTesting = health.openUntil !== undefined
  const failsTooMuch = consecutiveFailures >= CONSECUTIVE_FAILURES || failsOften(recent)
  if (!wasTesting && !(failsTooMuch && countCallers(recent) >= minCallers)) return next
  // One caller who always comes first as the probe would else keep it shut for all; the next probe is another's.
  if (wasTesting && minCallers > 1 && health.openedBy?.by === sample.by) return afterNoVerdict(next)
  const openMs = Math.min(MAX_OPEN_MS, FIRST_OPEN_MS * 2 ** health.timesOpened)
  const { probeAt: _finished, ...rest } = next
  return { ...rest, openUntil: nowMs + openMs, openedBy: sample, timesOpened: health.timesOpened + 1 }
}

/**
 * Health without a failure that turned out to say nothing of the target; a breaker that it opened is as it was.
 *
 * @param before Health before that failure.
 */
export function withoutFailure(health: TargetHealth, sample: Sample, before: TargetHealth): TargetHealth {
  const recent = health.recent.filter((other) => other !== sample)
  const rest = { ...health, recent, consecutiveFailures: countInARow(recent) }
  if (health.openedBy !== sample) return rest
  const { openUntil: _opened, openedBy: _by, probeAt: _probe, ...closed } = rest
  const { openUntil, timesOpened } = before
  return { ...closed, timesOpened, ...(openUntil !== undefined && { openUntil }) }
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

/** Of two views of one target, the one that keeps requests away longer. */
export function worseOf(one: TargetHealth, other: TargetHealth, nowMs: number): TargetHealth {
  const rank = (health: TargetHealth) => ['closed', 'half_open', 'probing', 'open'].indexOf(breakerState(health, nowMs))
  if (rank(one) !== rank(other)) return rank(one) > rank(other) ? one : other
  return (other.openUntil ?? 0) > (one.openUntil ?? 0) ? other : one
}

function forget(health: TargetHealth, nowMs: number): TargetHealth {
  return nowMs - health.changedAt > FORGET_MS ? HEALTHY : health
}

function remember(health: TargetHealth, sample: Sample): Sample[] {
  return [...health.recent, sample].slice(-WINDOW)
}

function countInARow(recent: readonly Sample[]): number {
  const since = recent.slice(recent.findLastIndex(({ failure }) => failure === undefined) + 1)
  return since.reduce((sum, { failure = 'rate' }) => sum + IN_A_ROW[failure], 0)
}

function failsOften(recent: readonly Sample[]): boolean {
  const failures = recent.reduce((sum, { failure }) => sum + (failure ? IN_RATE[failure] : 0), 0)
  return recent.length >= MIN_SAMPLES && failures / recent.length >= FAILURE_RATE
}

function countCallers(recent: readonly Sample[]): number {
  return new Set(recent.filter(({ failure }) => failure).map(({ by }) => by)).size
}
