import { expect, test } from 'vitest'
import { memoryGrowth, soak } from './soak.ts'

test('500 requests, a hundred at a time, 30 % of the attempts faulty: every answer whole, nothing left open', async () => {
  const report = await soak({ requests: 500, atOnce: 100, faulty: 0.3, seed: 7 })
  expect(report.problems).toEqual([])
  expect(report.whole).toBe(500)
  expect(report.leftOpen).toBe(0)
  expect(report.faultyAttempts / report.attempts).toBeGreaterThan(0.2)
}, 120_000)

test('memory that grows without end is told from memory that settles', () => {
  const samples = (of: (index: number) => number) => Array.from({ length: 40 }, (_, index) => of(index))
  expect(memoryGrowth(samples((index) => Math.min(100, 50 + index * 5)))).toBe(1)
  expect(memoryGrowth(samples((index) => 50 + index * 5))).toBeGreaterThan(1.25)
  expect(memoryGrowth([1, 2, 3])).toBeUndefined()
})
