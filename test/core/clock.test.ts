import { describe, expect, test } from 'vitest'
import { type Clock, TIMED_OUT, within } from '../../src/core/clock.ts'
import { judgeFreshness } from '../../src/core/freshness.ts'
import { nearestOf } from '../../src/json/nearest.ts'

/** A clock whose waits last as long as they say, and that knows which of them were called off. */
function realClock(): Clock & { calledOff: number } {
  const clock = {
    calledOff: 0,
    now: () => Date.now(),
    wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    timer(ms: number, run: () => void) {
      const id = setTimeout(run, ms)
      return () => {
        clock.calledOff++
        clearTimeout(id)
      }
    },
  }
  return clock
}

describe('work with a time limit', () => {
  test('is waited for while there is time, and the timer is called off', async () => {
    const clock = realClock()
    expect(await within(Promise.resolve(7), 1_000, clock)).toBe(7)
    expect(clock.calledOff).toBe(1)
  })

  test('is not waited for longer, and its later failure harms nobody', async () => {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 20))
    expect(await within(late, 5, realClock())).toBe(TIMED_OUT)
    await new Promise((resolve) => setTimeout(resolve, 30))
  })

  test('fails as it fails', async () => {
    await expect(within(Promise.reject(new Error('no')), 1_000, realClock())).rejects.toThrow('no')
  })

  test('has no time at all when the limit has passed', async () => {
    expect(await within(new Promise(() => {}), -5, realClock())).toBe(TIMED_OUT)
  })
})

test.each<[title: string, ageMs: number | undefined, expected: string]>([
  ['no copy is fetched first', undefined, 'refresh_first'],
  ['a new copy is used', 0, 'use'],
  ['a copy of nearly the limit is used', 99, 'use'],
  ['an older copy is used and renewed', 100, 'use_and_refresh'],
  ['a stale copy is renewed first', 1_000, 'refresh_first'],
  ['a copy from the future is renewed', -1, 'use_and_refresh'],
])('%s', (_title, ageMs, expected) => {
  expect(judgeFreshness(ageMs, { freshMs: 100, staleMs: 1_000 })).toBe(expected)
})

test.each<[word: string, nearest: string | undefined]>([
  ['fallback', 'fallbacks'],
  ['FALLBACKS', 'fallbacks'],
  ['falbaks', 'fallbacks'],
  ['primry', 'primary'],
  ['temperature', undefined],
  ['', undefined],
])('%s is a slip of %s', (word, nearest) => {
  expect(nearestOf(word, ['primary', 'fallbacks'])).toBe(nearest)
})
