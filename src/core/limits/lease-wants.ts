import type { Amounts } from './exchange.ts'
import { type Draw, isFit, type LeasePool, latelyOf } from './lease-pool.ts'

/** Requests that a lease is asked for at once, at most. */
const MOST_REQUESTS = 1_000

/** What to ask for, so that the next requests need not ask: for as many as came lately, and for those that wait. */
export function wantFor(pool: LeasePool, need: Amounts, nowMs: number): Amounts {
  const { draws, before } = latelyOf(pool, nowMs)
  const count = Math.min(MOST_REQUESTS, Math.max(2, Math.max(draws, before) * 2, pool.waiting))
  return {
    nanoUsd: need.nanoUsd * count,
    requests: need.requests * count,
    tokens: need.tokens * count,
    slots: need.slots * count,
  }
}

/**
 * Whether to ask for the next lease now, behind the callers' backs: this one is used, and half over or too small. Not where
 * what is left is scarce: to hold more of it than the requests at hand need would refuse others.
 */
export function wantsRenewal(pool: LeasePool, draw: Draw, nowMs: number): boolean {
  return !draw.lease.isNarrow && isUsedUp(pool, draw, nowMs)
}

/**
 * The same where a lease has room for one request: its slot goes from the old lease to the new one, so it is asked for when
 * the request has ended.
 */
export function wantsRenewalAfter(pool: LeasePool, draw: Draw, nowMs: number): boolean {
  const { isNarrow, running } = draw.lease
  return isNarrow && running === 0 && isUsedUp(pool, draw, nowMs)
}

function isUsedUp(pool: LeasePool, { lease, amounts }: Draw, nowMs: number): boolean {
  if (pool.askingSince !== undefined || lease.isRetired || !lease.isAmple || pool.draws < 2) return false
  return nowMs > (lease.askedAt + lease.usableUntil) / 2 || !isFit(lease, amounts)
}
