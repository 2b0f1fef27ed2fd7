import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toMessagesRateHeaders } from '../../../src/wire/messages/rate-headers.ts'
import { formatReset, readReset } from '../../../src/wire/rate-headers.ts'

test('the bounds of an answer stand in Anthropic’s headers too, their resets as times', () => {
  const headers = new Headers({
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '1.2s',
    'x-ratelimit-limit-tokens': '1000',
  })
  expect(toMessagesRateHeaders(headers, Date.UTC(2026, 0, 1))).toEqual({
    'anthropic-ratelimit-requests-limit': '60',
    'anthropic-ratelimit-requests-remaining': '59',
    'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:02.000Z',
    'anthropic-ratelimit-tokens-limit': '1000',
  })
})

test('without bounds there are none', () => {
  expect(toMessagesRateHeaders(new Headers(), 0)).toEqual({})
})

test('a reset is read as it was written, never too early', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400_000 }), (ms) => {
      const read = readReset(formatReset(ms)) ?? Number.NaN
      expect(read).toBeGreaterThanOrEqual(ms)
      expect(read - ms).toBeLessThanOrEqual(1_000)
    }),
  )
})
