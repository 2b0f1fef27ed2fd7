import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildCatalog } from '../../../src/core/catalog/catalog.ts'
import { offersOf } from '../../../src/core/catalog/offers.ts'
import type { RouterModel } from '../../../src/core/catalog/router-model.ts'
import { DEFAULT_CONFIG } from '../../../src/core/config/config.ts'
import { configOf, refOf } from '../support/refs.ts'

const model = (providers: unknown, more = {}): RouterModel => ({ id: 'a/b', providers, ...more })
const { id } = refOf('a/b')

test('an offer is what the list tells of one provider', () => {
  const [offer] = offersOf(
    model(
      [
        {
          provider: 'together',
          status: 'live',
          context_length: 512_000,
          pricing: { input: 2.1, output: 4.4 },
          supports_tools: true,
          supports_structured_output: false,
          first_token_latency_ms: 611,
          throughput: 40.1,
        },
      ],
      { architecture: { input_modalities: ['text', 'image'] } },
    ),
  )
  expect(offer).toEqual({
    model: 'a/b',
    provider: 'together',
    isLive: true,
    price: { input: 2.1, output: 4.4 },
    contextLength: 512_000,
    supportsTools: true,
    supportsStructuredOutput: false,
    takesImages: true,
    firstTokenMs: 611,
    tokensPerSecond: 40.1,
  })
})

describe('what the list does not tell is not known', () => {
  const of = (entry: object, more = {}) => offersOf(model([{ provider: 'p', ...entry }], more))[0]

  test.each<[title: string, entry: object, field: string]>([
    ['a missing price', {}, 'price'],
    ['half a price', { pricing: { input: 1 } }, 'price'],
    ['a price that is a text', { pricing: { input: '1', output: '2' } }, 'price'],
    ['a price below zero', { pricing: { input: -1, output: 2 } }, 'price'],
    ['a context of null', { context_length: null }, 'contextLength'],
    ['a context of 0', { context_length: 0 }, 'contextLength'],
    ['tools that are "yes"', { supports_tools: 'yes' }, 'supportsTools'],
    ['a latency of 0', { first_token_latency_ms: 0 }, 'firstTokenMs'],
    ['modalities that are missing', {}, 'takesImages'],
  ])('%s', (_title, entry, field) => {
    expect(of(entry)).toMatchObject({ provider: 'p', [field]: undefined })
  })

  test('a provider that bills seconds has no price per token', () => {
    const [offer] = offersOf(model([{ provider: 'hf-inference', pricing: { input: 1, output: 1 } }]))
    expect(offer?.price).toBeUndefined()
  })

  test('a free offer costs nothing, whatever its price says', () => {
    expect(of({ is_free: true })?.price).toEqual({ input: 0, output: 0 })
  })

  test('only the status "error" is an outage', () => {
    expect([of({})?.isLive, of({ status: 'staging' })?.isLive, of({ status: 'error' })?.isLive]).toEqual([
      true,
      true,
      false,
    ])
  })

  test.each([[undefined], ['together'], [[null, 7, {}, { provider: '' }, { provider: 3 }]]])(
    'no offer comes of the providers %j',
    (providers) => {
      expect(offersOf(model(providers))).toEqual([])
    },
  )
})

describe('the offers of a catalog', () => {
  const listed = [
    model([
      { provider: 'together', pricing: { input: 1, output: 2 } },
      { provider: 'novita', pricing: { input: 3, output: 4 } },
    ]),
  ]
  const pricesWith = (models: unknown[], mode = 'merge') =>
    buildCatalog(listed, configOf({ models: { mode, providers: { huggingface: { models } } } }))
      .offersOf(id)
      .map(({ price }) => price)

  test('have the configured price, that of the provider before that of the model', () => {
    const own = [
      { id: 'a/b', cost: { input: 9, output: 9 } },
      { id: 'a/b:novita', cost: { input: 0.5, output: 0.6 } },
    ]
    expect(pricesWith(own)).toEqual([
      { input: 9, output: 9 },
      { input: 0.5, output: 0.6 },
    ])
  })

  test('keep the price of the router where a pasted row has only zeros', () => {
    expect(pricesWith([{ id: 'a/b', cost: { input: 0, output: 0 } }])[0]).toEqual({ input: 1, output: 2 })
  })

  test('are known of a model that the list of the configuration hides', () => {
    expect(pricesWith([{ id: 'x/y' }], 'replace')).toHaveLength(2)
  })

  test('are the very same list while the catalog is the same', () => {
    const catalog = buildCatalog(listed, DEFAULT_CONFIG)
    expect(catalog.offersOf(id)).toBe(catalog.offersOf(id))
    expect(catalog.offersOf(refOf('no/such').id)).toEqual([])
  })
})

const RECORDED = '../shared/fixtures/router-v1-models-2026.json'
test.skipIf(!existsSync(RECORDED))('the recorded list has 217 offers, of which 76 have no price', () => {
  const list: RouterModel[] = JSON.parse(readFileSync(RECORDED, 'utf8')).data
  const catalog = buildCatalog(list, DEFAULT_CONFIG)
  const offers = list.flatMap((one) => catalog.offersOf(refOf(one.id).id))
  expect(offers.length).toBe(217)
  expect(offers.filter(({ price, provider }) => !price && provider !== 'hf-inference').length).toBeGreaterThan(60)
})
