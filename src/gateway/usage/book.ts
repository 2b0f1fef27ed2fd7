import type { Clock } from '../../core/clock.ts'
import type { Booking, BudgetAlert, ExchangeCall, LedgerRules, Shrink } from '../../core/limits/exchange.ts'
import {
  acknowledgeDraw,
  acknowledgeShrinks,
  type Draw,
  endDraw,
  type LeasePool,
  retireAll,
  returnDraw,
  shrinksOf,
} from '../../core/limits/lease-pool.ts'
import { type Posting, type ProjectMemory, post, projectMemoryOf } from '../../isolate/leases.ts'
import type { LeaseDeps } from './lease-desk.ts'

export type BookDeps = LeaseDeps & {
  /** What to do when a budget has crossed a threshold. */
  readonly tellAlerts: (project: string, alerts: readonly BudgetAlert[]) => Promise<void>
}

/** Records that come within this time share a call. */
const SHARE_MS = 2_000
/** The runtime ends what goes on after an answer at 30 s. */
const GIVE_UP_MS = 20_000
const LOOK_MS = 100
/** Whether somebody waits is looked at so often. */
const MOST_PAUSE_MS = 500
/** After this a sender has died with its request. */
const SENDING_LIMIT_MS = 5_000
const LONGEST_PAUSE_MS = 8_000
const MOST_AT_ONCE = 200
/** A lease that nobody draws from is kept for so long, in case the next request comes soon. */
const LINGER_MS = 3_000
/** Of slots there are few, and whoever finds none waits no longer than this. */
const SLOT_LINGER_MS = 2_000

/** Sends a record to its project's ledger; together with others where many come. Belongs into `waitUntil`. Never throws. */
export async function bookRecord(
  deps: BookDeps,
  project: string,
  rules: LedgerRules,
  booking: Booking,
  draw?: Draw,
  more: readonly Draw[] = [],
): Promise<void> {
  const memory = projectMemoryOf(deps.leases, project)
  for (const ended of draw ? [draw, ...more] : more) endDraw(ended)
  const posting = post(memory, booking, draw, more)
  const giveUpAt = deps.clock.now() + GIVE_UP_MS
  // What is not booked in time stays in the outbox: a later request of this isolate takes it along.
  while (!posting.isBooked && deps.clock.now() < giveUpAt) {
    const pauseMs = pauseBefore(memory, deps.clock)
    if (pauseMs === 0) await send(deps, project, memory, rules)
    else await deps.clock.wait(pauseMs)
  }
}

/**
 * Gives the leases of a key back when nobody has drawn from them for a while: an isolate may be gone at any time after its
 * last request, and what it held would be lost. Belongs into `waitUntil`, after {@link bookRecord}.
 */
export async function giveBack(
  deps: BookDeps,
  project: string,
  rules: LedgerRules,
  pool: LeasePool,
  draw: Draw,
): Promise<void> {
  const memory = projectMemoryOf(deps.leases, project)
  const until = Math.min(
    draw.lease.usableUntil,
    deps.clock.now() + (draw.amounts.slots > 0 ? SLOT_LINGER_MS : LINGER_MS),
  )
  while (pool.draws === draw.number && deps.clock.now() < until) {
    await deps.clock.wait(Math.max(1, Math.min(LOOK_MS * 5, until - deps.clock.now())))
  }
  if (pool.draws === draw.number && deps.clock.now() >= until) retireAll(pool)
  for (let tries = 0; tries < 3 && shrinksOf(pool).length > 0 && pool.draws === draw.number; tries++) {
    await deps.clock.wait(tries * SHARE_MS)
    await send(deps, project, memory, rules)
  }
}

/** Milliseconds until this request may send; 0, if it is to send now. */
function pauseBefore({ outbox, pools }: ProjectMemory, clock: Clock): number {
  const now = clock.now()
  if (outbox.sendingSince !== undefined && now - outbox.sendingSince < SENDING_LIMIT_MS) return LOOK_MS
  const pauseMs = Math.max(0, outbox.sendAt - now)
  // Somebody waits for money that these records give back.
  const isWanted = outbox.failures === 0 && [...pools.values()].some(({ waiting }) => waiting > 0)
  return isWanted ? 0 : Math.min(pauseMs, MOST_PAUSE_MS)
}

async function send(deps: BookDeps, project: string, memory: ProjectMemory, rules: LedgerRules): Promise<void> {
  const { outbox, pools } = memory
  const { clock } = deps
  const postings = outbox.postings.slice(0, MOST_AT_ONCE)
  const sent = new Set(postings)
  const shrinksByPool = new Map<LeasePool, readonly Shrink[]>()
  for (const pool of pools.values()) shrinksByPool.set(pool, withoutSent(shrinksOf(pool), sent))
  const { unbooked } = outbox
  const call: ExchangeCall = {
    rules,
    bookings: postings.map(({ booking }) => booking),
    shrinks: [...shrinksByPool.values()].flat(),
    ...(unbooked > 0 && { unbooked }),
  }
  const startedAt = clock.now()
  outbox.sendingSince = startedAt
  const answer = await deps.exchange(project, call)
  if (outbox.sendingSince === startedAt) delete outbox.sendingSince
  if (!answer) {
    outbox.failures += 1
    outbox.sendAt = clock.now() + Math.min(LONGEST_PAUSE_MS, SHARE_MS * 2 ** (outbox.failures - 1))
    return
  }
  outbox.failures = 0
  outbox.sendAt = startedAt + SHARE_MS
  outbox.unbooked -= unbooked
  outbox.postings = outbox.postings.filter((posting) => !sent.has(posting))
  for (const posting of postings) {
    if (posting.draw && !posting.isBooked) acknowledgeDraw(posting.draw)
    if (!posting.isBooked) posting.more.forEach(returnDraw)
    posting.isBooked = true
  }
  for (const [pool, shrinks] of shrinksByPool) acknowledgeShrinks(pool, shrinks)
  if (answer.alerts?.length) await deps.tellAlerts(project, answer.alerts)
}

/** Records of the same call are booked first, so their money is no part any more of what a lease still needs. */
function withoutSent(shrinks: readonly Shrink[], sent: ReadonlySet<Posting>): readonly Shrink[] {
  const byLease = new Map<string, number>()
  for (const { draw, isBooked } of sent) {
    if (draw && !isBooked) byLease.set(draw.lease.id, (byLease.get(draw.lease.id) ?? 0) + draw.amounts.nanoUsd)
  }
  return shrinks.map((shrink) => ({ ...shrink, nanoUsd: shrink.nanoUsd - (byLease.get(shrink.id) ?? 0) }))
}
