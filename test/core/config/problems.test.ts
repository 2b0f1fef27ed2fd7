import { expect, test } from 'vitest'
import { parseConfig } from '../../../src/core/config/config.ts'
import { nearestOf } from '../../../src/json/nearest.ts'

const problemsOf = (document: unknown) => {
  const parsed = parseConfig(JSON.stringify(document))
  return parsed.ok ? [] : parsed.error
}

test('of sixty thousand mistakes the first hundred are told, and how many more there are', () => {
  const wrong = Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`wrong${index}`, 1]))
  const problems = problemsOf(wrong)
  expect(problems).toHaveLength(101)
  expect(problems[0]?.message).toMatch(/unknown key; known here/)
  expect(problems.at(-1)).toEqual({ path: '(the document)', message: 'has 59900 more problems' })
  expect(JSON.stringify(problems).length).toBeLessThan(50_000)
})

test('a hundred mistakes are all told', () => {
  const wrong = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`wrong${index}`, 1]))
  expect(problemsOf(wrong)).toHaveLength(100)
})

test('a key like a book is told by its beginning', () => {
  expect(JSON.stringify(problemsOf({ ['k'.repeat(500_000)]: 1 })).length).toBeLessThan(2_000)
})

test('a word that is too long to be a slip of any is not compared letter by letter', () => {
  const startedAt = performance.now()
  expect(nearestOf('x'.repeat(1_000_000), ['models', 'agents'])).toBeUndefined()
  expect(performance.now() - startedAt).toBeLessThan(50)
})
