import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasMoreValuesThan } from '../../src/json/count-values.ts'

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** How many values a parser makes, names of members not among them. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, member) => sum + countOf(member), 1)
}

test('no value is missed, whatever stands in the strings', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(hasMoreValuesThan(encode(value), countOf(value) - 1)).toBe(true)
    }),
  )
})

test('brackets and commas in strings are none, after escaped quotes and backslashes too', () => {
  expect(hasMoreValuesThan(encode(['[,{', '\\', '"[,', '\\"[,,']), 5)).toBe(false)
  expect(hasMoreValuesThan(encode([['[,{'], 1]), 3)).toBe(true)
})

test('a string that does not end is the end', () => {
  expect(hasMoreValuesThan(new TextEncoder().encode('["abc\\"'), 5)).toBe(false)
})

test('a string of backslashes costs no square of its length', () => {
  const startedAt = performance.now()
  hasMoreValuesThan(encode('\\"'.repeat(200_000)), 5)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})
