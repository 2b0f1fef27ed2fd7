import { beforeEach, describe, expect, test } from 'vitest'
import type { Booking } from '../../../src/core/limits/exchange.ts'
import { grantLease } from '../../../src/core/limits/grant-lease.ts'
import { bookCompletion, foldOverdue, shrinkLease } from '../../../src/core/limits/settle-lease.ts'
import { askOf, bookingOf, budgets, DAY, grantedOf, money, NOW } from './support/ledger.ts'
import { createMemoryRows, type MemoryRows } from './support/memory-rows.ts'

let rows: MemoryRows
beforeEach(() => {
  rows = createMemoryRows()
})

const lease = (nanoUsd: number, nowMs = NOW) => {
  const ask = askOf(money(nanoUsd))
  grantedOf(grantLease(rows, ask, nowMs))
  return ask.id
}
const spent = () => [...rows.accounts.values()].map(({ period, spentNanoUsd }) => [period, spentNanoUsd])

describe('a completion is booked once', () => {
  test('it is spent, and its reserve is free', () => {
    const id = lease(900)
    bookCompletion(rows, bookingOf(id, 300, { reserved: money(900) }), [], NOW)
    expect(spent()).toEqual([['day 2026-11-27 UTC', 300]])
    expect(grantedOf(grantLease(rows, askOf(money(700)), NOW)).nanoUsd).toBe(700)
  })

  test('a repeated one changes nothing', () => {
    const booking = bookingOf(lease(400), 400)
    bookCompletion(rows, booking, [], NOW)
    bookCompletion(rows, booking, [], NOW + 1_000)
    expect(spent()).toEqual([['day 2026-11-27 UTC', 400]])
  })

  test('what cost more than was reserved is told as it is', () => {
    bookCompletion(rows, bookingOf(lease(400), 1_500, { reserved: money(400) }), [], NOW)
    expect(spent()).toEqual([['day 2026-11-27 UTC', 1_500]])
    expect(grantLease(rows, askOf(money(1)), NOW)).toMatchObject({ why: { kind: 'exhausted' } })
  })

  test('a late one goes to the period in which its lease was granted', () => {
    const id = lease(400)
    grantLease(rows, askOf(money(1)), NOW + DAY)
    bookCompletion(rows, bookingOf(id, 400, { startedAt: NOW + DAY }), [], NOW + DAY)
    expect(spent()).toEqual([
      ['day 2026-11-27 UTC', 400],
      ['day 2026-11-28 UTC', 0],
    ])
  })

  test('one without a lease counts for budgets that hold at its time', () => {
    grantLease(rows, askOf(money(1)), NOW)
    bookCompletion(rows, bookingOf(undefined, 250), [], NOW)
    expect(spent()).toEqual([['day 2026-11-27 UTC', 250]])
  })
})

describe('a lease gives back', () => {
  test('what it does not need', () => {
    shrinkLease(rows, { id: lease(900), nanoUsd: 100, slots: 0 }, NOW)
    expect(grantedOf(grantLease(rows, askOf(money(900)), NOW)).nanoUsd).toBe(900)
  })

  test('and never takes it back: a late message changes nothing', () => {
    const id = lease(900)
    shrinkLease(rows, { id, nanoUsd: 100, slots: 0 }, NOW)
    shrinkLease(rows, { id, nanoUsd: 500, slots: 0 }, NOW)
    expect(rows.leases.get(id)?.heldNanoUsd).toBe(100)
  })

  test('not even of one thing while it gives back another', () => {
    const ask = askOf({ ...money(900), slots: 2 })
    grantLease(rows, ask, NOW)
    shrinkLease(rows, { id: ask.id, nanoUsd: 100, slots: 2 }, NOW)
    shrinkLease(rows, { id: ask.id, nanoUsd: 500, slots: 1 }, NOW)
    expect(rows.leases.get(ask.id)).toMatchObject({ heldNanoUsd: 100, heldSlots: 1 })
  })

  test('a question that comes after it was given up holds nothing', () => {
    const ask = askOf(money(900))
    shrinkLease(rows, { id: ask.id, nanoUsd: 0, slots: 0, isOrphan: true }, NOW)
    expect(grantLease(rows, ask, NOW).kind).toBe('refused')
    expect(grantedOf(grantLease(rows, askOf(money(1_000)), NOW)).nanoUsd).toBe(1_000)
  })

  test('one that was granted and given up is free', () => {
    const id = lease(900)
    shrinkLease(rows, { id, nanoUsd: 0, slots: 0, isOrphan: true }, NOW)
    expect(grantedOf(grantLease(rows, askOf(money(1_000)), NOW)).nanoUsd).toBe(1_000)
  })
})

describe('a lease whose isolate died', () => {
  const muchLater = NOW + 4 * 3_600_000

  test('is forgotten, and what it held stays counted', () => {
    lease(900)
    expect(foldOverdue(rows, 10, muchLater)).toBe(false)
    expect(rows.leases.size).toBe(0)
    expect(grantLease(rows, askOf(money(200)), muchLater)).toMatchObject({ why: { kind: 'exhausted' } })
  })

  test('goes in small steps', () => {
    for (let index = 0; index < 3; index++) lease(10)
    expect(foldOverdue(rows, 2, muchLater)).toBe(true)
    expect(foldOverdue(rows, 2, muchLater)).toBe(false)
    expect([...rows.accounts.values()].map(({ lostNanoUsd }) => lostNanoUsd)).toEqual([30])
  })

  test('is not lost while its request may still be running', () => {
    lease(900)
    foldOverdue(rows, 10, NOW + 3_600_000)
    expect(rows.leases.size).toBe(1)
  })
})

describe('tokens a minute', () => {
  const tokenRates = [{ scope: 'project', perMinute: 6_000 }] as const
  const reserved = { ...money(0), tokens: 1_000 }
  const at = () => rows.rate('project', 'tokens')

  test('what was used beyond the estimate is a debt', () => {
    bookCompletion(rows, bookingOf(undefined, 0, { tokenRates, reserved, promptTokens: 1_600 }), [], NOW)
    expect(at()).toBe(NOW + 6_000)
  })

  test('what was not used flows back, but for what did by itself', () => {
    rows.putRate('project', 'tokens', NOW + 60_000)
    const booking = { tokenRates, reserved, promptTokens: 100, startedAt: NOW - 2_000 }
    bookCompletion(rows, bookingOf(undefined, 0, booking), [], NOW)
    expect(at()).toBe(NOW + 60_000 - 7_000)
  })
})

describe('alerts', () => {
  const book = (cost: number) => bookCompletion(rows, bookingOf(undefined, cost), [80, 100], NOW)

  test('each threshold is told once', () => {
    grantLease(rows, askOf(money(1)), NOW)
    expect(book(799)).toEqual([])
    expect(book(1)).toMatchObject([{ scope: 'project', percent: 80, spentNanoUsd: 800, limitNanoUsd: 1_000 }])
    expect(book(100)).toEqual([])
    expect(book(100)).toMatchObject([{ percent: 100 }])
    expect(book(100)).toEqual([])
  })

  const refuse = () => {
    const over = { end: 'not_admitted', errorCode: 'insufficient_quota' } as const
    return bookCompletion(rows, bookingOf(undefined, 0, over), [80, 100], NOW)
  }

  test('a budget that refuses what it has no money for is used up, though some of it is left', () => {
    grantLease(rows, askOf(money(1)), NOW)
    book(960)
    expect(refuse()).toMatchObject([{ scope: 'project', percent: 100, spentNanoUsd: 960 }])
    expect(refuse()).toEqual([])
  })

  test('a request that is larger than a whole budget uses up none', () => {
    grantLease(rows, askOf(money(1)), NOW)
    book(10)
    expect(refuse()).toEqual([])
  })

  test('a budget that was raised tells again what it has come below', () => {
    grantLease(rows, askOf(money(1)), NOW)
    expect(book(1_000)).toMatchObject([{ percent: 100 }])
    grantLease(rows, askOf(money(1), { bounds: budgets(2_000) }), NOW)
    expect(book(500)).toEqual([])
    expect(book(100)).toMatchObject([{ percent: 80, spentNanoUsd: 1_600, limitNanoUsd: 2_000 }])
  })

  test('a budget that was removed, or that begins anew at other times now, is told of no more, and counts all the same', () => {
    grantLease(rows, askOf(money(1)), NOW)
    const bookBy = (over: Partial<Booking>) =>
      bookCompletion(rows, bookingOf(undefined, 400, over), [80, 100], NOW).map(({ percent }) => percent)
    expect(bookBy({ budgets: [{ scope: 'project', per: 'day' }] })).toEqual([])
    expect(bookBy({ budgets: [] })).toEqual([])
    expect(bookBy({ budgets: [{ scope: 'project', per: 'month' }] })).toEqual([])
    expect(bookBy({ budgets: [{ scope: 'project', per: 'day' }] })).toEqual([100])
  })

  test('a leap over two is one alert', () => {
    grantLease(rows, askOf(money(1)), NOW)
    expect(book(5_000).map(({ percent }) => percent)).toEqual([100])
  })
})
