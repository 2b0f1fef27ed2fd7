import type { Booking, LeaseAnswer, LeaseAsk, Shrink } from '../../src/core/limits/exchange.ts'
import { grantLease } from '../../src/core/limits/grant-lease.ts'
import { type Draw, endDraw, type HeldLease } from '../../src/core/limits/lease-pool.ts'
import { bookCompletion, shrinkLease } from '../../src/core/limits/settle-lease.ts'
import { type BookDeps, bookRecord, giveBack } from '../../src/gateway/usage/book.ts'
import { acquire, renewAhead } from '../../src/gateway/usage/lease-desk.ts'
import { createLeaseMemory, type LeaseMemory, projectMemoryOf } from '../../src/isolate/leases.ts'
import { bookingOf, money } from '../core/limits/support/ledger.ts'
import { createMemoryRows, type MemoryRows } from '../core/limits/support/memory-rows.ts'
import { type Child, PROJECT, RULES, type World } from './world.ts'

/** How long a child lends what it borrowed; an isolate's lease ends with it. */
const CHILD_LEASE_MS = 30_000
/** An isolate's lease takes at most this part of what the child has left; a child has fewer isolates than a project. */
const SHARE = 4
/** Costs that come within this time are told to the root as one sum for each lease. */
const SUM_MS = 2_000

/** What a child keeps on disk. */
type Storage = {
  readonly rows: MemoryRows
  readonly leases: LeaseMemory
  /** Of each lease that it granted: what it is drawn from. */
  readonly drawn: Map<string, Drawn>
  /** What was booked of each lease of the root, and not told yet. */
  readonly sums: Map<HeldLease, Drawn & { readonly keyId: string; readonly reserved: number; readonly cost: number }>
  /** What was lent of the newest lease of a key. */
  readonly lent: Map<string, { readonly leaseId: string; readonly nanoUsd: number }>
}

type Drawn = { readonly draw: Draw; isEnded: boolean }

type Life = { readonly deps: BookDeps; isDead: boolean }

/**
 * An object of one region: toward isolates it grants leases as a project's object does, toward the project's object it
 * holds leases as an isolate does. What it grants is drawn from what it holds, so that the root's rule covers both levels.
 */
export function createChild(world: World): Child {
  let storage = emptyStorage()
  let life = beginLife(world, storage)
  const origins = new Map<string, string>()
  const child: Child = {
    calls: 0,
    hasBooked: (id) => storage.rows.bookings.has(id),
    rootLeaseOf: (leaseId) => origins.get(leaseId),
    restart(kept) {
      life.isDead = true
      if (kept === 'gone') storage = emptyStorage()
      else forgetWaits(storage.leases)
      life = beginLife(world, storage)
      for (const lease of [...storage.sums.keys()]) tellSum(life.deps, storage.sums, lease)
    },
    async hear(call) {
      if (world.isMeasured()) child.calls += 1
      const own = life
      for (const booking of call.bookings ?? []) book(own, storage, booking)
      for (const shrunk of call.shrinks ?? []) shrink(own.deps, storage, shrunk)
      if (!call.ask) return {}
      const lease = await grant(world, own, storage, call.ask)
      if (own.isDead) return new Promise<never>(() => {})
      const from = storage.drawn.get(call.ask.id)
      if (from) origins.set(call.ask.id, from.draw.lease.id)
      return lease ? { lease } : {}
    },
  }
  return child
}

const emptyStorage = (): Storage => ({
  rows: createMemoryRows(),
  leases: createLeaseMemory(),
  drawn: new Map(),
  sums: new Map(),
  lent: new Map(),
})

function beginLife(world: World, storage: Storage): Life {
  const { time } = world
  const life: Life = {
    isDead: false,
    deps: {
      leases: storage.leases,
      clock: time.clock(0, () => life.isDead),
      newId: () => `root lease ${world.ids++}`,
      exchange: (_project, call) => {
        const ask = call.ask && toRoot(call.ask, storage)
        return world.askRoot(ask ? { ...call, ask } : call, () => life.isDead)
      },
      tellAlerts: async () => {},
    },
  }
  return life
}

/** Leases of isolates differ in size, so that not their number tells what the next lease should hold, but their sum. */
function toRoot(ask: LeaseAsk, { lent }: Storage): LeaseAsk {
  const nanoUsd = Math.max(ask.want.nanoUsd, 2 * (lent.get(ask.keyId)?.nanoUsd ?? 0))
  return { ...ask, want: { ...ask.want, nanoUsd }, usableMs: CHILD_LEASE_MS }
}

/** Who waited or asked has died; a disk remembers leases, not requests. */
function forgetWaits({ projects }: LeaseMemory): void {
  for (const { pools, outbox } of projects.values()) {
    delete outbox.sendingSince
    outbox.carriers = []
    for (const pool of pools.values()) {
      pool.waiting = 0
      delete pool.askingSince
      delete pool.watch
    }
  }
}

async function grant(world: World, { deps }: Life, storage: Storage, ask: LeaseAsk): Promise<LeaseAnswer | undefined> {
  const { rows, drawn, leases } = storage
  const known = rows.lease(ask.id)
  if (known) return known.answer
  const { keyId, bounds, longestMs, need, want } = ask
  const bounded = { project: PROJECT, keyId, bounds, rules: RULES, longestMs }
  const open = projectMemoryOf(leases, PROJECT)
    .pools.get(keyId)
    ?.leases.findLast(({ isRetired }) => !isRetired)
  const amount = open
    ? Math.min(want.nanoUsd, Math.max(need.nanoUsd, Math.floor(open.left.nanoUsd / SHARE)))
    : need.nanoUsd
  const acquired = await acquire(deps, bounded, money(amount), ask.leastNanoUsd)
  if (acquired.kind === 'no_answer') return undefined
  if (acquired.kind === 'refused') return acquired
  const { pool, draw } = acquired
  const before = storage.lent.get(keyId)
  const lentBefore = before?.leaseId === draw.lease.id ? before.nanoUsd : 0
  storage.lent.set(keyId, { leaseId: draw.lease.id, nanoUsd: lentBefore + draw.amounts.nanoUsd })
  void renewAhead(deps, bounded, pool, draw)
  void giveBack(deps, bounded, pool)
  const leftMs = draw.lease.usableUntil - deps.clock.now()
  const usableMs = Math.min(ask.usableMs, leftMs)
  // Asked twice, or given up while the root was asked: the first answer holds, and what was drawn now goes back.
  const isKnown = rows.lease(ask.id) !== undefined
  // Nothing else binds here: the money that was drawn is granted, and as many requests as are wanted.
  const granted = { ...want, nanoUsd: draw.amounts.nanoUsd }
  const answer = grantLease(rows, { ...ask, bounds: [], want: granted, usableMs }, deps.clock.now())
  if (isKnown) {
    returnDraw(draw)
    endDraw(draw, deps.clock.now())
    return answer
  }
  drawn.set(ask.id, { draw, isEnded: false })
  if (world.scenario.rule === 'child_returns_what_was_lost') {
    world.time.at(usableMs, () => shrink(deps, storage, { id: ask.id, nanoUsd: 0, slots: 0 }))
  }
  return answer
}

/** What was drawn and not used may be drawn again. */
function returnDraw({ lease, amounts }: Draw): void {
  lease.reservedNanoUsd -= amounts.nanoUsd
  if (!lease.isRetired) lease.left = { ...lease.left, nanoUsd: lease.left.nanoUsd + amounts.nanoUsd }
}

/** A completion counts here once; the root hears of its cost in the next sum of its lease. */
function book({ deps }: Life, { rows, drawn, sums }: Storage, booking: Booking): void {
  if (rows.bookings.has(booking.id)) return
  const { leaseId = '' } = booking
  const heldBefore = rows.lease(leaseId)?.heldNanoUsd ?? 0
  bookCompletion(rows, booking, [], deps.clock.now())
  const from = drawn.get(leaseId)
  if (!from) {
    // It was granted before the storage was lost: the root still holds it, and counts this as well.
    const { keyId, startedAt } = booking
    void bookRecord(deps, PROJECT, RULES, bookingOf(undefined, booking.costNanoUsd ?? 0, { keyId, startedAt }))
    return
  }
  const reserved = heldBefore - (rows.lease(leaseId)?.heldNanoUsd ?? 0)
  const { lease } = from.draw
  const sum = sums.get(lease) ?? { ...from, keyId: booking.keyId, reserved: 0, cost: 0 }
  if (!sums.has(lease)) deps.clock.timer(SUM_MS, () => tellSum(deps, sums, lease))
  sums.set(lease, { ...sum, reserved: sum.reserved + reserved, cost: sum.cost + (booking.costNanoUsd ?? 0) })
  endIfEmpty(deps, rows, leaseId, from)
}

/** What isolates do not need any more may be lent again, or goes back with the lease that it is from. */
function shrink(deps: BookDeps, { rows, drawn }: Storage, shrunk: Shrink): void {
  const before = rows.lease(shrunk.id)
  shrinkLease(rows, shrunk, deps.clock.now())
  const from = drawn.get(shrunk.id)
  if (!from || !before) return
  const back = before.heldNanoUsd - (rows.lease(shrunk.id)?.heldNanoUsd ?? 0)
  returnDraw({ ...from.draw, amounts: money(back) })
  endIfEmpty(deps, rows, shrunk.id, from)
}

function endIfEmpty(deps: BookDeps, rows: MemoryRows, leaseId: string, from: Drawn): void {
  if (from.isEnded || (rows.lease(leaseId)?.heldNanoUsd ?? 0) > 0) return
  from.isEnded = true
  endDraw(from.draw, deps.clock.now())
}

function tellSum(deps: BookDeps, sums: Storage['sums'], lease: HeldLease): void {
  const sum = sums.get(lease)
  if (!sum) return
  sums.delete(lease)
  const { draw, keyId, reserved, cost } = sum
  lease.running += 1 // its record ends one draw, and this is a part of several
  const part = { ...draw, amounts: money(reserved) }
  const booking = bookingOf(lease.id, cost, { keyId, reserved: part.amounts, startedAt: deps.clock.now() })
  void bookRecord(deps, PROJECT, RULES, booking, part)
}
