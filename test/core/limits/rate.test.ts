import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { availableUnits, returnableUnits, takeUnits, untilFullMs, waitForUnits } from '../../../src/core/limits/rate.ts'

const NOW = Date.UTC(2026, 10, 27)

describe('a bucket of one minute', () => {
  test('is full at first, and empty when all was taken', () => {
    expect(availableUnits(undefined, 60, NOW)).toBe(60)
    const fullAt = takeUnits(undefined, 60, 60, NOW)
    expect(availableUnits(fullAt, 60, NOW)).toBe(0)
    expect(waitForUnits(fullAt, 60, 1, NOW)).toBe(1_000)
    expect(untilFullMs(fullAt, NOW)).toBe(60_000)
  })

  test('fills evenly', () => {
    const fullAt = takeUnits(undefined, 60, 60, NOW)
    expect(availableUnits(fullAt, 60, NOW + 999)).toBe(0)
    expect(availableUnits(fullAt, 60, NOW + 1_000)).toBe(1)
    expect(availableUnits(fullAt, 60, NOW + 600_000)).toBe(60)
  })

  test('goes into debt where more was used than was estimated', () => {
    const fullAt = takeUnits(takeUnits(undefined, 600, 600, NOW), 600, 60, NOW)
    expect(waitForUnits(fullAt, 600, 1, NOW)).toBe(6_100)
  })

  test('a clock that was set back by an hour stops nobody for an hour', () => {
    const fullAt = takeUnits(undefined, 60, 60, NOW)
    expect(waitForUnits(fullAt, 60, 1, NOW - 3_600_000)).toBeLessThanOrEqual(121_000)
  })

  test('takes no more than a minute and its bucket, whatever the order', () => {
    const steps = fc.array(fc.tuple(fc.nat(5_000), fc.nat(20)), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(steps, (asked) => {
        let now = NOW
        let fullAt: number | undefined
        let taken = 0
        for (const [ms, units] of asked) {
          now += ms
          if (availableUnits(fullAt, 60, now) < units) continue
          fullAt = takeUnits(fullAt, 60, units, now)
          taken += units
        }
        expect(taken).toBeLessThanOrEqual(60 + (now - NOW) / 1_000 + 1e-6)
      }),
    )
  })
})

test('what has flowed back by itself is not given back as well', () => {
  expect(returnableUnits(30, 60, 0)).toBe(30)
  expect(returnableUnits(30, 60, 10_000)).toBe(20)
  expect(returnableUnits(30, 60, 60_000)).toBe(0)
})
