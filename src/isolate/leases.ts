import { isRecent } from '../core/clock.ts'
import type { Booking, ExchangeAnswer } from '../core/limits/exchange.ts'
import { createLeasePool, type Draw, type LeasePool } from '../core/limits/lease-pool.ts'
import { retireAll, yieldSlots } from '../core/limits/lease-retirement.ts'

/** A record on its way to the ledger. */
export type Posting = {
  readonly booking: Booking
  /** The draw that the booking settles. */
  readonly draw: Draw | undefined
  /** Further draws of the request, which are free again when it is booked. */
  readonly more: readonly Draw[]
  isBooked: boolean
}

/** What is on its way to one project's ledger. */
export type Outbox = {
  postings: Posting[]
  /** A call is under way since then. */
  sendingSince?: number | undefined
  /** Requests that stay behind their answers until it is empty. */
  carriers: readonly Carrier[]
  /** Not before this; so many records share a call. */
  sendAt: number
  /** Calls in a row that failed. */
  failures: number
  /** Money was set aside for more than came of it, and the owner is to be told. */
  owesShrinks: boolean
  /** Records that were given up and not told yet; told again, and so too many, where a call was heard whose answer was lost. */
  unbooked: number
}

/** A request that has its turn to see to it that records are sent. */
export type Carrier = { readonly since: number; sent: number }

/** Leases and records of an isolate, by project; plain data. */
export type LeaseMemory = { readonly projects: Map<string, ProjectMemory> }
export type ProjectMemory = { readonly outbox: Outbox; readonly pools: Map<string, LeasePool> }

/** A deployment has few projects; what a flood of keys could make of this is bounded all the same. */
const MAX_POOLS = 2_000
/** Past this the oldest record is given up and counted. */
const MAX_POSTINGS = 2_000

export function createLeaseMemory(): LeaseMemory {
  return { projects: new Map() }
}

export function projectMemoryOf(memory: LeaseMemory, project: string): ProjectMemory {
  const known = memory.projects.get(project)
  if (known) return known
  const outbox: Outbox = { postings: [], carriers: [], sendAt: 0, failures: 0, owesShrinks: false, unbooked: 0 }
  const made: ProjectMemory = { outbox, pools: new Map() }
  memory.projects.set(project, made)
  return made
}

/** The pool of a key under these bounds. What it holds under others is used up, and goes on until its requests end. */
export function poolOf({ pools }: ProjectMemory, keyId: string, tag: string): LeasePool {
  const known = pools.get(keyId)
  if (known) {
    if (known.tag !== tag) rebind(known, tag)
    return known
  }
  const made = createLeasePool(tag)
  if (pools.size >= MAX_POOLS) forgetIdle(pools)
  pools.set(keyId, made)
  return made
}

function rebind(pool: LeasePool, tag: string): void {
  pool.tag = tag
  pool.rates = []
  delete pool.refused
  retireAll(pool)
}

/** Gives slots back that others were refused. */
export function heedWanted({ pools }: ProjectMemory, { slotsWanted = [] }: ExchangeAnswer, nowMs: number): void {
  if (slotsWanted.length === 0) return
  for (const [keyId, pool] of pools) {
    if (slotsWanted.includes('project') || slotsWanted.includes(`key:${keyId}`)) yieldSlots(pool, nowMs)
  }
}

/** Puts a record on its way. */
export function post(
  { outbox }: ProjectMemory,
  booking: Booking,
  draw: Draw | undefined,
  more: readonly Draw[] = [],
): void {
  outbox.postings.push({ booking, draw, more, isBooked: false })
  if (outbox.postings.length > MAX_POSTINGS) {
    outbox.postings.shift()
    outbox.unbooked += 1
  }
}

/** One sends, and one takes over if the first dies with its request. */
const MOST_CARRIERS = 2
/**
 * A turn ends, because a carrier may have died, because what goes on after an answer has 30 seconds, and because a free
 * plan gives it 10 ms of CPU.
 */
const TURN_MS = 5_000
const TURN_RECORDS = 200

/** Makes this request a carrier, unless there are enough. */
export function joinCarriers(outbox: Outbox, nowMs: number): Carrier | undefined {
  const carriers = outbox.carriers.filter((carrier) => hasTurn(carrier, nowMs))
  if (carriers.length >= MOST_CARRIERS) return undefined
  const carrier = { since: nowMs, sent: 0 }
  outbox.carriers = [...carriers, carrier]
  return carrier
}

/** Whether a carrier has had its turn, and another one has its own. */
export function isRelieved(outbox: Outbox, carrier: Carrier, nowMs: number): boolean {
  return !hasTurn(carrier, nowMs) && outbox.carriers.some((other) => hasTurn(other, nowMs))
}

function hasTurn({ since, sent }: Carrier, nowMs: number): boolean {
  return isRecent(since, TURN_MS, nowMs) && sent < TURN_RECORDS
}

function forgetIdle(pools: Map<string, LeasePool>): void {
  for (const [keyId, pool] of pools) if (pool.leases.length === 0 && pool.waiting === 0) pools.delete(keyId)
}
