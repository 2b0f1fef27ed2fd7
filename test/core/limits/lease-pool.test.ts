import { expect, test } from 'vitest'
import { createLeasePool, drawFrom, endDraw, keepLease } from '../../../src/core/limits/lease-pool.ts'
import { acknowledgeDraw, releaseDraw, shrinksOf } from '../../../src/core/limits/lease-shrinks.ts'
import { money, NOW } from './support/ledger.ts'

test('money that a second call of a request has used is not drawn again, and goes back when its lease ends', () => {
  const pool = createLeasePool('')
  const answer = { kind: 'granted', amounts: money(300), usableMs: 10_000, rates: [] } as const
  const first = keepLease(pool, { id: 'l', askedAt: NOW, need: money(100), isAhead: false }, answer, NOW)
  const second = drawFrom(pool, money(100), NOW)
  if (!first || !second) throw new Error('the lease has both')
  for (const draw of [first, second]) endDraw(draw, NOW)
  // One record of the request, which cost up to 200, takes the first draw off the lease.
  acknowledgeDraw(first)
  releaseDraw(second)
  expect(drawFrom(pool, money(101), NOW)).toBeUndefined()
  pool.leases.forEach((lease) => {
    lease.isRetired = true
  })
  expect(shrinksOf(pool)).toEqual([{ id: 'l', nanoUsd: 0, slots: 0 }])
})
