import { describe, expect, test } from 'vitest'
import { costNanoUsd } from '../../../src/core/limits/money.ts'
import { maxTokensWithin, promptTokensAtMost, type RequestSize, reserveFor } from '../../../src/core/limits/reserve.ts'

const SIZE: RequestSize = { promptBytes: 4_000, imageCount: 0, maxTokens: 100, choiceCount: 1 }
const CHEAP = { price: { input: 1, output: 2 }, contextLength: 32_768 }
const DEAR = { price: { input: 3, output: 15 }, contextLength: 200_000 }

describe('what a prompt may be', () => {
  test('a token is at least a byte', () => {
    expect(promptTokensAtMost(SIZE, undefined)).toBe(5_000)
  })

  test('no more than the context holds', () => {
    expect(promptTokensAtMost({ ...SIZE, promptBytes: 1_000_000 }, 32_768)).toBe(32_768)
  })

  test('an image is an image, however many bytes it has', () => {
    expect(promptTokensAtMost({ ...SIZE, imageCount: 2 }, undefined)).toBe(5_000 + 2 * 16_384)
  })
})

test('a film behind a link may fill the context, however short the link is', () => {
  expect(promptTokensAtMost({ ...SIZE, promptBytes: 100, hasMedia: true }, 32_768)).toBe(32_768)
  expect(promptTokensAtMost({ ...SIZE, promptBytes: 100, hasMedia: true }, undefined)).toBeGreaterThan(1_000_000)
  expect(reserveFor({ ...SIZE, hasMedia: true }, [CHEAP]).nanoUsd).toBe(costNanoUsd(32_768, 1) + costNanoUsd(100, 2))
})

describe('what is reserved', () => {
  test('covers the prompt and the longest answer, by the dearest target of the chain', () => {
    const reserve = reserveFor(SIZE, [CHEAP, DEAR])
    expect(reserve.nanoUsd).toBe(costNanoUsd(5_000, 3) + costNanoUsd(100, 15))
  })

  test('covers each of n answers', () => {
    const reserve = reserveFor({ ...SIZE, choiceCount: 3 }, [CHEAP])
    expect(reserve.nanoUsd).toBe(costNanoUsd(5_000, 1) + costNanoUsd(300, 2))
  })

  test('covers the whole context where no limit was set', () => {
    const reserve = reserveFor({ ...SIZE, maxTokens: undefined }, [CHEAP])
    expect(reserve.nanoUsd).toBe(costNanoUsd(5_000, 1) + costNanoUsd(32_768, 2))
    expect(reserve.leastNanoUsd).toBe(costNanoUsd(5_000, 1) + costNanoUsd(256, 2))
  })

  test('costs nothing where only rates are bound', () => {
    expect(reserveFor(SIZE, [{ price: undefined, contextLength: 8_000 }])).toMatchObject({ nanoUsd: 0, tokens: 1_100 })
  })
})

describe('the answer that a budget affords', () => {
  test('is as long as the money, whoever gives it', () => {
    const nanoUsd = costNanoUsd(5_000, 3) + costNanoUsd(700, 15)
    expect(maxTokensWithin(nanoUsd, SIZE, [CHEAP, DEAR])).toBe(700)
    expect(maxTokensWithin(nanoUsd, { ...SIZE, choiceCount: 2 }, [DEAR])).toBe(350)
  })

  test('costs no more than the money', () => {
    for (let nanoUsd = costNanoUsd(5_000, 3); nanoUsd < 16_000_000; nanoUsd += 77_777) {
      const tokens = maxTokensWithin(nanoUsd, SIZE, [DEAR])
      expect(costNanoUsd(5_000, 3) + costNanoUsd(tokens, 15)).toBeLessThanOrEqual(nanoUsd)
    }
  })
})
