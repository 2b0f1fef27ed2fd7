import type { Shrink } from './exchange.ts'
import type { Draw, LeasePool } from './lease-pool.ts'

/** The owner has booked the record, and knows by it that the lease holds so much less. */
export function acknowledgeDraw({ lease, amounts }: Draw): void {
  lease.reservedNanoUsd -= amounts.nanoUsd
  lease.told = { ...lease.told, nanoUsd: Math.max(0, lease.told.nanoUsd - amounts.nanoUsd) }
}

/**
 * A further draw of a request whose record was booked. Its money went into the cost that was booked, so it must not be drawn
 * again: the owner has taken only the first draw off the lease, and learns of this one when the lease is retired.
 */
export function releaseDraw({ lease, amounts }: Draw): void {
  lease.reservedNanoUsd -= amounts.nanoUsd
}

/** What the owner is to be told: leases that hold less than it believes, and questions that nobody answered. */
export function shrinksOf(pool: LeasePool): readonly Shrink[] {
  const shrinks: Shrink[] = pool.orphans.map((id) => ({ id, nanoUsd: 0, slots: 0, isOrphan: true }))
  for (const lease of pool.leases) {
    if (!lease.isRetired) continue
    const now = { nanoUsd: lease.reservedNanoUsd, slots: Math.min(lease.running, lease.told.slots) }
    if (now.nanoUsd < lease.told.nanoUsd || now.slots < lease.told.slots) shrinks.push({ id: lease.id, ...now })
  }
  return shrinks
}

/** The owner knows them now; a lease that holds nothing any more is forgotten. */
export function acknowledgeShrinks(pool: LeasePool, shrinks: readonly Shrink[]): void {
  const byId = new Map(shrinks.map((shrink) => [shrink.id, shrink]))
  pool.orphans = pool.orphans.filter((id) => !byId.has(id))
  for (const lease of pool.leases) {
    const shrink = byId.get(lease.id)
    if (shrink) lease.told = { nanoUsd: shrink.nanoUsd, slots: shrink.slots }
  }
  pool.leases = pool.leases.filter(
    ({ isRetired, running, reservedNanoUsd, told }) =>
      !isRetired || running > 0 || reservedNanoUsd > 0 || told.nanoUsd > 0 || told.slots > 0,
  )
}
