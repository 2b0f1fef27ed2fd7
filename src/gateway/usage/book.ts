import { type Clock, isRecent } from '../../core/clock.ts'
import type { Booking, BudgetAlert, ExchangeCall, LedgerRules, Shrink } from '../../core/limits/exchange.ts'
import { type Draw, endDraw, type LeasePool } from '../../core/limits/lease-pool.ts'
import { retireIdle } from '../../core/limits/lease-retirement.ts'
import { acknowledgeDraw, acknowledgeShrinks, releaseDraw, shrinksOf } from '../../core/limits/lease-shrinks.ts'
import {
  type Carrier,
  heedWanted,
  isRelieved,
  joinCarriers,
  type Posting,
  type ProjectMemory,
  post,
  projectMemoryOf,
} from '../../isolate/leases.ts'
import { type Bounded, isAsking, type LeaseDeps } from './lease-desk.ts'

export type BookDeps = LeaseDeps & {
  /** What to do when a budget has crossed a threshold. */
  readonly tellAlerts: (project: string, alerts: readonly BudgetAlert[]) => Promise<void>
}

/** Records that come within this time share a call. */
const SHARE_MS = 2_000
/** The runtime ends what goes on after an answer at 30 s. */
const GIVE_UP_MS = 20_000
/** Whether somebody waits is looked at so often. */
const LOOK_MS = 250
/** Whether a lease is still used. */
const WATCH_LOOK_MS = 500
/** After this a call has died with its request. */
const SENDING_LIMIT_MS = 5_000
const LONGEST_PAUSE_MS = 8_000
const MOST_AT_ONCE = 200
/** A request watches over a pool for so long before the next one takes over. */
const WATCH_MS = 10_000

/**
 * Puts a record on its way to its project's ledger; together with others where many come. Never throws.
 *
 * @returns What carries it there, which belongs into `waitUntil`; nothing where two other requests see to the outbox: one
 *   may die. To keep a request alive is dear, and most need not be.
 */
export function bookRecord(
  deps: BookDeps,
  project: string,
  rules: LedgerRules,
  booking: Booking,
  draw?: Draw,
  more: readonly Draw[] = [],
): Promise<void> | undefined {
  const { clock } = deps
  const memory = projectMemoryOf(deps.leases, project)
  const { outbox } = memory
  for (const ended of draw ? [draw, ...more] : more) endDraw(ended, clock.now())
  post(memory, booking, draw, more)
  const carrier = joinCarriers(outbox, clock.now())
  return carrier && carry(deps, project, memory, rules, carrier)
}

async function carry(
  deps: BookDeps,
  project: string,
  memory: ProjectMemory,
  rules: LedgerRules,
  carrier: Carrier,
): Promise<void> {
  const { clock } = deps
  const { outbox } = memory
  const giveUpAt = clock.now() + GIVE_UP_MS
  // What is not booked in time stays in the outbox: a later request of this isolate takes it along.
  const hasWork = () => outbox.postings.length > 0 || outbox.owesShrinks
  while (hasWork() && clock.now() < giveUpAt && !isRelieved(outbox, carrier, clock.now())) {
    const pauseMs = pauseBefore(memory, clock)
    if (pauseMs === 0) carrier.sent += await send(deps, project, memory, rules)
    else await clock.wait(pauseMs)
  }
  outbox.carriers = outbox.carriers.filter((other) => other !== carrier)
}

/**
 * Gives the leases of a key back when nobody has used them for a while: an isolate may be gone at any time after its last
 * request, and what it held would be lost.
 *
 * @returns The watch over them, which belongs into `waitUntil`; nothing where another request watches.
 */
export function giveBack(
  deps: BookDeps,
  bounded: Pick<Bounded, 'project' | 'rules'>,
  pool: LeasePool,
): Promise<void> | undefined {
  const now = deps.clock.now()
  if (pool.watch && isRecent(pool.watch.since, WATCH_MS, now)) return undefined
  const watch = { since: now }
  pool.watch = watch
  return watchOver(deps, bounded, pool, watch)
}

async function watchOver(
  deps: BookDeps,
  { project, rules }: Pick<Bounded, 'project' | 'rules'>,
  pool: LeasePool,
  watch: NonNullable<LeasePool['watch']>,
): Promise<void> {
  const { clock } = deps
  for (;;) {
    // A lease that is asked for just now comes when the ones before it are given up already.
    const idleInMs = retireIdle(pool, clock.now()) ?? (isAsking(pool, clock.now()) ? WATCH_LOOK_MS : undefined)
    if (idleInMs === undefined) break
    await clock.wait(Math.min(WATCH_LOOK_MS, idleInMs))
    if (pool.watch !== watch) return
  }
  delete pool.watch
  const memory = projectMemoryOf(deps.leases, project)
  for (let tries = 0; tries < 3 && !pool.watch && shrinksOf(pool).length > 0; tries++) {
    await clock.wait(tries * SHARE_MS)
    await send(deps, project, memory, rules)
  }
}

/** Milliseconds until it may be sent; 0, if it is to be now. */
function pauseBefore({ outbox, pools }: ProjectMemory, clock: Clock): number {
  const now = clock.now()
  if (outbox.sendingSince !== undefined && isRecent(outbox.sendingSince, SENDING_LIMIT_MS, now)) return LOOK_MS
  const leftMs = outbox.sendAt - now
  // No pause is longer, unless the clock was set back meanwhile.
  const pauseMs = leftMs > LONGEST_PAUSE_MS ? 0 : Math.max(0, leftMs)
  // Somebody waits for money or slots that are given back with these records.
  const isWanted = outbox.failures === 0 && [...pools.values()].some(({ waiting }) => waiting > 0)
  return isWanted ? 0 : Math.min(pauseMs, LOOK_MS)
}

/** @returns How many records it sent. */
async function send(deps: BookDeps, project: string, memory: ProjectMemory, rules: LedgerRules): Promise<number> {
  const { outbox, pools } = memory
  const { clock } = deps
  const postings = outbox.postings.slice(0, MOST_AT_ONCE)
  const sent = new Set(postings)
  const shrinksByPool = new Map<LeasePool, readonly Shrink[]>()
  for (const pool of pools.values()) shrinksByPool.set(pool, withoutSent(shrinksOf(pool), sent))
  const { unbooked } = outbox
  outbox.unbooked = 0
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
    outbox.unbooked += unbooked
    outbox.failures += 1
    outbox.sendAt = clock.now() + Math.min(LONGEST_PAUSE_MS, SHARE_MS * 2 ** (outbox.failures - 1))
    return postings.length
  }
  heedWanted(memory, answer, clock.now())
  outbox.failures = 0
  outbox.owesShrinks = false
  outbox.postings = outbox.postings.filter((posting) => !sent.has(posting))
  outbox.sendAt = outbox.postings.length < MOST_AT_ONCE ? startedAt + SHARE_MS : clock.now()
  for (const posting of postings) {
    if (posting.isBooked) continue
    posting.isBooked = true
    if (posting.draw) acknowledgeDraw(posting.draw)
    posting.more.forEach(releaseDraw)
    if (posting.more.some(({ lease }) => lease.isRetired)) outbox.owesShrinks = true
  }
  for (const [pool, shrinks] of shrinksByPool) acknowledgeShrinks(pool, shrinks)
  if (answer.alerts?.length) await deps.tellAlerts(project, answer.alerts)
  return postings.length
}

/** Records of the same call are booked first, so their money is no part any more of what a lease still needs. */
function withoutSent(shrinks: readonly Shrink[], sent: ReadonlySet<Posting>): readonly Shrink[] {
  const byLease = new Map<string, number>()
  for (const { draw, isBooked } of sent) {
    if (draw && !isBooked) byLease.set(draw.lease.id, (byLease.get(draw.lease.id) ?? 0) + draw.amounts.nanoUsd)
  }
  return shrinks.map((shrink) => ({ ...shrink, nanoUsd: shrink.nanoUsd - (byLease.get(shrink.id) ?? 0) }))
}
