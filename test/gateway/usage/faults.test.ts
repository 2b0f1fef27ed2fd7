import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { answerExchange } from '../../../src/core/limits/answer-exchange.ts'
import { CALL_LIMIT_MS, type ExchangeCall } from '../../../src/core/limits/exchange.ts'
import { bookRecord, giveBack } from '../../../src/gateway/usage/book.ts'
import { acquire, type Bounded } from '../../../src/gateway/usage/lease-desk.ts'
import type { LedgerDeps } from '../../../src/gateway/usage/ledger-deps.ts'
import { createLeaseMemory } from '../../../src/isolate/leases.ts'
import { bookingOf, budgets, money } from '../../core/limits/support/ledger.ts'
import { createMemoryRows, type MemoryRows } from '../../core/limits/support/memory-rows.ts'
import { createVirtualTime, type VirtualTime } from '../../simulation/virtual-time.ts'
import { noLedger } from '../support/no-ledger.ts'

const RULES = { alertAt: [80], keepEventsDays: 35 }
const BOUNDED: Bounded = { project: 'p', keyId: 'k', bounds: budgets(1_000), rules: RULES, longestMs: 60_000 }
const START = Date.UTC(2026, 10, 27, 12)

type Fault = 'none' | 'gone' | 'slow' | 'silent' | 'deaf' | 'answer_lost'

let time: VirtualTime
let rows: MemoryRows
let fault: Fault
let skewMs: number
/** By how much the isolate's clock was set. */
let setBackMs: number
let calls: ExchangeCall[]
let deps: LedgerDeps
let ids: number

beforeEach(() => {
  time = createVirtualTime(START)
  rows = createMemoryRows()
  fault = 'none'
  skewMs = 0
  setBackMs = 0
  calls = []
  ids = 0
  const virtual = time.clock(0, () => false)
  const clock = { ...virtual, now: () => virtual.now() - setBackMs }
  deps = {
    ...noLedger(clock),
    leases: createLeaseMemory(),
    newId: () => `id ${ids++}`,
    exchange: async (_project, call) => {
      calls.push(call)
      if (fault === 'gone') return undefined
      await clock.wait(fault === 'silent' ? CALL_LIMIT_MS : fault === 'slow' ? 2_000 : 5)
      if (fault === 'deaf' || fault === 'silent') return undefined
      const answer = answerExchange(rows, call, time.now() + skewMs)
      return fault === 'answer_lost' ? undefined : answer
    },
  }
})
afterEach(() => time.runUntil(START + 10 * 60_000))

/** Runs what waits in virtual time. */
async function run<T>(work: Promise<T> | T): Promise<T> {
  let result: { value: T } | undefined
  void Promise.resolve(work).then((value) => {
    result = { value }
  })
  for (let step = 0; step < 20_000 && !result; step++) await time.runUntil(time.now() + 20)
  if (!result) throw new Error('it waits for ever')
  return result.value
}

const ask = (nanoUsd: number) => run(acquire(deps, BOUNDED, money(nanoUsd), nanoUsd))
const held = () => [...rows.leases.values()].reduce((sum, { heldNanoUsd }) => sum + heldNanoUsd, 0)
const spent = () => [...rows.accounts.values()].reduce((sum, { spentNanoUsd }) => sum + spentNanoUsd, 0)

describe('an object that does not answer', () => {
  test.each<Fault>(['gone', 'deaf'])('(%s) is told as that, and not waited for again and again', async (kind) => {
    fault = kind
    expect(await ask(100)).toEqual({ kind: 'no_answer' })
    expect(calls).toHaveLength(1)
  })

  test.each<[Fault, string]>([
    ['silent', 'no_answer'],
    ['slow', 'refused'],
  ])('(%s) keeps a hundred requests at once little longer than one', async (kind, last) => {
    fault = kind
    const began = time.now()
    const all = await run(Promise.all(Array.from({ length: 100 }, () => acquire(deps, BOUNDED, money(600), 600))))
    expect(time.now() - began).toBeLessThan(6_200)
    expect(all.at(-1)?.kind).toBe(last)
  })

  test('holds what it granted without a hearer only until it is told', async () => {
    fault = 'answer_lost'
    expect(await ask(900)).toEqual({ kind: 'no_answer' })
    expect(held()).toBe(900)
    fault = 'none'
    expect(await ask(900)).toMatchObject({ kind: 'drawn' })
    expect(held()).toBe(900)
  })

  test('gets the records when it is back, each once', async () => {
    const acquired = await ask(300)
    if (acquired.kind !== 'drawn') throw new Error('refused')
    const { draw, pool } = acquired
    fault = 'answer_lost'
    const work = bookRecord(deps, 'p', RULES, bookingOf(draw.lease.id, 200, { reserved: draw.amounts }), draw)
    await time.runUntil(time.now() + 6_000)
    expect(calls.length).toBeGreaterThan(2)
    fault = 'none'
    await run(work)
    await run(giveBack(deps, BOUNDED, pool))
    expect([spent(), held(), rows.bookings.size]).toEqual([200, 0, 1])
  })

  test('loses no record of a request that gave up: the next one takes it along', async () => {
    fault = 'gone'
    await run(bookRecord(deps, 'p', RULES, bookingOf(undefined, 1)))
    expect(rows.bookings.size).toBe(0)
    fault = 'none'
    await run(bookRecord(deps, 'p', RULES, bookingOf(undefined, 2)))
    expect(rows.bookings.size).toBe(2)
  })

  test('is told how many records were lost for good', async () => {
    fault = 'gone'
    const many = Array.from({ length: 2_050 }, () => bookRecord(deps, 'p', RULES, bookingOf(undefined, 1)))
    await run(Promise.all(many))
    fault = 'none'
    await run(bookRecord(deps, 'p', RULES, bookingOf(undefined, 1)))
    expect(calls.filter(({ unbooked }) => unbooked !== undefined).at(-1)?.unbooked).toBe(51)
  })

  test('is called less and less often', async () => {
    fault = 'gone'
    await run(bookRecord(deps, 'p', RULES, bookingOf(undefined, 1)))
    expect(calls.length).toBeLessThan(8)
  })
})

describe('an object whose clock was set back by an hour', () => {
  test('grants no more than there is', async () => {
    const first = await ask(600)
    skewMs = -3_600_000
    const second = await ask(600)
    expect([first.kind, second.kind]).toEqual(['drawn', 'refused'])
  })
})

describe('an isolate whose clock was set back by an hour', () => {
  test('books its records all the same', async () => {
    await run(bookRecord(deps, 'p', RULES, bookingOf(undefined, 1)))
    setBackMs = 3_600_000
    await run(bookRecord(deps, 'p', RULES, bookingOf(undefined, 2)))
    expect(rows.bookings.size).toBe(2)
  })

  test('draws no more from a lease that it cannot tell the age of', async () => {
    const first = await ask(1)
    setBackMs = 3_600_000
    const second = await ask(1)
    if (first.kind !== 'drawn' || second.kind !== 'drawn') throw new Error('refused')
    expect(second.draw.lease).not.toBe(first.draw.lease)
  })

  test('gives back what nobody uses', async () => {
    const acquired = await ask(1)
    if (acquired.kind !== 'drawn') throw new Error('refused')
    const { draw, pool } = acquired
    setBackMs = 3_600_000
    await run(bookRecord(deps, 'p', RULES, bookingOf(draw.lease.id, 1, { reserved: draw.amounts }), draw))
    await run(giveBack(deps, BOUNDED, pool))
    expect(held()).toBe(0)
  })
})

describe('money that nobody asks for any more', () => {
  test('comes back within seconds of the last request', async () => {
    const acquired = await ask(1)
    if (acquired.kind !== 'drawn') throw new Error('refused')
    const { draw, pool } = acquired
    expect(held()).toBeGreaterThan(0)
    await run(bookRecord(deps, 'p', RULES, bookingOf(draw.lease.id, 1, { reserved: draw.amounts }), draw))
    await run(giveBack(deps, BOUNDED, pool))
    expect(held()).toBe(0)
    expect(time.now() - START).toBeLessThan(5_000)
  })
})

describe('a client that does not give up', () => {
  test('costs an object one call a second, not one each time', async () => {
    await run(bookRecord(deps, 'p', RULES, bookingOf(undefined, 1_000)))
    const before = calls.length
    for (let turn = 0; turn < 50; turn++) expect((await ask(500)).kind).toBe('refused')
    expect(calls.length - before).toBeLessThanOrEqual(3)
  })
})
