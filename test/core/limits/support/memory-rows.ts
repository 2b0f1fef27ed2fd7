import type { Booking, Scope } from '../../../../src/core/limits/exchange.ts'
import type { AccountRow, LeaseRow, LedgerRows, RateKind } from '../../../../src/core/limits/ledger-rows.ts'

export type MemoryRows = LedgerRows & {
  readonly accounts: ReadonlyMap<string, AccountRow>
  readonly leases: ReadonlyMap<string, LeaseRow>
  readonly bookings: ReadonlyMap<string, Booking & { readonly bookedAt: number }>
}

/** The rows of one project in memory: what the object keeps in SQLite. */
export function createMemoryRows(): MemoryRows {
  const accounts = new Map<string, AccountRow>()
  const leases = new Map<string, LeaseRow>()
  const rates = new Map<string, number>()
  const bookings = new Map<string, Booking & { readonly bookedAt: number }>()
  const nameOf = (scope: Scope, period: string) => `${scope} ${period}`
  const isOf = (keyId: string | undefined, row: { readonly keyId: string }) =>
    keyId === undefined || row.keyId === keyId
  return {
    accounts,
    leases,
    bookings,
    slotRefusals: new Map(),
    account: (scope, period) => accounts.get(nameOf(scope, period)),
    accountsAt: (scope, at) =>
      [...accounts.values()].filter((row) => row.scope === scope && row.startAt <= at && at < row.endAt),
    putAccount: (row) => void accounts.set(nameOf(row.scope, row.period), row),
    lease: (id) => leases.get(id),
    putLease: (row) => void leases.set(row.id, row),
    deleteLease: (id) => void leases.delete(id),
    held(keyId, startAt, endAt, nowMs) {
      let openNanoUsd = 0
      let lostNanoUsd = 0
      for (const row of leases.values()) {
        if (!isOf(keyId, row) || row.grantedAt < startAt || row.grantedAt >= endAt) continue
        if (row.deadlineAt > nowMs) openNanoUsd += row.heldNanoUsd
        else lostNanoUsd += row.heldNanoUsd
      }
      return { openNanoUsd, lostNanoUsd }
    },
    slots(keyId, nowMs) {
      let slots = 0
      for (const row of leases.values()) if (isOf(keyId, row) && row.deadlineAt > nowMs) slots += row.heldSlots
      return slots
    },
    overdue: (before, limit) => [...leases.values()].filter(({ deadlineAt }) => deadlineAt < before).slice(0, limit),
    rate: (scope: Scope, kind: RateKind) => rates.get(nameOf(scope, kind)),
    putRate: (scope, kind, fullAt) => void rates.set(nameOf(scope, kind), fullAt),
    spentSince(keyId, startAt) {
      let sum = 0
      for (const row of bookings.values()) {
        if (isOf(keyId, row) && row.bookedAt >= startAt) sum += row.costNanoUsd ?? 0
      }
      return sum
    },
    addBooking(booking, nowMs) {
      if (bookings.has(booking.id)) return false
      bookings.set(booking.id, { ...booking, bookedAt: nowMs })
      return true
    },
  }
}
