import type { Booking } from '../core/limits/exchange.ts'
import { createLeasePool, type Draw, type LeasePool, retireAll } from '../core/limits/lease-pool.ts'

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
  /** A request sends since then; the others look at what comes of it. */
  sendingSince?: number | undefined
  /** Not before this; so many records share a call. */
  sendAt: number
  /** Calls in a row that failed. */
  failures: number
  /** Records that were given up since the last call that was answered. */
  unbooked: number
}

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
  const made: ProjectMemory = { outbox: { postings: [], sendAt: 0, failures: 0, unbooked: 0 }, pools: new Map() }
  memory.projects.set(project, made)
  return made
}

/** The pool of a key under these bounds. One that was made under others is used up, and goes on until its requests end. */
export function poolOf({ pools }: ProjectMemory, keyId: string, tag: string): LeasePool {
  const known = pools.get(keyId)
  if (known?.tag === tag) return known
  const made = createLeasePool(tag)
  if (known) {
    retireAll(known)
    made.leases = known.leases
    made.orphans = known.orphans
  }
  if (pools.size >= MAX_POOLS) forgetIdle(pools)
  pools.set(keyId, made)
  return made
}

/** Puts a record on its way. */
export function post(
  { outbox }: ProjectMemory,
  booking: Booking,
  draw: Draw | undefined,
  more: readonly Draw[] = [],
): Posting {
  const posting = { booking, draw, more, isBooked: false }
  outbox.postings.push(posting)
  if (outbox.postings.length > MAX_POSTINGS) {
    outbox.postings.shift()
    outbox.unbooked += 1
  }
  return posting
}

function forgetIdle(pools: Map<string, LeasePool>): void {
  for (const [keyId, pool] of pools) if (pool.leases.length === 0 && pool.waiting === 0) pools.delete(keyId)
}
