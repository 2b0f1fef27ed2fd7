import type { Booking, BudgetAlert, Shrink } from './exchange.ts'
import { type AccountRow, type LedgerRows, percentOf } from './ledger-rows.ts'
import { returnableUnits, takeUnits } from './rate.ts'

/** How long the answer to a lost lease's question is kept. */
const OVERDUE_MS = 3_600_000
/** By this a completion is known that a budget refused. */
const QUOTA_CODE = 'insufficient_quota'
const NEARLY_USED_UP_PERCENT = 90
/** What nobody granted holds nothing, whenever the question arrives. */
const NOTHING = { kind: 'refused', scope: 'project', why: { kind: 'held' } } as const

/**
 * Books a completion, once: it counts as spent in the period in which its lease was granted, and what was reserved for it
 * is free again. Booking it a second time changes nothing.
 *
 * @param alertAt Thresholds in per cent of a budget, ascending.
 * @returns The alerts that it sets off.
 */
export function bookCompletion(
  rows: LedgerRows,
  booking: Booking,
  alertAt: readonly number[],
  nowMs: number,
): readonly BudgetAlert[] {
  // The budget of a key that was given one in the middle of a period begins with what was booked before this.
  const lease = booking.leaseId === undefined ? undefined : rows.lease(booking.leaseId)
  if (!rows.addBooking(booking, nowMs)) return []
  if (lease) {
    const heldNanoUsd = Math.max(0, lease.heldNanoUsd - booking.reserved.nanoUsd)
    if (heldNanoUsd === 0 && lease.heldSlots === 0) rows.deleteLease(lease.id)
    else if (heldNanoUsd < lease.heldNanoUsd) rows.putLease({ ...lease, heldNanoUsd })
  }
  settleTokens(rows, booking, lease?.grantedAt ?? booking.startedAt, nowMs)
  const cost = booking.costNanoUsd ?? 0
  const at = lease?.grantedAt ?? booking.startedAt
  const accounts = [...rows.accountsAt('project', at), ...rows.accountsAt(`key:${booking.keyId}`, at)]
  if (cost === 0) return booking.errorCode === QUOTA_CODE ? alertOfRefusal(rows, accounts, alertAt) : []
  return accounts.flatMap((account) => {
    const spentNanoUsd = account.spentNanoUsd + cost
    const percent = isInForce(account, booking) ? crossed({ ...account, spentNanoUsd }, alertAt) : undefined
    rows.putAccount({ ...account, spentNanoUsd, alertedPercent: percent ?? account.alertedPercent })
    return percent === undefined ? [] : [toAlert({ ...account, spentNanoUsd }, percent)]
  })
}

/**
 * A budget that refuses what it has no money for is used up, though it never comes to its last nanodollar. A request that is
 * larger than what is left of a young budget says nothing of the kind.
 */
function alertOfRefusal(
  rows: LedgerRows,
  accounts: readonly AccountRow[],
  alertAt: readonly number[],
): readonly BudgetAlert[] {
  const [fullest] = accounts.toSorted((a, b) => percentOf(b) - percentOf(a))
  if (!fullest || percentOf(fullest) < NEARLY_USED_UP_PERCENT) return []
  const percent = highestOf(alertAt, Math.max(100, percentOf(fullest)), fullest.alertedPercent)
  if (percent === undefined) return []
  rows.putAccount({ ...fullest, alertedPercent: percent })
  return [toAlert(fullest, percent)]
}

/** Whether its budget was not removed, and does not begin anew at other times than it did. */
const isInForce = ({ scope, period }: AccountRow, { budgets }: Booking) =>
  budgets === undefined || budgets.some((budget) => budget.scope === scope && period.split(' ')[0] === budget.per)

/** The estimate is made good: what was not used flows back, what was used beyond it is a debt. */
function settleTokens(rows: LedgerRows, booking: Booking, sinceMs: number, nowMs: number): void {
  const calls = [booking, ...(booking.unused ?? [])]
  const used = calls.reduce((sum, { promptTokens, completionTokens }) => sum + promptTokens + completionTokens, 0)
  const more = used - booking.reserved.tokens
  for (const { scope, perMinute } of booking.tokenRates ?? []) {
    const units = more >= 0 ? more : -returnableUnits(-more, perMinute, nowMs - sinceMs)
    if (units !== 0) rows.putRate(scope, 'tokens', takeUnits(rows.rate(scope, 'tokens'), perMinute, units, nowMs))
  }
}

/** A lease gives back what it does not need any more. */
export function shrinkLease(rows: LedgerRows, shrink: Shrink, nowMs: number): void {
  const lease = rows.lease(shrink.id)
  if (!lease) {
    if (!shrink.isOrphan) return
    const row = { id: shrink.id, keyId: '', grantedAt: nowMs, deadlineAt: nowMs, heldNanoUsd: 0, heldSlots: 0 }
    rows.putLease({ ...row, answer: NOTHING })
    return
  }
  const heldNanoUsd = Math.min(lease.heldNanoUsd, shrink.nanoUsd)
  const heldSlots = Math.min(lease.heldSlots, shrink.slots)
  if (heldNanoUsd === 0 && heldSlots === 0 && !shrink.isOrphan) rows.deleteLease(lease.id)
  else if (heldNanoUsd < lease.heldNanoUsd || heldSlots < lease.heldSlots) {
    rows.putLease({ ...lease, heldNanoUsd, heldSlots })
  }
}

/**
 * Forgets leases whose isolates died. What they held stays counted in its period: they may have spent it.
 *
 * @returns Whether there may be more.
 */
export function foldOverdue(rows: LedgerRows, limit: number, nowMs: number): boolean {
  const overdue = rows.overdue(nowMs - OVERDUE_MS, limit)
  for (const lease of overdue) {
    if (lease.heldNanoUsd > 0) {
      for (const scope of ['project', `key:${lease.keyId}`] as const) {
        for (const account of rows.accountsAt(scope, lease.grantedAt)) {
          rows.putAccount({ ...account, lostNanoUsd: account.lostNanoUsd + lease.heldNanoUsd })
        }
      }
    }
    rows.deleteLease(lease.id)
  }
  return overdue.length === limit
}

function crossed(account: AccountRow, alertAt: readonly number[]): number | undefined {
  return account.limitNanoUsd <= 0 ? undefined : highestOf(alertAt, percentOf(account), account.alertedPercent)
}

const highestOf = (alertAt: readonly number[], percent: number, told: number) =>
  alertAt.findLast((threshold) => threshold <= percent && threshold > told)

function toAlert(account: AccountRow, percent: number): BudgetAlert {
  const { scope, period, spentNanoUsd, limitNanoUsd, endAt } = account
  const resetsAt = endAt === Number.MAX_SAFE_INTEGER ? {} : { resetsAt: endAt }
  return { scope, percent, spentNanoUsd, limitNanoUsd, period, ...resetsAt }
}
