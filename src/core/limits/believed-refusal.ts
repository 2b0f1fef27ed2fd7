import type { Refusal, Scope } from './exchange.ts'
import type { LeasePool, PoolRefusal } from './lease-pool.ts'

/** A refusal is believed for so long, so that a client that does not give up costs one call in a while. */
const BELIEVED_MS: Record<Refusal['kind'], number> = { exhausted: 1_000, held: 50, rate: 50, never: 0 }

/** Remembers a refusal for a moment. */
export function keepRefusal(pool: LeasePool, scope: Scope, why: Refusal, nanoUsd: number, nowMs: number): PoolRefusal {
  pool.refused = { scope, why, nanoUsd, until: nowMs + BELIEVED_MS[why.kind] }
  return pool.refused
}

/** The refusal that still holds for a request of this size; a smaller one may fit where a larger one did not. */
export function believedRefusal(pool: LeasePool, leastNanoUsd: number, nowMs: number): PoolRefusal | undefined {
  const { refused } = pool
  return refused && nowMs < refused.until && leastNanoUsd >= refused.nanoUsd ? refused : undefined
}
