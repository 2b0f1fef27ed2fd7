import type { Scope } from '../core/limits/exchange.ts'
import type { AccountRow, Held, LeaseRow, LedgerRows, RateKind } from '../core/limits/ledger-rows.ts'
import type { HourRows } from './hour-rows.ts'
import { addToLedger, spentSince } from './sql-ledger.ts'

export type SqlRows = LedgerRows & {
  /** Writes what was changed, each row once. */
  flush(): void
}

type AccountColumns = {
  scope: Scope
  period: string
  start_at: number
  end_at: number
  spent: number
  lost: number
  limit_nano: number
  alerted: number
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
export function createSqlRows(sql: SqlStorage, hourRows: HourRows): SqlRows {
  const accounts = new Map<string, AccountRow>()
  const leases = new Map<string, LeaseRow | undefined>()
  const rates = new Map<string, { readonly scope: Scope; readonly kind: RateKind; readonly fullAt: number }>()
  const flush = () => {
    for (const row of accounts.values()) writeAccount(sql, row)
    for (const [id, row] of leases) writeLease(sql, id, row)
    for (const { scope, kind, fullAt } of rates.values()) {
      sql.exec('INSERT OR REPLACE INTO rates VALUES (?, ?, ?)', scope, kind, fullAt)
    }
    for (const changed of [accounts, leases, rates]) changed.clear()
  }
  const nameOf = (scope: Scope, name: string) => `${scope} ${name}`
  return {
    flush,
    account: (scope, period) =>
      accounts.get(nameOf(scope, period)) ??
      sql
        .exec<AccountColumns>('SELECT * FROM accounts WHERE scope = ? AND period = ?', scope, period)
        .toArray()
        .map(toAccount)[0],
    accountsAt: (scope, atMs) =>
      sql
        .exec<AccountColumns>(
          'SELECT * FROM accounts WHERE scope = ? AND start_at <= ? AND end_at > ?',
          scope,
          atMs,
          atMs,
        )
        .toArray()
        .map((columns) => accounts.get(nameOf(columns.scope, columns.period)) ?? toAccount(columns)),
    putAccount: (row) => {
      accounts.set(nameOf(row.scope, row.period), row)
      // `accountsAt` looks for rows in the table.
      if (!sql.exec('SELECT 1 FROM accounts WHERE scope = ? AND period = ?', row.scope, row.period).toArray()[0])
        flush()
    },
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
    spentSince: (keyId, startAtMs) => spentSince(sql, keyId, startAtMs),
    addBooking: (booking, nowMs) => addToLedger(sql, hourRows, booking, nowMs),
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

function writeAccount(sql: SqlStorage, row: AccountRow): void {
  const { scope, period, startAt, endAt, spentNanoUsd, lostNanoUsd, limitNanoUsd, alertedPercent } = row
  const columns = [scope, period, startAt, endAt, spentNanoUsd, lostNanoUsd, limitNanoUsd, alertedPercent]
  sql.exec('INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...columns)
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

const toAccount = (columns: AccountColumns): AccountRow => ({
  scope: columns.scope,
  period: columns.period,
  startAt: columns.start_at,
  endAt: columns.end_at,
  spentNanoUsd: columns.spent,
  lostNanoUsd: columns.lost,
  limitNanoUsd: columns.limit_nano,
  alertedPercent: columns.alerted,
})

const toLease = (columns: LeaseColumns): LeaseRow => ({
  id: columns.id,
  keyId: columns.key_id,
  grantedAt: columns.granted_at,
  deadlineAt: columns.deadline_at,
  heldNanoUsd: columns.held,
  heldSlots: columns.slots,
  answer: JSON.parse(columns.answer),
})
