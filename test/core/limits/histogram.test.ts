import { describe, expect, test } from 'vitest'
import { type Histogram, NO_TIMES, quantileOf, withTime } from '../../../src/core/limits/histogram.ts'

const timesOf = (...times: readonly number[]) => times.reduce<Histogram>(withTime, NO_TIMES)

describe('a quantile of a histogram', () => {
  test('of nothing is nothing, and of one time that time', () => {
    expect(quantileOf(NO_TIMES, 0.5)).toBeUndefined()
    expect(quantileOf(timesOf(180), 0.95)).toBe(180)
  })

  test('lies in the bucket in which the time was counted', () => {
    const times = timesOf(...Array.from({ length: 90 }, () => 300), ...Array.from({ length: 10 }, () => 20_000))
    expect(quantileOf(times, 0.5)).toBeGreaterThan(250)
    expect(quantileOf(times, 0.5)).toBeLessThanOrEqual(500)
    expect(quantileOf(times, 0.95)).toBeGreaterThan(10_000)
    expect(quantileOf(times, 0.95)).toBeLessThanOrEqual(30_000)
  })

  test('is told as the last bound where it is longer than all of them', () => {
    expect(quantileOf(timesOf(900_000, 900_000), 0.5)).toBe(300_000)
  })

  test('of times that spread over several buckets is off by less than half', () => {
    const sorted = Array.from({ length: 1_000 }, (_, at) => 120 * 1.005 ** at)
    for (const share of [0.05, 0.5, 0.95]) {
      const real = sorted[Math.floor(sorted.length * share)] ?? 0
      const told = quantileOf(timesOf(...sorted), share) ?? 0
      expect(Math.max(told / real, real / told)).toBeLessThan(1.5)
    }
  })
})
