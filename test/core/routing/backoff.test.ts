import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffMs, parseRetryAfter } from '../../../src/core/routing/backoff.ts'

const NOW = Date.parse('Tue, 24 Nov 2026 12:00:00 GMT')

describe('Retry-After', () => {
  test.each<[header: string | null, ms: number | undefined]>([
    [null, undefined],
    ['', undefined],
    ['2', 2_000],
    [' 2 ', 2_000],
    ['0', 0],
    ['1.5', 1_500],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['Tuesday, 24-Nov-26 12:00:30 GMT', 30_000],
    ['-5', undefined],
    ['12 apples', undefined],
    ['soon', undefined],
    ['1e9', undefined],
    ['0x10', undefined],
    ['2026-11-24', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['9'.repeat(400), undefined],
  ])('%s is %s ms', (header, ms) => {
    expect(parseRetryAfter(header, NOW)).toBe(ms)
  })

  test('whatever the header, the wait is no wait or one that can be sent on', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,30}(\.\d{1,5})?$/)), (header) => {
        const ms = parseRetryAfter(header, NOW)
        if (ms === undefined) return
        expect(ms).toBeGreaterThanOrEqual(0)
        expect(String(Math.ceil(ms / 1_000))).toMatch(/^\d+$/)
      }),
      { seed: 5 },
    )
  })
})

describe('the wait before a retry', () => {
  test.each<[retry: number, least: number, most: number]>([
    [0, 100, 200],
    [1, 200, 400],
    [2, 400, 800],
    [3, 800, 1_600],
    [4, 1_000, 2_000],
    [50, 1_000, 2_000],
  ])('number %i is from %i to %i ms', (retry, least, most) => {
    expect(backoffMs(retry, 0)).toBe(least)
    expect(backoffMs(retry, 0.999_999)).toBe(most)
  })

  test('a hundred clients that failed together do not come back together', () => {
    const waits = Array.from({ length: 100 }, (_, client) => backoffMs(2, client / 100))
    expect(new Set(waits).size).toBe(100)
  })
})
