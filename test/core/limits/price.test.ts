import { describe, expect, test } from 'vitest'
import type { CatalogRow } from '../../../src/core/catalog/catalog.ts'
import { costOf, longestContextOf, priceOf } from '../../../src/core/limits/price.ts'
import { refOf } from '../support/refs.ts'

const offer = (provider: string, input: number, output: number, status = 'live') => ({
  provider,
  status,
  pricing: { input, output },
})
const ROW: CatalogRow = {
  id: 'huggingface/a/b',
  name: 'B',
  providers: [
    offer('novita', 1, 2),
    offer('together', 0.5, 4),
    offer('dead', 90, 90, 'error'),
    { provider: 'fireworks-ai', status: 'live' },
  ],
}

describe('the price of a target', () => {
  test('is the dearest of those that may serve it, input and output apart', () => {
    expect(priceOf(ROW, refOf('a/b'))?.highest).toEqual({ input: 1, output: 4 })
    expect(priceOf(ROW, refOf('a/b:cheapest'))?.highest).toEqual({ input: 1, output: 4 })
  })

  test('is the pinned provider’s', () => {
    expect(priceOf(ROW, refOf('a/b:together'))?.highest).toEqual({ input: 0.5, output: 4 })
  })

  test('is read once of a row, for each provider, however many requests ask', () => {
    let reads = 0
    const row: CatalogRow = {
      ...ROW,
      get providers() {
        reads += 1
        return ROW['providers']
      },
    }
    for (let turn = 0; turn < 100; turn++) {
      expect(priceOf(row, refOf('a/b'))?.highest).toEqual({ input: 1, output: 4 })
      expect(priceOf(row, refOf('a/b:together'))?.highest).toEqual({ input: 0.5, output: 4 })
    }
    expect(reads).toBeLessThanOrEqual(4)
    for (let turn = 0; turn < 100; turn++) priceOf(row, refOf(`a/b:made-up-${turn}`))
    expect(priceOf(row, refOf('a/b'))?.highest).toEqual({ input: 1, output: 4 })
  })

  test('is the configured one, whoever answers', () => {
    const price = priceOf({ ...ROW, cost: { input: 7, output: 8 } }, refOf('a/b:together'))
    expect(price?.highest).toEqual({ input: 7, output: 8 })
    expect(price && costOf({ promptTokens: 1, completionTokens: 1 }, price, 'together')).toBe(15_000)
  })

  test.each<[why: string, row: CatalogRow | undefined, ref: string]>([
    ['no row', undefined, 'a/b'],
    ['a provider without a price', ROW, 'a/b:fireworks-ai'],
    ['half a price', { ...ROW, providers: [], pricing: { input: 1 } }, 'a/b'],
    ['no provider', { ...ROW, providers: [] }, 'a/b'],
  ])('is not known: %s', (_why, row, ref) => {
    expect(priceOf(row, refOf(ref))).toBeUndefined()
  })

  test('is the row’s own where providers tell none', () => {
    expect(priceOf({ ...ROW, providers: [], pricing: { input: 1, output: 2 } }, refOf('a/b'))?.highest.output).toBe(2)
  })
})

describe('the context that a request may fill', () => {
  const long = (provider: string, context_length: number, status = 'live') => ({
    ...offer(provider, 1, 1, status),
    context_length,
  })
  const row: CatalogRow = {
    ...ROW,
    context_length: 8_000,
    providers: [long('novita', 8_000), long('together', 32_000), long('dead', 128_000, 'error')],
  }

  test('is the longest of those that may serve it, because the router may choose any', () => {
    expect(longestContextOf(row, refOf('a/b'))).toBe(32_000)
    expect(longestContextOf(row, refOf('a/b:cheapest'))).toBe(32_000)
  })

  test('is the pinned provider’s', () => {
    expect(longestContextOf({ ...row, context_length: 8_000 }, refOf('a/b:novita'))).toBe(8_000)
  })

  test('is what the row says where no provider tells, and nothing where nobody does', () => {
    expect(longestContextOf({ ...ROW, context_length: 5 }, refOf('a/b'))).toBe(5)
    expect(longestContextOf(ROW, refOf('a/b'))).toBeUndefined()
  })
})

test('zeros, which OpenClaw writes where it knows no price, open no budget', () => {
  const zeros = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }
  expect(priceOf({ id: 'huggingface/a/b', name: 'b', cost: zeros, pricing: zeros }, refOf('a/b'))).toBeUndefined()
  expect(priceOf({ ...ROW, cost: zeros }, refOf('a/b'))).toEqual(priceOf(ROW, refOf('a/b')))
})

describe('what an answer cost', () => {
  const price = priceOf(ROW, refOf('a/b'))
  const usage = { promptTokens: 10, completionTokens: 100 }

  test('is by the price of the provider that gave it', () => {
    expect(price && costOf(usage, price, 'novita')).toBe(10 * 1_000 + 100 * 2_000)
  })

  test.each(['fireworks-ai', undefined])('is by the highest where %s has no price', (provider) => {
    expect(price && costOf(usage, price, provider)).toBe(10 * 1_000 + 100 * 4_000)
  })
})
