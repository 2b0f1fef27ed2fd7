import { isRecent } from '../clock.ts'
import type { Amounts, LeaseAnswer, RateStand, Refusal, Scope } from './exchange.ts'

/** A lease as an isolate holds it: plain data that changes. Times by the isolate's own clock. */
export type HeldLease = {
  readonly id: string
  /** Counted from before it was asked for, the owner counts from after: clocks need not agree. */
  readonly usableUntil: number
  readonly askedAt: number
  /** What may still be drawn. */
  left: Amounts
  /** Money of requests that are under way, and of those whose record was not acknowledged. */
  reservedNanoUsd: number
  /** Requests under way. */
  running: number
  draws: number
  /** When a request last drew from it, or ended. */
  usedAt: number
  /** Whether more than one request's worth was granted: what is left is scarce where it was not. */
  readonly isAmple: boolean
  /** Whether it has room for one request at once alone. */
  readonly isNarrow: boolean
  isRetired: boolean
  /** What the owner believes that it holds. */
  told: { nanoUsd: number; slots: number }
}

/** The leases of one key in one isolate. */
export type LeasePool = {
  /** The bounds, in a text: what was leased under others is not drawn from any more. */
  tag: string
  leases: HeldLease[]
  /** Questions that nobody answered: whether they were granted is not known. */
  orphans: string[]
  /** A request asks for a lease since then; the others look at what comes of it. */
  askingSince?: number | undefined
  /** Whether the last question was not answered. */
  isUnanswered?: boolean | undefined
  /** Requests that wait for one. */
  waiting: number
  /** A request sees to it that what nobody uses is given back. */
  watch?: { readonly since: number } | undefined
  /** Grows by one with each request that draws. */
  draws: number
  /** Others were refused slots: until then none is kept for later. */
  yieldsUntil: number
  /** Requests that drew lately: since `from`, and in the span before it. */
  lately: { from: number; draws: number; before: number }
  rates: readonly RateStand[]
  /** A refusal that is too young to be asked again. */
  refused?: PoolRefusal | undefined
}

export type PoolRefusal = {
  readonly scope: Scope
  readonly why: Refusal
  readonly nanoUsd: number
  readonly until: number
}

/** What one request has of a lease. */
export type Draw = { readonly lease: HeldLease; readonly amounts: Amounts }

export function createLeasePool(tag: string): LeasePool {
  return {
    tag,
    leases: [],
    orphans: [],
    waiting: 0,
    draws: 0,
    yieldsUntil: 0,
    lately: { from: 0, draws: 0, before: 0 },
    rates: [],
  }
}

/** Takes what a request needs from a lease that has it; `undefined` where none has. */
export function drawFrom(pool: LeasePool, need: Amounts, nowMs: number): Draw | undefined {
  for (const lease of pool.leases) {
    // One that was asked for in the future is of a clock that was set back: nobody knows how old it is.
    if (lease.usableUntil <= nowMs || lease.askedAt > nowMs) lease.isRetired = true
    if (!lease.isRetired && covers(lease.left, need)) return take(pool, lease, need, nowMs)
  }
  return undefined
}

/** What a lease was asked for. */
export type Asked = {
  readonly id: string
  readonly askedAt: number
  readonly need: Amounts
  /** Whether no request waits for it. */
  readonly isAhead: boolean
}

/**
 * Keeps a lease that was granted, in place of the ones before it, and draws what it was asked for: at most `need`, less
 * where less was granted.
 */
export function keepLease(
  pool: LeasePool,
  { id, askedAt, need, isAhead }: Asked,
  { amounts, usableMs, rates }: Extract<LeaseAnswer, { kind: 'granted' }>,
  nowMs: number,
): Draw | undefined {
  const isNarrow = amounts.slots < 2 * need.slots
  // Where each has room for one request, those whose request is still under way have room again after it.
  for (const older of pool.leases) if (!isNarrow || !isFit(older, need)) older.isRetired = true
  const told = { nanoUsd: amounts.nanoUsd, slots: amounts.slots }
  const isAmple = isAhead || isFit({ left: amounts }, addUp(need, need))
  const own = { left: amounts, reservedNanoUsd: 0, running: 0, draws: 0, usedAt: nowMs, isAmple, isNarrow, told }
  const held: HeldLease = { id, askedAt, usableUntil: askedAt + usableMs, ...own, isRetired: false }
  pool.leases.push(held)
  pool.rates = rates
  delete pool.refused
  const draw = isAhead
    ? undefined
    : take(pool, held, { ...need, nanoUsd: Math.min(need.nanoUsd, amounts.nanoUsd) }, nowMs)
  if (need.slots > 0 && nowMs < pool.yieldsUntil) held.isRetired = true
  return draw
}

/** A request has ended: its slot is free here, its money is not until its record is acknowledged. */
export function endDraw({ lease, amounts }: Draw, nowMs: number): void {
  lease.running -= 1
  lease.usedAt = nowMs
  if (!lease.isRetired) lease.left = { ...lease.left, slots: lease.left.slots + amounts.slots }
}

function take(pool: LeasePool, lease: HeldLease, amounts: Amounts, nowMs: number): Draw {
  lease.left = {
    nanoUsd: lease.left.nanoUsd - amounts.nanoUsd,
    requests: lease.left.requests - amounts.requests,
    tokens: lease.left.tokens - amounts.tokens,
    slots: lease.left.slots - amounts.slots,
  }
  lease.reservedNanoUsd += amounts.nanoUsd
  lease.running += 1
  lease.draws += 1
  lease.usedAt = nowMs
  pool.draws += 1
  pool.lately = latelyOf(pool, nowMs)
  pool.lately.draws += 1
  return { lease, amounts }
}

/** Half of the time for which a lease is usable, which is when the next one is asked for. */
const LATELY_MS = 5_000

/** The requests that drew lately, as they are at this time. */
export function latelyOf({ lately }: LeasePool, nowMs: number): LeasePool['lately'] {
  if (isRecent(lately.from, LATELY_MS, nowMs)) return lately
  return { from: nowMs, draws: 0, before: isRecent(lately.from, 2 * LATELY_MS, nowMs) ? lately.draws : 0 }
}

const addUp = (a: Amounts, b: Amounts): Amounts => ({
  nanoUsd: a.nanoUsd + b.nanoUsd,
  requests: a.requests + b.requests,
  tokens: a.tokens + b.tokens,
  slots: a.slots + b.slots,
})

const covers = (left: Amounts, need: Amounts) => isFit({ left }, need) && left.slots >= need.slots

/** Whether a lease covers a request but for the slot, which others of its requests may have and give back. */
export function isFit({ left }: { readonly left: Amounts }, need: Amounts): boolean {
  return left.nanoUsd >= need.nanoUsd && left.requests >= need.requests && left.tokens >= need.tokens
}
