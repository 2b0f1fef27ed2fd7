import { expect, test } from 'vitest'
import { formatRehearsal, parseRehearsal } from '../../../src/core/routing/rehearsal.ts'

test.each([
  ['429', { kind: 'rate_limited' }, '429'],
  ['cut', { kind: 'cut', afterEvents: 5 }, 'cut:5'],
  [' Cut:20 ', { kind: 'cut', afterEvents: 20 }, 'cut:20'],
  ['stall:0', { kind: 'stall', afterEvents: 0 }, 'stall:0'],
  ['error', { kind: 'error', afterEvents: 0 }, 'error:0'],
])('%j is a fault', (header, fault, name) => {
  const parsed = parseRehearsal(header)
  expect(parsed).toEqual({ ok: true, value: fault })
  expect(parsed.ok && formatRehearsal(parsed.value)).toBe(name)
})

test.each(['', '500', 'cut:-1', 'cut:1.5', 'cut:99999', 'fire', 'cut;n=3'])(
  '%j is none, and is told what one is',
  (header) => {
    expect(parseRehearsal(header)).toMatchObject({ ok: false, error: { message: expect.stringContaining('cut:N') } })
  },
)
