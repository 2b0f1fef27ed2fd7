import type { Clock } from '../core/clock.ts'
import {
  afterFailure,
  afterProbe,
  afterSuccess,
  type BreakerState,
  breakerState,
  HEALTHY,
  preferHealthy,
  type TargetHealth,
} from '../core/routing/breaker.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'

/** The isolate's memory of its targets, by ref; plain data. Another isolate has its own. */
export type BreakerMemory = Map<string, TargetHealth>

export type TargetReport = { readonly target: string; readonly state: BreakerState } & TargetHealth

/** What is known of the targets' health, and the breakers that follow from it. */
export type CircuitBreakers = {
  /** The one to try next; `isLastResort` when every breaker is open and it is only the least bad. */
  choose(targets: readonly ModelRef[]): { readonly target: ModelRef; readonly isLastResort: boolean } | undefined
  lastReason(target: ModelRef): string | undefined
  succeeded(target: ModelRef): void
  failed(target: ModelRef, reason: string): void
  report(): readonly TargetReport[]
}

/** Callers choose refs freely, so what is remembered of them is bounded. */
const MAX_TARGETS = 1_000

export function createCircuitBreakers(memory: BreakerMemory, clock: Clock): CircuitBreakers {
  const healthOf = (target: ModelRef) => memory.get(formatModelRef(target)) ?? HEALTHY
  const remember = (target: ModelRef, health: TargetHealth) => {
    const key = formatModelRef(target)
    memory.delete(key) // so that the order of the map is that of use
    memory.set(key, health)
    if (memory.size > MAX_TARGETS) memory.delete(memory.keys().next().value ?? '')
  }
  return {
    choose(targets) {
      const now = clock.now()
      const target = preferHealthy(targets, healthOf, now)[0]
      if (!target) return undefined
      const state = breakerState(healthOf(target), now)
      if (state === 'half_open') remember(target, afterProbe(healthOf(target), now))
      return { target, isLastResort: state === 'open' || state === 'probing' }
    },
    lastReason: (target) => healthOf(target).lastReason,
    succeeded: (target) => remember(target, afterSuccess(healthOf(target), clock.now())),
    failed: (target, reason) => remember(target, afterFailure(healthOf(target), clock.now(), reason)),
    report: () =>
      [...memory].map(([target, health]) => ({ target, state: breakerState(health, clock.now()), ...health })),
  }
}
