import type { ExchangeAnswer, ExchangeCall, Scope } from './exchange.ts'
import { grantLease } from './grant-lease.ts'
import type { LedgerRows } from './ledger-rows.ts'
import { bookCompletion, shrinkLease } from './settle-lease.ts'

/** What an object does with a call: it books, takes back, and only then grants, so that what is free by now counts. */
export function answerExchange(rows: LedgerRows, call: ExchangeCall, nowMs: number): ExchangeAnswer {
  const alertAt = call.rules?.alertAt ?? []
  const alerts = (call.bookings ?? []).flatMap((booking) => bookCompletion(rows, booking, alertAt, nowMs))
  for (const shrink of call.shrinks ?? []) shrinkLease(rows, shrink, nowMs)
  const lease = call.ask && grantLease(rows, call.ask, nowMs)
  const slotsWanted = wantedSlots(rows.slotRefusals, nowMs)
  return {
    ...(lease && { lease }),
    ...(alerts.length > 0 && { alerts }),
    ...(slotsWanted.length > 0 && { slotsWanted }),
  }
}

/** For so long after a refusal others are told of it: who waits for a slot waits no longer. */
const WANTED_MS = 3_000

function wantedSlots(refusals: Map<Scope, number>, nowMs: number): readonly Scope[] {
  for (const [scope, at] of refusals) if (Math.abs(nowMs - at) >= WANTED_MS) refusals.delete(scope)
  return [...refusals.keys()]
}
