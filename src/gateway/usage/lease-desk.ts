import { type Clock, isRecent } from '../../core/clock.ts'
import { believedRefusal, keepRefusal } from '../../core/limits/believed-refusal.ts'
import {
  type Amounts,
  CALL_LIMIT_MS,
  type ExchangeAnswer,
  type ExchangeCall,
  type LeaseAsk,
  type LedgerRules,
  type Refusal,
  type Scope,
  type ScopeBounds,
} from '../../core/limits/exchange.ts'
import { type Draw, drawFrom, keepLease, type LeasePool } from '../../core/limits/lease-pool.ts'
import { retireAll, retireUnfit } from '../../core/limits/lease-retirement.ts'
import { acknowledgeShrinks, shrinksOf } from '../../core/limits/lease-shrinks.ts'
import { wantFor, wantsRenewal, wantsRenewalAfter } from '../../core/limits/lease-wants.ts'
import { heedWanted, type LeaseMemory, poolOf, projectMemoryOf } from '../../isolate/leases.ts'

export type LeaseDeps = {
  readonly leases: LeaseMemory
  readonly clock: Clock
  readonly newId: () => string
  /** Asks a project's object, with a time limit. `undefined`: it did not answer, and may have heard it all the same. */
  readonly exchange: (project: string, call: ExchangeCall) => Promise<ExchangeAnswer | undefined>
}

/** Who asks under which bounds. */
export type Bounded = {
  readonly project: string
  readonly keyId: string
  readonly bounds: readonly ScopeBounds[]
  readonly rules: LedgerRules
  /** How long a request may take, in milliseconds. */
  readonly longestMs: number
}

export type Acquired =
  | { readonly kind: 'drawn'; readonly pool: LeasePool; readonly draw: Draw }
  | { readonly kind: 'refused'; readonly scope: Scope; readonly why: Refusal }
  | { readonly kind: 'no_answer' }

/** For how long requests may be begun with a lease; a rate is leased for no longer. */
const LEASE_MS = 10_000
/** Questions of other requests are waited for so long: two, of which the first was not answered. */
const TURN_WAIT_MS = 2 * CALL_LIMIT_MS
/** Money that others hold is waited for so long. */
const HELD_WAIT_MS = 3_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 500
/** A question of another request is looked at so often; nobody may await it. */
const LOOK_MS = 2
/** After this it has died with its request. */
const ASKING_LIMIT_MS = 5_000

/** What is there goes to those who came before. */
const HELD: Acquired = { kind: 'refused', scope: 'project', why: { kind: 'held' } }

/** Draws what a request needs from the isolate's leases, else asks for one. */
export async function acquire(
  deps: LeaseDeps,
  bounded: Bounded,
  need: Amounts,
  leastNanoUsd: number,
): Promise<Acquired> {
  const pool = poolFor(deps, bounded)
  const drawn = drawFrom(pool, need, deps.clock.now())
  if (drawn) return { kind: 'drawn', pool, draw: drawn }
  const giveUpAt = deps.clock.now() + HELD_WAIT_MS
  const turnBy = deps.clock.now() + TURN_WAIT_MS
  pool.waiting += 1
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      const isLast = deps.clock.now() + pauseMs >= giveUpAt
      const found = await askInTurn(deps, bounded, pool, { need, leastNanoUsd, takesLess: isLast }, turnBy)
      if (found.kind !== 'refused' || !mayPassSoon(found.why) || isLast) return found
      await deps.clock.wait(pauseMs)
    }
  } finally {
    pool.waiting -= 1
  }
}

/** Money and slots that others hold come back; what is spent does not, and a rate says itself how long it takes. */
function mayPassSoon(why: Refusal): boolean {
  return why.kind === 'held' || (why.kind === 'rate' && why.what === 'concurrent')
}

/** Asks for the lease after this one, where it is used up soon. Belongs into `waitUntil`. */
export function renewAhead(deps: LeaseDeps, bounded: Bounded, pool: LeasePool, draw: Draw): Promise<void> | undefined {
  if (!wantsRenewal(pool, draw, deps.clock.now())) return undefined
  return renew(deps, bounded, pool, draw)
}

/** The same after a request that had the only slot of its lease, once its record was posted. */
export function renewAfter(deps: LeaseDeps, bounded: Bounded, pool: LeasePool, draw: Draw): Promise<void> | undefined {
  if (!wantsRenewalAfter(pool, draw, deps.clock.now())) return undefined
  draw.lease.isRetired = true
  return renew(deps, bounded, pool, draw)
}

async function renew(deps: LeaseDeps, bounded: Bounded, pool: LeasePool, { amounts }: Draw): Promise<void> {
  await ask(deps, bounded, pool, { need: amounts, leastNanoUsd: amounts.nanoUsd, takesLess: false }, true)
}

function poolFor(deps: LeaseDeps, { project, keyId, bounds }: Bounded): LeasePool {
  return poolOf(projectMemoryOf(deps.leases, project), keyId, JSON.stringify(bounds))
}

type Question = Pick<LeaseAsk, 'need' | 'leastNanoUsd' | 'takesLess'>

/**
 * One question at a time for each key: what it brings may be enough for those who wait. Where each brings enough for one, or
 * nothing, a turn that comes too late is none.
 */
async function askInTurn(
  deps: LeaseDeps,
  bounded: Bounded,
  pool: LeasePool,
  question: Question,
  turnBy: number,
): Promise<Acquired> {
  for (;;) {
    const now = deps.clock.now()
    const draw = drawFrom(pool, question.need, now)
    if (draw) return { kind: 'drawn', pool, draw }
    const refused = believedRefusal(pool, question.leastNanoUsd, now)
    if (refused) return { kind: 'refused', scope: refused.scope, why: refused.why }
    if (now >= turnBy) return pool.isUnanswered ? { kind: 'no_answer' } : HELD
    if (!isAsking(pool, now)) break
    await deps.clock.wait(LOOK_MS)
  }
  return ask(deps, bounded, pool, question, false)
}

/** Whether a question is under way; one that is older has died with its request. */
export function isAsking({ askingSince }: LeasePool, nowMs: number): boolean {
  return askingSince !== undefined && isRecent(askingSince, ASKING_LIMIT_MS, nowMs)
}

async function ask(
  deps: LeaseDeps,
  bounded: Bounded,
  pool: LeasePool,
  question: Question,
  isAhead: boolean,
): Promise<Acquired> {
  const askedAt = deps.clock.now()
  const id = deps.newId()
  const { tag } = pool
  pool.askingSince = askedAt
  if (!isAhead && question.need.slots > 0) retireUnfit(pool, question.need)
  const shrinks = shrinksOf(pool)
  const { keyId, bounds, longestMs, rules } = bounded
  const want = wantFor(pool, question.need, askedAt)
  const call = { shrinks, rules, ask: { id, keyId, bounds, ...question, want, usableMs: LEASE_MS, longestMs } }
  const answer = await deps.exchange(bounded.project, call)
  if (pool.askingSince === askedAt) delete pool.askingSince
  pool.isUnanswered = !answer
  if (!answer?.lease) {
    pool.orphans.push(id)
    return { kind: 'no_answer' }
  }
  acknowledgeShrinks(pool, shrinks)
  heedWanted(projectMemoryOf(deps.leases, bounded.project), answer, deps.clock.now())
  const { lease } = answer
  if (lease.kind === 'refused') {
    keepRefusal(pool, lease.scope, lease.why, question.leastNanoUsd, deps.clock.now())
    return { kind: 'refused', scope: lease.scope, why: lease.why }
  }
  const draw = keepLease(pool, { id, askedAt, need: question.need, isAhead }, lease, deps.clock.now())
  // What was granted under other bounds than there are now serves the one request that asked for it.
  if (pool.tag !== tag) retireAll(pool)
  return draw ? { kind: 'drawn', pool, draw } : { kind: 'no_answer' }
}
