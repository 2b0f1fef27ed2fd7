import type { ExchangeAnswer, ExchangeCall } from '../../src/core/limits/exchange.ts'
import type { MemoryRows } from '../core/limits/support/memory-rows.ts'
import type { Way } from './network.ts'
import type { Scenario } from './scenario.ts'
import type { VirtualTime } from './virtual-time.ts'

export type World = {
  readonly scenario: Scenario
  readonly time: VirtualTime
  readonly random: () => number
  readonly rows: MemoryRows
  readonly children: readonly Child[]
  /** Asks the project's object, from an isolate or a child. */
  askRoot(call: ExchangeCall, isDead: () => boolean): Promise<ExchangeAnswer | undefined>
  /** When the project's object granted a lease of this id. */
  readonly grantedAt: Map<string, number>
  /** What was truly spent, by account. */
  readonly trueCosts: Map<string, { limit: number; cost: number }>
  readonly starts: number[]
  readonly waits: number[]
  readonly counts: Counts
  /** Whether what happens now counts as a cost: not in the warm-up, and not after the last request came. */
  isMeasured(): boolean
  readonly atOnce: { now: number; most: number }
  ids: number
}

export type Counts = {
  requests: number
  served: number
  refused: number
  crashes: number
  restarts: number
  /** In the time that is measured. */
  measuredServed: number
  measuredCalls: number
  /** In nanodollars, of requests that ended. */
  endedCost: number
}

export const PROJECT = 'p'
export const RULES = { alertAt: [80, 100], keepEventsDays: 35 }

/** An object of one region. */
export type Child = {
  /** A call of an isolate; never answered where the child dies of it. */
  hear(call: ExchangeCall): Promise<ExchangeAnswer>
  /** Begins anew: what it was doing is lost; what it knew too, where its storage is `gone`. */
  restart(storage: 'kept' | 'gone'): void
  /** The lease of the root that a lease of an isolate was drawn from. */
  rootLeaseOf(leaseId: string): string | undefined
  /** Whether it has this record; one that lost its storage may have had it. */
  hasBooked(id: string): boolean
  /** In the time that is measured. */
  calls: number
}

/** Some calls take seconds, whatever the distance. */
export function wayOf({ random, scenario: { loss, repeat } }: World, awayMs: number): Way {
  return { loss, repeat, latencyMs: () => (random() < 0.02 ? 3_000 * random() : 2 + (awayMs - 2) * random()) }
}
