import type { Amounts } from './exchange.ts'
import { isFit, type LeasePool } from './lease-pool.ts'

/** Nothing is drawn from these leases any more. */
export function retireAll(pool: LeasePool): void {
  for (const lease of pool.leases) lease.isRetired = true
}

/** A lease that nobody uses is kept for so long, in case the next request comes soon. */
const LINGER_MS = 3_000
/** Of slots there are few, and whoever finds none waits no longer than this. */
const SLOT_LINGER_MS = 2_000

/**
 * Gives up the leases that nobody has used for a while.
 *
 * @returns Milliseconds until the next one may be given up; `undefined` where none is left.
 */
export function retireIdle(pool: LeasePool, nowMs: number): number | undefined {
  let soonestMs: number | undefined
  for (const lease of pool.leases) {
    if (lease.isRetired) continue
    const lingerMs = lease.told.slots > 0 ? SLOT_LINGER_MS : LINGER_MS
    const idleAt = lease.running > 0 ? lease.usableUntil : lease.usedAt + lingerMs
    const leftMs = Math.min(lease.usableUntil, idleAt) - nowMs
    if (leftMs <= 0) lease.isRetired = true
    else soonestMs = Math.min(soonestMs ?? leftMs, leftMs)
  }
  return soonestMs
}

/** Nothing more is drawn from leases that cannot cover such a request, whoever ends: what they hold goes back with the question. */
export function retireUnfit(pool: LeasePool, need: Amounts): void {
  for (const lease of pool.leases) if (!isFit(lease, need)) lease.isRetired = true
}

/** For how long slots are left to those who were refused. */
const YIELD_MS = 5_000

/** Others were refused a slot: those that nobody uses here are given back, and each request asks as they do. */
export function yieldSlots(pool: LeasePool, nowMs: number): void {
  pool.yieldsUntil = nowMs + YIELD_MS
  for (const lease of pool.leases) if (lease.told.slots > 0) lease.isRetired = true
}
