import type { ExchangeAnswer, ExchangeCall } from './exchange.ts'
import { grantLease } from './grant-lease.ts'
import type { LedgerRows } from './ledger-rows.ts'
import { bookCompletion, shrinkLease } from './settle-lease.ts'

/** What an object does with a call: it books, takes back, and only then grants, so that what is free by now counts. */
export function answerExchange(rows: LedgerRows, call: ExchangeCall, nowMs: number): ExchangeAnswer {
  const alertAt = call.rules?.alertAt ?? []
  const alerts = (call.bookings ?? []).flatMap((booking) => bookCompletion(rows, booking, alertAt, nowMs))
  for (const shrink of call.shrinks ?? []) shrinkLease(rows, shrink, nowMs)
  return {
    ...(call.ask && { lease: grantLease(rows, call.ask, nowMs) }),
    ...(alerts.length > 0 && { alerts }),
  }
}
