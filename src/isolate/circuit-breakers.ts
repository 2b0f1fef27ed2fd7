import type { Clock } from '../core/clock.ts'
import {
  type AttemptEnd,
  afterFailure,
  afterNoVerdict,
  afterProbe,
  afterSuccess,
  type BreakerState,
  breakerState,
  HEALTHY,
  preferHealthy,
  type Sample,
  type TargetHealth,
  withoutFailure,
  worseOf,
} from '../core/routing/breaker.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'
import { setBounded } from './bounded-map.ts'

/** The isolate's memory of its targets; plain data. Another isolate has its own. */
export type BreakerMemory = {
  /** By ref: what all callers' requests tell. */
  readonly shared: Map<string, TargetHealth>
  /** By caller and ref: what one caller's requests tell. */
  readonly own: Map<string, TargetHealth>
}

export type TargetReport = {
  readonly target: string
  readonly state: BreakerState
  /** Callers whose own breaker is not closed, by key id. */
  readonly openFor: readonly string[]
} & Omit<TargetHealth, 'openedBy'>

export type Choice = {
  readonly target: ModelRef
  /** Every breaker is open, and this is only the least bad. */
  readonly isLastResort: boolean
}

/** One counted failure, by which it can be taken back. */
export type Receipt = {
  readonly target: string
  readonly own: string
  readonly sample: Sample
  readonly before: { readonly shared: TargetHealth; readonly own: TargetHealth }
}

/**
 * What is known of the targets' health, and the breakers that follow from it. Failures of one caller open a breaker for
 * that caller alone; it takes those of two to open it for all.
 */
export type CircuitBreakers = {
  /** The one to try next. A half-open breaker lets one request through as its probe. */
  choose(targets: readonly ModelRef[], callerId: string): Choice | undefined
  /** The state that holds for this caller. */
  stateOf(target: ModelRef, callerId: string): BreakerState
  lastReason(target: ModelRef): string | undefined
  /** Learns how an attempt ended. @returns What takes a counted failure back. */
  record(target: ModelRef, callerId: string, end: AttemptEnd): Receipt | undefined
  /** Takes failures back that turned out to say nothing of their targets. */
  takeBack(receipts: readonly Receipt[]): void
  /** An answer has begun: the target is not silent, whatever becomes of the answer. */
  begun(target: ModelRef): void
  /** Whether the latest attempt, any caller's, ended without a word. */
  isSilent(target: ModelRef): boolean
  report(): readonly TargetReport[]
}

/** Callers choose refs freely, so what is remembered of them is bounded. */
const MAX_TARGETS = 1_000
const MAX_OWN = 2_000
const CALLERS_THAT_OPEN_FOR_ALL = 2

export const createBreakerMemory = (): BreakerMemory => ({ shared: new Map(), own: new Map() })

export function createCircuitBreakers(memory: BreakerMemory, clock: Clock): CircuitBreakers {
  const sharedOf = (key: string) => memory.shared.get(key) ?? HEALTHY
  const ownOf = (key: string) => memory.own.get(key) ?? HEALTHY
  const setShared = (key: string, health: TargetHealth) => setBounded(memory.shared, key, health, MAX_TARGETS)
  const setOwn = (key: string, health: TargetHealth) => setBounded(memory.own, key, health, MAX_OWN)
  /** Changes both views of a target. */
  const update = (
    target: ModelRef,
    callerId: string,
    change: (health: TargetHealth, minCallers: number) => TargetHealth,
  ) => {
    const key = formatModelRef(target)
    const ownKey = keyOf(callerId, key)
    setShared(key, change(sharedOf(key), CALLERS_THAT_OPEN_FOR_ALL))
    setOwn(ownKey, change(ownOf(ownKey), 1))
  }
  const healthFor = (target: ModelRef, callerId: string, now: number) => {
    const key = formatModelRef(target)
    return worseOf(sharedOf(key), ownOf(keyOf(callerId, key)), now)
  }
  return {
    choose(targets, callerId) {
      const now = clock.now()
      const target = preferHealthy(targets, (one) => healthFor(one, callerId, now), now)[0]
      if (!target) return undefined
      const state = breakerState(healthFor(target, callerId, now), now)
      if (state === 'half_open') {
        update(target, callerId, (health) =>
          breakerState(health, now) === 'half_open' ? afterProbe(health, now) : health,
        )
      }
      return { target, isLastResort: state === 'open' || state === 'probing' }
    },
    stateOf: (target, callerId) => breakerState(healthFor(target, callerId, clock.now()), clock.now()),
    lastReason: (target) => sharedOf(formatModelRef(target)).lastReason,
    record(target, callerId, end) {
      const now = clock.now()
      if (end.kind === 'success') update(target, callerId, (health) => afterSuccess(health, now, callerId))
      const key = formatModelRef(target)
      const own = keyOf(callerId, key)
      if (end.kind === 'no_verdict' && memory.shared.has(key)) update(target, callerId, afterNoVerdict)
      if (end.kind !== 'failure') return undefined
      const sample = { by: callerId, failure: end.weight }
      const receipt = { target: key, own, sample, before: { shared: sharedOf(key), own: ownOf(own) } }
      const failure = { sample, reason: end.reason, isSilence: end.isSilence }
      update(target, callerId, (health, minCallers) => afterFailure(health, now, failure, minCallers))
      return receipt
    },
    takeBack(receipts) {
      for (const { target, own, sample, before } of receipts.toReversed()) {
        setShared(target, withoutFailure(sharedOf(target), sample, before.shared))
        setOwn(own, withoutFailure(ownOf(own), sample, before.own))
      }
    },
    begun(target) {
      const key = formatModelRef(target)
      if (sharedOf(key).isSilent) setShared(key, { ...sharedOf(key), isSilent: false })
    },
    isSilent: (target) => sharedOf(formatModelRef(target)).isSilent === true,
    report: () => reportOn(memory, clock.now()),
  }
}

const keyOf = (callerId: string, target: string) => `${callerId} ${target}`

function reportOn({ shared, own }: BreakerMemory, nowMs: number): TargetReport[] {
  const callersOf = new Map<string, { id: string; health: TargetHealth }[]>()
  for (const [key, health] of own) {
    const space = key.indexOf(' ')
    const target = key.slice(space + 1)
    callersOf.set(target, [...(callersOf.get(target) ?? []), { id: key.slice(0, space), health }])
  }
  return [...shared].map(([target, health]) => {
    const callers = callersOf.get(target) ?? []
    const openFor = callers.filter((caller) => breakerState(caller.health, nowMs) !== 'closed').map(({ id }) => id)
    // With one caller there is nobody else for whom it might be closed.
    const [only] = callers.length === 1 ? callers : []
    const { openedBy: _sample, ...shown } = only ? worseOf(health, only.health, nowMs) : health
    return { target, state: breakerState(shown, nowMs), openFor, ...shown }
  })
}
