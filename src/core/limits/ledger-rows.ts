import type { Amounts, Booking, LeaseAnswer, Scope } from './exchange.ts'
import type { FullAt } from './rate.ts'

/** What was spent of a budget in one of its periods. Money in nanodollars, times in milliseconds since the epoch. */
export type AccountRow = {
  readonly scope: Scope
  readonly period: string
  readonly startAt: number
  readonly endAt: number
  readonly spentNanoUsd: number
  /** What leases held that were never settled, of which no row is kept any more. */
  readonly lostNanoUsd: number
  readonly limitNanoUsd: number
  /** The highest threshold that was told, in per cent. */
  readonly alertedPercent: number
}

/** How much of a budget is gone, in per cent. */
export const percentOf = ({ spentNanoUsd, lostNanoUsd, limitNanoUsd }: AccountRow) =>
  limitNanoUsd > 0 ? ((spentNanoUsd + lostNanoUsd) / limitNanoUsd) * 100 : 0

export type LeaseRow = {
  readonly id: string
  readonly keyId: string
  readonly grantedAt: number
  /** After this, whatever it still holds was lost with its isolate: the money stays counted, the slots are free. */
  readonly deadlineAt: number
  readonly heldNanoUsd: number
  readonly heldSlots: number
  /** For a repeat of the question. */
  readonly answer: LeaseAnswer
}

export type RateKind = 'requests' | 'tokens'

/** What leases hold of the money of a period. */
export type Held = { readonly openNanoUsd: number; readonly lostNanoUsd: number }

/**
 * The rows of one project, as its object keeps them in SQLite and a simulation in memory. `keyId` undefined: all keys.
 */
export type LedgerRows = {
  account(scope: Scope, period: string): AccountRow | undefined
  /** The accounts of a scope whose period holds this moment: more than one where a budget's kind was changed. */
  accountsAt(scope: Scope, atMs: number): readonly AccountRow[]
  putAccount(row: AccountRow): void
  lease(id: string): LeaseRow | undefined
  putLease(row: LeaseRow): void
  deleteLease(id: string): void
  /** Leases granted in `[startAt, endAt)`; lost are those whose deadline is not after `nowMs`. */
  held(keyId: string | undefined, startAt: number, endAt: number, nowMs: number): Held
  /** Slots of leases whose deadline is after `nowMs`. */
  slots(keyId: string | undefined, nowMs: number): number
  /** Leases whose deadline was before `beforeMs`, some of them. */
  overdue(beforeMs: number, limit: number): readonly LeaseRow[]
  rate(scope: Scope, kind: RateKind): FullAt | undefined
  putRate(scope: Scope, kind: RateKind, fullAt: FullAt): void
  /** What was booked since then: what a budget begins with that is new in a period that has begun. */
  spentSince(keyId: string | undefined, startAtMs: number): number
  /** When a slot was last refused, by scope; forgotten with the object's memory. */
  readonly slotRefusals: Map<Scope, number>
  /** @returns Whether it is new; a known id changes nothing. */
  addBooking(booking: Booking, nowMs: number): boolean
}

export const NO_AMOUNTS: Amounts = { nanoUsd: 0, requests: 0, tokens: 0, slots: 0 }

/** The key of a scope; `undefined` for the project's, which is about all keys. */
export const keyOfScope = (scope: Scope) => (scope === 'project' ? undefined : scope.slice('key:'.length))
