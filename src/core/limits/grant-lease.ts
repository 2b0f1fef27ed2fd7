import type { Amounts, LeaseAnswer, LeaseAsk, RateStand, Refusal, Scope, ScopeBounds } from './exchange.ts'
import { type AccountRow, keyOfScope, type LedgerRows, percentOf, type RateKind } from './ledger-rows.ts'
import { type Period, periodOf } from './period.ts'
import { availableUnits, takeUnits, untilFullMs, waitForUnits } from './rate.ts'

/** A lease takes at most this part of what is left, so that many isolates find something. */
const SHARE = 32
/** Of slots there are few. */
const SLOT_SHARE = 4
/** A rate comes back by itself, so more of it may be held at once; but at most what comes in ten seconds. */
const RATE_SHARE = 8
const RATE_SLICE = 6
/** Clocks that do not agree, calls that come late. */
const MARGIN_MS = 30_000
/** A slot is free again soon; its holder does not say when. */
const SLOT_WAIT_MS = 1_000

/**
 * Grants a lease, or says which bound refuses it. All bounds must cover the request; the strictest decides how much is
 * granted. What was granted counts as spent until it is given back.
 */
export function grantLease(rows: LedgerRows, ask: LeaseAsk, nowMs: number): LeaseAnswer {
  const known = rows.lease(ask.id)
  if (known) return known.answer
  let granted = ask.want
  let usableMs = ask.usableMs
  for (const bounds of ask.bounds) {
    const period = bounds.budget && periodOf(bounds.budget.per, bounds.budget.timeZone, nowMs)
    const verdicts = [
      ...(bounds.budget && period
        ? [moneyOf(rows, ask, { ...bounds.budget, scope: bounds.scope, period }, nowMs)]
        : []),
      ...rateVerdicts(rows, ask, bounds, nowMs),
      ...slotVerdict(rows, ask, bounds, nowMs),
    ]
    for (const verdict of verdicts) {
      if ('why' in verdict) return { kind: 'refused', scope: bounds.scope, why: verdict.why }
      granted = least(granted, verdict.amounts)
    }
    if (period) usableMs = Math.min(usableMs, period.endAt - nowMs)
  }
  return keep(rows, ask, { granted, usableMs }, nowMs)
}

type Verdict = { readonly amounts: Partial<Amounts> } | { readonly why: Refusal }

type MoneyBound = { readonly scope: Scope; readonly nanoUsd: number; readonly period: Period }

function moneyOf(rows: LedgerRows, ask: LeaseAsk, bound: MoneyBound, nowMs: number): Verdict {
  const account = openAccount(rows, bound)
  const { openNanoUsd, lostNanoUsd } = rows.held(keyOfScope(bound.scope), account.startAt, account.endAt, nowMs)
  const inTheEnd = bound.nanoUsd - account.spentNanoUsd - account.lostNanoUsd - lostNanoUsd
  const left = inTheEnd - openNanoUsd
  const need = ask.need.nanoUsd
  if (left >= need)
    return { amounts: { nanoUsd: Math.min(ask.want.nanoUsd, Math.max(need, Math.floor(left / SHARE))) } }
  if (inTheEnd < ask.leastNanoUsd) return { why: exhausted(bound.period) }
  // An answer is limited where the budget binds, not where others hold money that they will give back.
  const mayTakeLess = ask.takesLess || inTheEnd < need
  return mayTakeLess && left >= ask.leastNanoUsd ? { amounts: { nanoUsd: left } } : { why: { kind: 'held' } }
}

function exhausted({ endAt }: Period): Refusal {
  return endAt === Number.MAX_SAFE_INTEGER ? { kind: 'exhausted' } : { kind: 'exhausted', resetsAt: endAt }
}

/** The account of a period; a new one begins with what was booked in its time before there was a budget. */
function openAccount(rows: LedgerRows, { scope, nanoUsd, period }: MoneyBound): AccountRow {
  const known = rows.account(scope, period.id)
  if (known?.limitNanoUsd === nanoUsd) return known
  const account: AccountRow = known
    ? withLimit(known, nanoUsd)
    : {
        scope,
        period: period.id,
        startAt: period.startAt,
        endAt: period.endAt,
        spentNanoUsd: rows.spentSince(keyOfScope(scope), period.startAt),
        lostNanoUsd: 0,
        limitNanoUsd: nanoUsd,
        alertedPercent: 0,
      }
  rows.putAccount(account)
  return account
}

/** Of a budget that was raised the thresholds are told again that it has come below. */
function withLimit(known: AccountRow, limitNanoUsd: number): AccountRow {
  const account = { ...known, limitNanoUsd }
  return { ...account, alertedPercent: Math.min(known.alertedPercent, percentOf(account)) }
}

function rateVerdicts(rows: LedgerRows, ask: LeaseAsk, { scope, limits }: ScopeBounds, nowMs: number): Verdict[] {
  return ratesOf(limits).map(([kind, perMinute]): Verdict => {
    const fullAt = rows.rate(scope, kind)
    const need = ask.need[kind]
    if (need > perMinute) return { why: { kind: 'never', limit: perMinute } }
    const left = availableUnits(fullAt, perMinute, nowMs)
    if (left < need) {
      return { why: { kind: 'rate', what: kind, waitMs: waitForUnits(fullAt, perMinute, need, nowMs) } }
    }
    const most = Math.min(Math.floor(left / RATE_SHARE), Math.floor(perMinute / RATE_SLICE))
    return { amounts: { [kind]: Math.min(ask.want[kind], Math.max(need, most)) } }
  })
}

function slotVerdict(rows: LedgerRows, ask: LeaseAsk, { scope, limits }: ScopeBounds, nowMs: number): Verdict[] {
  if (limits?.concurrent === undefined) return []
  const left = limits.concurrent - rows.slots(keyOfScope(scope), nowMs)
  if (left < ask.need.slots) {
    rows.slotRefusals.set(scope, nowMs)
    return [{ why: { kind: 'rate', what: 'concurrent', waitMs: SLOT_WAIT_MS } }]
  }
  return [{ amounts: { slots: Math.min(ask.want.slots, Math.max(ask.need.slots, Math.floor(left / SLOT_SHARE))) } }]
}

function keep(
  rows: LedgerRows,
  ask: LeaseAsk,
  { granted, usableMs }: { readonly granted: Amounts; readonly usableMs: number },
  nowMs: number,
): LeaseAnswer {
  const rates: RateStand[] = []
  for (const { scope, limits } of ask.bounds) {
    for (const [what, limit] of ratesOf(limits)) {
      const fullAt = takeUnits(rows.rate(scope, what), limit, granted[what], nowMs)
      rows.putRate(scope, what, fullAt)
      const remaining = Math.max(0, availableUnits(fullAt, limit, nowMs))
      rates.push({ what, limit, remaining, fullInMs: Math.ceil(untilFullMs(fullAt, nowMs)) })
    }
  }
  const answer: LeaseAnswer = { kind: 'granted', amounts: granted, usableMs, rates }
  rows.putLease({
    id: ask.id,
    keyId: ask.keyId,
    grantedAt: nowMs,
    deadlineAt: nowMs + usableMs + ask.longestMs + MARGIN_MS,
    heldNanoUsd: granted.nanoUsd,
    heldSlots: granted.slots,
    answer,
  })
  return answer
}

function ratesOf(limits: ScopeBounds['limits']): (readonly [kind: RateKind, perMinute: number])[] {
  const { requestsPerMinute, tokensPerMinute } = limits ?? {}
  return [
    ...(requestsPerMinute === undefined ? [] : [['requests', requestsPerMinute] as const]),
    ...(tokensPerMinute === undefined ? [] : [['tokens', tokensPerMinute] as const]),
  ]
}

function least(granted: Amounts, cap: Partial<Amounts>): Amounts {
  return {
    nanoUsd: Math.min(granted.nanoUsd, cap.nanoUsd ?? granted.nanoUsd),
    requests: Math.min(granted.requests, cap.requests ?? granted.requests),
    tokens: Math.min(granted.tokens, cap.tokens ?? granted.tokens),
    slots: Math.min(granted.slots, cap.slots ?? granted.slots),
  }
}
