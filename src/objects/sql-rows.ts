import type { Scope } from '../core/limits/exchange.ts'
import type { Held, LeaseRow, LedgerRows, RateKind } from '../core/limits/ledger-rows.ts'
import type { HourRows } from './hour-rows.ts'
import { createSqlAccounts } from './sql-accounts.ts'
import { createSqlBookings } from './sql-bookings.ts'
import { spentSince } from './sql-ledger.ts'

export type SqlRows = LedgerRows & {
  /** Writes what was changed, each row once. */
  flush(): void
}

type LeaseColumns = {
  id: string
  key_id: string
  granted_at: number
  deadline_at: number
  held: number
  slots: number
  answer: string
}

/**
 * The rows of one call. Changed rows are kept until {@link SqlRows.flush}: a batch of records that share a lease and an
 * account writes each of them once, and rows written are what a plan counts.
 */
export function createSqlRows(sql: SqlStorage, hourRows: HourRows, slotRefusals = new Map<Scope, number>()): SqlRows {
  const accounts = createSqlAccounts(sql)
  const leases = new Map<string, LeaseRow | undefined>()
  const rates = new Map<string, { readonly scope: Scope; readonly kind: RateKind; readonly fullAt: number }>()
  const bookings = createSqlBookings(sql, hourRows)
  const flush = () => {
    bookings.flush()
    accounts.flush()
    for (const [id, row] of leases) writeLease(sql, id, row)
    for (const { scope, kind, fullAt } of rates.values()) {
      sql.exec('INSERT OR REPLACE INTO rates VALUES (?, ?, ?)', scope, kind, fullAt)
    }
    for (const changed of [leases, rates]) changed.clear()
  }
  const nameOf = (scope: Scope, name: string) => `${scope} ${name}`
  return {
    flush,
    slotRefusals,
    account: accounts.read,
    accountsAt: accounts.readAt,
    putAccount: accounts.put,
    lease: (id) => {
      if (leases.has(id)) return leases.get(id)
      return sql.exec<LeaseColumns>('SELECT * FROM leases WHERE id = ?', id).toArray().map(toLease)[0]
    },
    putLease: (row) => void leases.set(row.id, row),
    deleteLease: (id) => void leases.set(id, undefined),
    held(keyId, startAt, endAt, nowMs) {
      flush()
      return heldBetween(sql, keyId, startAt, endAt, nowMs)
    },
    slots(keyId, nowMs) {
      flush()
      const of = keyId === undefined ? '' : 'AND key_id = ?'
      const query = `SELECT COALESCE(SUM(slots), 0) AS slots FROM leases WHERE deadline_at > ? ${of}`
      return sql.exec<{ slots: number }>(query, nowMs, ...(keyId === undefined ? [] : [keyId])).one().slots
    },
    overdue(beforeMs, limit) {
      flush()
      return sql
        .exec<LeaseColumns>('SELECT * FROM leases WHERE deadline_at < ? LIMIT ?', beforeMs, limit)
        .toArray()
        .map(toLease)
    },
    rate: (scope, kind) =>
      rates.get(nameOf(scope, kind))?.fullAt ??
      sql.exec<{ full_at: number }>('SELECT full_at FROM rates WHERE scope = ? AND kind = ?', scope, kind).toArray()[0]
        ?.full_at,
    putRate: (scope, kind, fullAt) => void rates.set(nameOf(scope, kind), { scope, kind, fullAt }),
    spentSince(keyId, startAtMs) {
      bookings.flush()
      return spentSince(sql, keyId, startAtMs)
    },
    addBooking: bookings.add,
  }
}

function heldBetween(sql: SqlStorage, keyId: string | undefined, startAt: number, endAt: number, nowMs: number): Held {
  const of = keyId === undefined ? '' : 'AND key_id = ?'
  const query = `SELECT COALESCE(SUM(CASE WHEN deadline_at > ? THEN held ELSE 0 END), 0) AS open,
    COALESCE(SUM(CASE WHEN deadline_at > ? THEN 0 ELSE held END), 0) AS lost
    FROM leases WHERE granted_at >= ? AND granted_at < ? ${of}`
  const key = keyId === undefined ? [] : [keyId]
  const { open, lost } = sql.exec<{ open: number; lost: number }>(query, nowMs, nowMs, startAt, endAt, ...key).one()
  return { openNanoUsd: open, lostNanoUsd: lost }
}

function writeLease(sql: SqlStorage, id: string, row: LeaseRow | undefined): void {
  if (!row) {
    sql.exec('DELETE FROM leases WHERE id = ?', id)
    return
  }
  const { keyId, grantedAt, deadlineAt, heldNanoUsd, heldSlots, answer } = row
  const columns = [id, keyId, grantedAt, deadlineAt, heldNanoUsd, heldSlots, JSON.stringify(answer)]
  sql.exec('INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?)', ...columns)
}

const toLease = (columns: LeaseColumns): LeaseRow => ({
  id: columns.id,
  keyId: columns.key_id,
  grantedAt: columns.granted_at,
  deadlineAt: columns.deadline_at,
  heldNanoUsd: columns.held,
  heldSlots: columns.slots,
  answer: JSON.parse(columns.answer),
})
