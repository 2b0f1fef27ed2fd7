import type { Scope } from '../core/limits/exchange.ts'
import type { AccountRow } from '../core/limits/ledger-rows.ts'

/** The accounts of one call: each is read once, and written once when the call is done. */
export type SqlAccounts = {
  read(scope: Scope, period: string): AccountRow | undefined
  readAt(scope: Scope, atMs: number): readonly AccountRow[]
  put(row: AccountRow): void
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

export function createSqlAccounts(sql: SqlStorage): SqlAccounts {
  const changed = new Map<string, AccountRow>()
  /** The accounts of a scope that end after a moment: a record may belong to a period that is over. */
  const loaded = new Map<Scope, { readonly after: number; readonly rows: readonly AccountRow[] }>()
  const load = (scope: Scope, after: number) => {
    const query = 'SELECT * FROM accounts WHERE scope = ? AND end_at > ?'
    const rows = sql.exec<AccountColumns>(query, scope, after).toArray().map(toAccount)
    loaded.set(scope, { after, rows })
    return rows
  }
  const readAt = (scope: Scope, atMs: number) => {
    const known = loaded.get(scope)
    const rows = known && known.after <= atMs ? known.rows : load(scope, atMs)
    return rows
      .filter(({ startAt, endAt }) => startAt <= atMs && endAt > atMs)
      .map((row) => changed.get(nameOf(row)) ?? row)
  }
  return {
    readAt,
    read: (scope, period) =>
      changed.get(nameOf({ scope, period })) ??
      sql
        .exec<AccountColumns>('SELECT * FROM accounts WHERE scope = ? AND period = ?', scope, period)
        .toArray()
        .map(toAccount)[0],
    put(row) {
      if (loaded.get(row.scope)?.rows.some(({ period }) => period === row.period)) {
        changed.set(nameOf(row), row)
        return
      }
      // One that may be new must be found by the next look at its scope.
      writeAccount(sql, row)
      loaded.delete(row.scope)
    },
    flush() {
      for (const row of changed.values()) writeAccount(sql, row)
      changed.clear()
      loaded.clear()
    },
  }
}

const nameOf = ({ scope, period }: Pick<AccountRow, 'scope' | 'period'>) => `${scope} ${period}`

function writeAccount(sql: SqlStorage, row: AccountRow): void {
  const { scope, period, startAt, endAt, spentNanoUsd, lostNanoUsd, limitNanoUsd, alertedPercent } = row
  const columns = [scope, period, startAt, endAt, spentNanoUsd, lostNanoUsd, limitNanoUsd, alertedPercent]
  sql.exec('INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?)', ...columns)
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
