import { beforeEach, describe, expect, test } from 'vitest'
import { grantLease } from '../../../src/core/limits/grant-lease.ts'
import { bookCompletion, shrinkLease } from '../../../src/core/limits/settle-lease.ts'
import { askOf, bookingOf, budgets, DAY, grantedOf, money, NOW } from './support/ledger.ts'
import { createMemoryRows, type MemoryRows } from './support/memory-rows.ts'

let rows: MemoryRows
beforeEach(() => {
  rows = createMemoryRows()
})

describe('money', () => {
  test('a lease is a small part of what is left, so that many isolates find something', () => {
    const answer = grantLease(rows, askOf(money(1), { want: money(500), bounds: budgets(3_200) }), NOW)
    expect(grantedOf(answer).nanoUsd).toBe(100)
  })

  test('a request larger than that part gets exactly what it needs', () => {
    expect(grantedOf(grantLease(rows, askOf(money(900), { want: money(1_800) }), NOW)).nanoUsd).toBe(900)
  })

  test('what is leased is not leased twice', () => {
    grantLease(rows, askOf(money(900)), NOW)
    expect(grantLease(rows, askOf(money(200)), NOW)).toMatchObject({ kind: 'refused', why: { kind: 'held' } })
  })

  test('a repeated question gets the same grant, once', () => {
    const ask = askOf(money(900))
    expect(grantLease(rows, ask, NOW + 5)).toEqual(grantLease(rows, ask, NOW))
    expect(rows.leases.size).toBe(1)
  })

  test('a budget that is spent says when it begins anew', () => {
    bookCompletion(rows, bookingOf(undefined, 950), [], NOW)
    const answer = grantLease(rows, askOf(money(100)), NOW)
    expect(answer).toEqual({
      kind: 'refused',
      scope: 'project',
      why: { kind: 'exhausted', resetsAt: Date.UTC(2026, 10, 28) },
    })
    expect(grantedOf(grantLease(rows, askOf(money(100)), NOW + DAY)).nanoUsd).toBe(100)
  })

  test('key and project must both cover it, and the stricter wins', () => {
    const bounds = budgets(3_200, 320)
    expect(grantedOf(grantLease(rows, askOf(money(1), { want: money(500), bounds }), NOW)).nanoUsd).toBe(10)
    expect(grantLease(rows, askOf(money(400), { bounds }), NOW)).toMatchObject({ scope: 'key:k' })
    expect(grantLease(rows, askOf(money(320), { bounds: budgets(100, 320) }), NOW)).toMatchObject({ scope: 'project' })
  })

  test('an answer is limited where the budget binds', () => {
    const answer = grantLease(rows, askOf(money(5_000), { leastNanoUsd: 10 }), NOW)
    expect(grantedOf(answer).nanoUsd).toBe(1_000)
  })

  test('but not where others hold what they will give back, unless there is no time left', () => {
    const ask = { leastNanoUsd: 10 }
    grantLease(rows, askOf(money(700)), NOW)
    expect(grantLease(rows, askOf(money(800), ask), NOW)).toMatchObject({ why: { kind: 'held' } })
    expect(grantedOf(grantLease(rows, askOf(money(800), { ...ask, takesLess: true }), NOW)).nanoUsd).toBe(300)
  })

  test('a lease ends with its period', () => {
    const lateAt = Date.UTC(2026, 10, 28) - 3_000
    expect(grantLease(rows, askOf(money(1)), lateAt)).toMatchObject({ usableMs: 3_000 })
  })

  test('what a dead isolate held stays counted', () => {
    grantLease(rows, askOf(money(900)), NOW)
    const later = NOW + 200_000 // its deadline has passed
    expect(grantLease(rows, askOf(money(200)), later)).toMatchObject({ why: { kind: 'exhausted' } })
  })

  test('a budget that is new in the middle of a period begins with what was booked before', () => {
    bookCompletion(rows, bookingOf(undefined, 600, { startedAt: NOW - 60_000 }), [], NOW - 60_000)
    expect(grantLease(rows, askOf(money(500)), NOW)).toMatchObject({ why: { kind: 'exhausted' } })
  })

  test('a budget that is raised holds at once', () => {
    bookCompletion(rows, bookingOf(undefined, 1_000), [], NOW)
    expect(grantLease(rows, askOf(money(500)), NOW).kind).toBe('refused')
    expect(grantLease(rows, askOf(money(500), { bounds: budgets(2_000) }), NOW).kind).toBe('granted')
  })

  test('a clock that was set back over midnight opens no second budget', () => {
    const before = Date.UTC(2026, 10, 27, 23, 30)
    const ask = () => askOf(money(1_000))
    const first = ask()
    grantLease(rows, first, before)
    bookCompletion(rows, bookingOf(first.id, 1_000), [], before)
    expect(grantLease(rows, ask(), before + 3_600_000).kind).toBe('granted')
    expect(grantLease(rows, ask(), before).kind).toBe('refused')
  })
})

describe('rates', () => {
  const bounds = [{ scope: 'project', limits: { requestsPerMinute: 60, tokensPerMinute: 6_000 } }] as const
  const need = { nanoUsd: 0, requests: 1, tokens: 100, slots: 0 }

  test('are leased for at most ten seconds', () => {
    const want = { ...need, requests: 60, tokens: 6_000 }
    const limits = { requestsPerMinute: 60_000, tokensPerMinute: 600_000 }
    const answer = grantLease(rows, askOf(need, { bounds: [{ scope: 'project', limits }], want }), NOW)
    expect(grantedOf(answer)).toMatchObject({ requests: 60, tokens: 6_000 })
    const all = { ...need, requests: 60_000, tokens: 600_000 }
    const most = grantLease(rows, askOf(need, { bounds: [{ scope: 'project', limits }], want: all }), NOW)
    expect(grantedOf(most).requests).toBeLessThanOrEqual(10_000)
  })

  test('say how long to wait', () => {
    for (let index = 0; index < 60; index++) grantLease(rows, askOf(need, { bounds }), NOW)
    const answer = grantLease(rows, askOf(need, { bounds }), NOW)
    expect(answer).toEqual({
      kind: 'refused',
      scope: 'project',
      why: { kind: 'rate', what: 'requests', waitMs: 1_000 },
    })
  })

  test('tell what is left', () => {
    expect(grantLease(rows, askOf(need, { bounds }), NOW)).toMatchObject({
      rates: [
        { what: 'requests', limit: 60, remaining: 59, fullInMs: 1_000 },
        { what: 'tokens', limit: 6_000, remaining: 5_900, fullInMs: 1_000 },
      ],
    })
  })

  test('a request that no minute holds is told so', () => {
    const answer = grantLease(rows, askOf({ ...need, tokens: 6_001 }, { bounds }), NOW)
    expect(answer).toMatchObject({ why: { kind: 'never', limit: 6_000 } })
  })

  test('one bound that refuses leaves the others as they were', () => {
    const both = [...bounds, { scope: 'key:k', limits: { requestsPerMinute: 1 } }] as const
    grantLease(rows, askOf(need, { bounds: both }), NOW)
    const before = rows.rate('project', 'requests')
    expect(grantLease(rows, askOf(need, { bounds: both }), NOW)).toMatchObject({ scope: 'key:k' })
    expect(rows.rate('project', 'requests')).toBe(before)
  })
})

describe('requests at once', () => {
  const bounds = [{ scope: 'project', limits: { concurrent: 2 } }] as const
  const need = { nanoUsd: 0, requests: 0, tokens: 0, slots: 1 }

  test('are as many as the limit, and one is free when one has ended', () => {
    const [first, second] = [askOf(need, { bounds }), askOf(need, { bounds })]
    expect([first, second].map((ask) => grantLease(rows, ask, NOW).kind)).toEqual(['granted', 'granted'])
    expect(grantLease(rows, askOf(need, { bounds }), NOW)).toMatchObject({ why: { what: 'concurrent' } })
    shrinkLease(rows, { id: first.id, nanoUsd: 0, slots: 0 }, NOW)
    expect(grantLease(rows, askOf(need, { bounds }), NOW).kind).toBe('granted')
  })

  test('a dead isolate’s are free when no request can be running any more', () => {
    for (const ask of [askOf(need, { bounds }), askOf(need, { bounds })]) grantLease(rows, ask, NOW)
    expect(grantLease(rows, askOf(need, { bounds }), NOW + 70_000).kind).toBe('refused')
    expect(grantLease(rows, askOf(need, { bounds }), NOW + 101_000).kind).toBe('granted')
  })
})
