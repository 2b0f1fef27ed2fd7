import { DurableObject } from 'cloudflare:workers'
import { answerExchange } from '../core/limits/answer-exchange.ts'
import type { ExchangeAnswer, ExchangeCall, Scope } from '../core/limits/exchange.ts'
import type { LedgerQuery, LedgerReport } from '../core/limits/ledger-report.ts'
import { foldOverdue } from '../core/limits/settle-lease.ts'
import { platform } from '../platform.ts'
import { createHourRows } from './hour-rows.ts'
import { migrate, readMeta, writeMeta } from './schema.ts'
import { addGap } from './sql-ledger.ts'
import { answerQuery } from './sql-report.ts'
import { createSqlRows } from './sql-rows.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const KEEP_DAYS = 'keep_days'
const DEFAULT_KEEP_DAYS = 35
/** Rows that one alarm takes away: it must not keep callers waiting. */
const STEP_ROWS = 500
const STEP_MS = 1_000

/**
 * One project's money, rates and records: a thin shell that reads rows, lets `core/limits` decide, and writes rows. Each
 * call is one transaction, and its answer leaves only when what it wrote is on disk.
 */
export class ProjectLedger extends DurableObject<unknown> {
  readonly #sql: SqlStorage
  readonly #hourRows = createHourRows()
  readonly #slotRefusals = new Map<Scope, number>()
  #hasAlarm = false

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    ctx.storage.transactionSync(() => migrate(this.#sql))
  }

  /** Books, takes back and grants. */
  async exchange(call: ExchangeCall): Promise<ExchangeAnswer> {
    const now = platform.clock.now()
    const answer = this.ctx.storage.transactionSync(() => {
      const rows = createSqlRows(this.#sql, this.#hourRows, this.#slotRefusals)
      const answer = answerExchange(rows, call, now)
      rows.flush()
      if (call.unbooked) addGap(this.#sql, call.unbooked, now)
      return answer
    })
    const keepDays = call.rules?.keepEventsDays
    if (keepDays !== undefined && keepDays !== (readMeta(this.#sql, KEEP_DAYS) ?? DEFAULT_KEEP_DAYS)) {
      writeMeta(this.#sql, KEEP_DAYS, keepDays)
    }
    await this.#setAlarm(now)
    return answer
  }

  /** Tells what was booked and how budgets stand. */
  async report(query: LedgerQuery): Promise<LedgerReport> {
    return this.ctx.storage.transactionSync(() => {
      return answerQuery(this.#sql, createSqlRows(this.#sql, this.#hourRows), query, platform.clock.now())
    })
  }

  /** Forgets leases whose isolates died and events that are old enough, some at a time. */
  override async alarm(): Promise<void> {
    const now = platform.clock.now()
    const hasMore = this.ctx.storage.transactionSync(() => {
      const rows = createSqlRows(this.#sql, this.#hourRows)
      const hasLeases = foldOverdue(rows, STEP_ROWS, now)
      rows.flush()
      return this.#forgetEvents(now) || hasLeases
    })
    this.#hasAlarm = false
    const nextMs = hasMore ? STEP_MS : this.#restMs()
    if (nextMs !== undefined) await this.ctx.storage.setAlarm(now + nextMs)
    this.#hasAlarm = nextMs !== undefined
  }

  /** @returns Whether there may be more of them. */
  #forgetEvents(now: number): boolean {
    const before = now - (readMeta(this.#sql, KEEP_DAYS) ?? DEFAULT_KEEP_DAYS) * DAY_MS
    const old = this.#sql
      .exec<{ at: number; id: string }>('SELECT at, id FROM events WHERE at < ? ORDER BY at LIMIT ?', before, STEP_ROWS)
      .toArray()
    const last = old.at(-1)
    if (last) this.#sql.exec('DELETE FROM events WHERE at < ? OR (at = ? AND id <= ?)', last.at, last.at, last.id)
    return old.length === STEP_ROWS
  }

  /** When there is something to forget again; `undefined` where nothing is left. */
  #restMs(): number | undefined {
    const has = (table: 'leases' | 'events') => this.#sql.exec(`SELECT 1 FROM ${table} LIMIT 1`).toArray().length > 0
    return has('leases') ? HOUR_MS : has('events') ? DAY_MS : undefined
  }

  async #setAlarm(now: number): Promise<void> {
    if (this.#hasAlarm) return
    this.#hasAlarm = true
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(now + HOUR_MS)
  }
}
