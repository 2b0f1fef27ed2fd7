import type { CompletionRecord } from '../core/completion-record.ts'
import { GatewayError } from '../core/failure.ts'
import { boundsOf, type CallerBounds, rulesOf } from '../core/limits/bounds-of.ts'
import type { Amounts } from '../core/limits/exchange.ts'
import type { Draw } from '../core/limits/lease-pool.ts'
import { NO_AMOUNTS } from '../core/limits/ledger-rows.ts'
import { maxTokensWithin, reserveFor } from '../core/limits/reserve.ts'
import type { ModelRef } from '../core/routing/model-ref.ts'
import { rateHeaders } from '../wire/rate-headers.ts'
import { type AdmitDeps, type AdmitFacts, allowedTargets, type NotAdmitted, pricedTargets } from './admit-targets.ts'
import type { CallerContext } from './context.ts'
import { bookRecord, giveBack } from './usage/book.ts'
import { acquire, type Bounded, renewAfter, renewAhead } from './usage/lease-desk.ts'
import type { LedgerDeps } from './usage/ledger-deps.ts'
import { toBooking, userToKeep } from './usage/to-booking.ts'
import { toRefusal } from './usage/to-refusal.ts'

/** A request that may go on. Exactly one `settle` follows. */
export type Admission = {
  /** The targets that may be asked, in order; at least one. */
  readonly targets: readonly ModelRef[]
  readonly skipped: readonly NotAdmitted[]
  /** To be sent as the limit of the answer, because the budget affords no more. */
  readonly maxTokens?: number | undefined
  /** Sent as `X-HF-Bill-To`. */
  readonly billTo?: string | undefined
  /** For the client: `x-ratelimit-*`, `x-hugway-max-tokens`. */
  readonly headers: Readonly<Record<string, string>>
  /** The most that an estimate of its cost may be, in nanodollars. */
  readonly reservedNanoUsd?: number | undefined
  /**
   * Sets aside as much again, for a call after one that has cost something; `false` where that is not to be had. Absent
   * where no money is bound.
   */
  readonly coverAnother?: (() => Promise<boolean>) | undefined
  /** Books the record, gives back what was reserved and not used. Returns what belongs into `waitUntil`. Never throws. */
  settle(record: CompletionRecord): Promise<void> | undefined
}

/**
 * Lets a request in, as far as the bounds of its key and its project allow: which models, how much money, how fast. A
 * caller without bounds makes no call here.
 *
 * @throws {GatewayError} `model_not_allowed`, `unpriced_model`, `quota_exceeded`, `rate_limited`, `request_over_limit`,
 *   `ledger_unavailable`.
 */
export async function admit(deps: AdmitDeps, facts: AdmitFacts, ctx: CallerContext): Promise<Admission> {
  const { ledger } = deps
  const own = boundsOf(ctx.config, ctx.caller)
  const { billTo } = own.project
  const allowed = allowedTargets(facts, own, ctx)
  if (own.bounds.length === 0 || !ledger.client.isBound) {
    if (own.bounds.length > 0) tellUnbound(ledger)
    return { ...allowed, billTo, headers: {}, settle: (record) => bookFree(ledger, facts, record, ctx, own) }
  }
  const priced = await pricedTargets(deps, allowed.targets, own.isMoneyBound, ctx)
  const reserve = reserveFor(facts.size, priced.known)
  const has = (what: 'requestsPerMinute' | 'tokensPerMinute' | 'concurrent') =>
    own.bounds.some(({ limits }) => limits?.[what] !== undefined)
  const need: Amounts = {
    nanoUsd: own.isMoneyBound ? reserve.nanoUsd : 0,
    requests: has('requestsPerMinute') ? 1 : 0,
    tokens: has('tokensPerMinute') ? reserve.tokens : 0,
    slots: has('concurrent') ? 1 : 0,
  }
  const bounded: Bounded = {
    project: own.project.id,
    keyId: ctx.caller.keyId,
    bounds: own.bounds,
    rules: rulesOf(ctx.config),
    longestMs: longestMs(ctx),
  }
  const acquired = await acquire(ledger, bounded, need, own.isMoneyBound ? reserve.leastNanoUsd : 0)
  if (acquired.kind === 'no_answer') throw new GatewayError({ kind: 'ledger_unavailable', reason: 'no_answer' })
  if (acquired.kind === 'refused') throw new GatewayError(toRefusal(acquired, own, need, ctx.caller))
  const { pool, draw } = acquired
  keepAlive(ctx, renewAhead(ledger, bounded, pool, draw))
  keepAlive(ctx, giveBack(ledger, bounded, pool))
  const more: Draw[] = []
  const coverAnother = async () => {
    const again = { ...NO_AMOUNTS, nanoUsd: draw.amounts.nanoUsd }
    const covered = await acquire(ledger, bounded, again, again.nanoUsd)
    if (covered.kind !== 'drawn') return false
    more.push(covered.draw)
    keepAlive(ctx, giveBack(ledger, bounded, covered.pool))
    return true
  }
  const isShort = draw.amounts.nanoUsd < need.nanoUsd
  const maxTokens = isShort ? maxTokensWithin(draw.amounts.nanoUsd, facts.size, priced.known) : undefined
  return {
    targets: priced.targets,
    skipped: [...allowed.skipped, ...priced.skipped],
    maxTokens: maxTokens && Math.max(1, maxTokens),
    billTo,
    headers: {
      ...rateHeaders(pool.rates, draw.lease.left),
      ...(maxTokens !== undefined && { 'x-hugway-max-tokens': String(maxTokens) }),
    },
    reservedNanoUsd: own.isMoneyBound ? draw.amounts.nanoUsd : undefined,
    coverAnother: own.isMoneyBound ? coverAnother : undefined,
    settle: (record) =>
      withUser(ledger, facts, ctx, (user) => {
        const booking = toBooking(record, user, { draw, bounds: own.bounds })
        const booked = bookRecord(ledger, bounded.project, bounded.rules, booking, draw, more)
        const renewed = renewAfter(ledger, bounded, pool, draw)
        if (!renewed) return booked
        return Promise.all([booked, renewed, giveBack(ledger, bounded, pool)]).then(() => {})
      }),
  }
}

/** Whether its money is counted, so that what it used must be known. */
export const isBudgeted = ({ reservedNanoUsd }: Admission) => reservedNanoUsd !== undefined

/**
 * Books what nothing was reserved for: of a caller without bounds, or of a request that was refused. Never throws.
 *
 * @returns What belongs into `waitUntil`; nothing where no more is to be done.
 */
export function bookFree(
  ledger: LedgerDeps,
  facts: Pick<AdmitFacts, 'user'>,
  record: CompletionRecord,
  ctx: Pick<CallerContext, 'config'>,
  admitted?: CallerBounds,
): Promise<void> | undefined {
  if (!ledger.client.isBound) return undefined
  return withUser(ledger, facts, ctx, (user) =>
    bookRecord(ledger, record.caller.project, rulesOf(ctx.config), toBooking(record, user, admitted)),
  )
}

/** Books at once, but where the user's name has to be hashed first. */
function withUser(
  ledger: LedgerDeps,
  { user }: Pick<AdmitFacts, 'user'>,
  { config }: Pick<CallerContext, 'config'>,
  book: (user: string | null) => Promise<void> | undefined,
): Promise<void> | undefined {
  const kept = userToKeep(ledger, user, config)
  return kept instanceof Promise ? kept.then(book) : book(kept)
}

function keepAlive({ waitUntil }: Pick<CallerContext, 'waitUntil'>, work: Promise<unknown> | undefined): void {
  if (work) waitUntil(work)
}

/** What runs on after a response has 30 seconds. */
const AFTER_MS = 30_000

function longestMs({ config }: CallerContext): number {
  const totals = [config.timeouts, ...[...config.models.values()].map(({ timeouts }) => timeouts)]
  return Math.max(...totals.map(({ totalMs }) => totalMs)) + AFTER_MS
}

function tellUnbound({ memory, log }: LedgerDeps): void {
  if (memory.toldUnbound) return
  memory.toldUnbound = true
  log('limits_not_held', { reason: 'no binding HUGWAY_PROJECTS: deploy again with the current wrangler.toml' })
}
