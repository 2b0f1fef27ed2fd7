import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { budgetNanoUsd, costNanoUsd, tokensFor } from '../../../src/core/limits/money.ts'

describe('nothing is rounded down', () => {
  test.each<[tokens: number, usdPerMillion: number, nanoUsd: number]>([
    [0, 3, 0],
    [1, 3, 3_000],
    [1_000, 0.15, 150_000],
    [1_000, 0.29, 290_000],
    [7, 0.07, 490],
    [1, 0.0001, 1],
    [3, 0.0005, 2],
    [1_000_000, 0.1 + 0.2, 300_000_000],
  ])('%i tokens at %d USD a million', (tokens, price, nanoUsd) => {
    expect(costNanoUsd(tokens, price)).toBe(nanoUsd)
  })

  test('a cent is ten million nanodollars, whatever the binary fraction', () => {
    expect(budgetNanoUsd(0.01)).toBe(10_000_000)
    expect(budgetNanoUsd(1.1)).toBe(1_100_000_000)
    expect(budgetNanoUsd(0.29)).toBe(290_000_000)
  })

  test('money is never short of what it buys', () => {
    fc.assert(
      fc.property(fc.nat(2_000_000), fc.double({ min: 0.001, max: 100, noNaN: true }), (tokens, price) => {
        const cost = costNanoUsd(tokens, price)
        expect(cost).toBeGreaterThanOrEqual(tokens * price * 1_000 * (1 - 1e-9))
        expect(costNanoUsd(tokensFor(cost, price), price)).toBeLessThanOrEqual(cost)
        expect(tokensFor(cost, price)).toBeGreaterThanOrEqual(tokens)
      }),
    )
  })
})
