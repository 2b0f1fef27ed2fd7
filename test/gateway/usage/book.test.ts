import { beforeEach, describe, expect, test } from 'vitest'
import { answerExchange } from '../../../src/core/limits/answer-exchange.ts'
import type { ExchangeCall } from '../../../src/core/limits/exchange.ts'
import { type BookDeps, bookRecord, giveBack } from '../../../src/gateway/usage/book.ts'
import { acquire, type Bounded } from '../../../src/gateway/usage/lease-desk.ts'
import { createLeaseMemory, projectMemoryOf } from '../../../src/isolate/leases.ts'
import { bookingOf, budgets, money } from '../../core/limits/support/ledger.ts'
import { createMemoryRows, type MemoryRows } from '../../core/limits/support/memory-rows.ts'
import { createVirtualTime, type VirtualTime } from '../../simulation/virtual-time.ts'

const START = Date.UTC(2026, 10, 27, 12)
const RULES = { alertAt: [80], keepEventsDays: 35 }
const BOUNDED: Bounded = { project: 'p', keyId: 'k', bounds: budgets(1e9), rules: RULES, longestMs: 60_000 }

let time: VirtualTime
let rows: MemoryRows
let calls: ExchangeCall[]
let waits: number
let isGone: boolean
const leases = { current: createLeaseMemory() }

/** What one request of the isolate has; nothing of it goes on once the runtime has ended it. */
type Request = { readonly deps: BookDeps; isEnded: boolean }

beforeEach(() => {
  time = createVirtualTime(START)
  rows = createMemoryRows()
  calls = []
  waits = 0
  isGone = false
  leases.current = createLeaseMemory()
})

function request(): Request {
  const clock = time.clock(0, () => made.isEnded)
  const wait = (ms: number) => {
    if (ms >= 100) waits += 1 // who waits for a lease looks every 2 ms
    return clock.wait(ms)
  }
  const exchange = async (_project: string, call: ExchangeCall) => {
    calls.push(call)
    await clock.wait(5)
    return isGone ? undefined : answerExchange(rows, call, time.now())
  }
  const made: Request = {
    isEnded: false,
    deps: {
      leases: leases.current,
      clock: { ...clock, wait },
      newId: () => `id ${calls.length}`,
      exchange,
      tellAlerts: async () => {},
    },
  }
  return made
}

function book(by = request()): Request {
  void bookRecord(by.deps, 'p', RULES, bookingOf(undefined, 1, { startedAt: time.now() }))
  return by
}

const pass = (ms: number) => time.runUntil(time.now() + ms)

describe('records of an isolate', () => {
  test('a thousand at once take a call for two hundred of them and two requests that wait', async () => {
    for (let turn = 0; turn < 1_000; turn++) book()
    await pass(10_000)
    expect(rows.bookings.size).toBe(1_000)
    expect(calls.length).toBeLessThanOrEqual(7)
    expect(waits).toBeLessThan(50)
  })

  test('are not held back where more come than share a call', async () => {
    for (let second = 0; second < 10; second++) {
      for (let turn = 0; turn < 500; turn++) book()
      await pass(1_000)
    }
    await pass(3_000)
    expect(rows.bookings.size).toBe(5_000)
    expect(calls.some(({ unbooked }) => unbooked !== undefined)).toBe(false)
  })

  test('at one a second are booked within two seconds, by few calls', async () => {
    for (let second = 0; second < 60; second++) {
      book()
      await pass(1_000)
    }
    expect(rows.bookings.size).toBeGreaterThanOrEqual(58)
    expect(calls.length).toBeLessThanOrEqual(32)
    await pass(2_500)
    expect(rows.bookings.size).toBe(60)
  })
})

describe('a request that the runtime ends while others trust it', () => {
  const carriers = () => projectMemoryOf(leases.current, 'p').outbox.carriers.length

  test('loses nothing, even if none comes after it', async () => {
    book()
    await pass(100) // the first call
    const first = book()
    book()
    for (let turn = 0; turn < 10; turn++) book()
    expect(carriers()).toBe(2)
    first.isEnded = true
    await pass(8_000)
    expect(rows.bookings.size).toBe(13)
  })

  test('in the middle of its call loses nothing either', async () => {
    const first = book()
    await pass(0)
    expect(calls).toHaveLength(1)
    book()
    first.isEnded = true
    await pass(8_000)
    expect(rows.bookings.size).toBe(2)
  })

  test('together with the one that would have taken over: the next request takes the records along', async () => {
    book()
    await pass(100)
    const [first, second] = [book(), book()]
    for (let turn = 0; turn < 10; turn++) book()
    first.isEnded = true
    second.isEnded = true
    await pass(60_000)
    expect(rows.bookings.size).toBe(1)
    book()
    await pass(100)
    expect(rows.bookings.size).toBe(14)
  })

  test('is not asked for more than the runtime gives it: another one takes its turn', async () => {
    const ends: number[] = []
    const began = time.now()
    for (let turn = 0; turn < 300; turn++) {
      const at = time.now()
      void Promise.resolve(bookRecord(request().deps, 'p', RULES, bookingOf(undefined, 1))).then(() =>
        ends.push(time.now() - at),
      )
      await pass(100)
    }
    expect(time.now() - began).toBe(30_000)
    await pass(5_000)
    expect(rows.bookings.size).toBe(300)
    expect(Math.max(...ends)).toBeLessThan(10_000)
  })

  test('and an object that is gone keeps nobody longer than twenty seconds', async () => {
    isGone = true
    const at = time.now()
    let endedAt = 0
    void Promise.resolve(bookRecord(request().deps, 'p', RULES, bookingOf(undefined, 1))).then(() => {
      endedAt = time.now()
    })
    await pass(60_000)
    expect(endedAt - at).toBeLessThanOrEqual(28_000)
  })
})

describe('leases that nobody uses', () => {
  async function draw(): Promise<Request> {
    const by = request()
    const acquired = await acquire(by.deps, BOUNDED, money(1), 1)
    if (acquired.kind !== 'drawn') throw new Error('refused')
    void giveBack(by.deps, BOUNDED, acquired.pool)
    const { draw: drawn } = acquired
    const booking = bookingOf(drawn.lease.id, 1, { reserved: drawn.amounts, startedAt: time.now() })
    time.at(200, () => void bookRecord(by.deps, 'p', RULES, booking, drawn))
    return by
  }
  async function draws(count: number): Promise<readonly Request[]> {
    const made = Promise.all(Array.from({ length: count }, draw))
    await pass(300)
    return made
  }
  const held = () => [...rows.leases.values()].reduce((sum, { heldNanoUsd }) => sum + heldNanoUsd, 0)

  test('are watched by one request for all', async () => {
    await draws(1)
    const before = waits
    await draws(1_000)
    await pass(6_000)
    expect(rows.bookings.size).toBe(1_001)
    expect(held()).toBe(0)
    expect(waits - before).toBeLessThan(50)
  })

  test('come back, with what a second call would have cost, though it is told after they were given up', async () => {
    const by = request()
    const asking = Promise.all([1, 2].map(() => acquire(by.deps, BOUNDED, money(1), 1)))
    await pass(20)
    const [first, second] = await asking
    if (first?.kind !== 'drawn' || second?.kind !== 'drawn') throw new Error('refused')
    void giveBack(by.deps, BOUNDED, first.pool)
    await pass(20_000) // the lease is over, and both are under way
    expect(held()).toBe(2)
    const booking = bookingOf(first.draw.lease.id, 1, { reserved: first.draw.amounts })
    const before = calls.length
    void bookRecord(by.deps, 'p', RULES, booking, first.draw, [second.draw])
    await pass(15_000)
    expect(held()).toBe(0)
    // One with the record, one for what is given back by it, and then no more.
    expect(calls.length - before).toBe(2)
  })

  test('come back though the request that watched was ended', async () => {
    const [watcher] = await draws(1)
    if (watcher) watcher.isEnded = true
    for (let second = 0; second < 12; second++) {
      await draws(1)
      await pass(700)
    }
    await pass(5_000)
    expect(held()).toBe(0)
  })
})
