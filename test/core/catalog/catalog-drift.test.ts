import { describe, expect, test } from 'vitest'
import {
  type BrokenRef,
  type CatalogChanges,
  diffCatalogs,
  findBrokenRefs,
} from '../../../src/core/catalog/catalog-drift.ts'
import type { RouterModel } from '../../../src/core/catalog/router-model.ts'
import { parseConfig } from '../../../src/core/config/config.ts'

type Offer = {
  provider: string
  status?: string
  context_length?: number
  pricing?: { input?: unknown; output?: unknown }
}

const model = (id: string, ...providers: Offer[]): RouterModel => ({ id, providers })
const groq = { provider: 'groq', status: 'live', context_length: 1_000, pricing: { input: 1, output: 2 } }
const novita = { ...groq, provider: 'novita' }
const NONE: CatalogChanges = { gone: [], added: [], providersLost: [], pricesUp: [], contextsDown: [] }

describe('two lists differ', () => {
  test.each<[title: string, before: RouterModel[], after: RouterModel[], changes: Partial<CatalogChanges> | undefined]>(
    [
      ['in nothing', [model('a/1', groq)], [model('a/1', groq)], undefined],
      ['in their order alone', [model('a/1'), model('a/2')], [model('a/2'), model('a/1')], undefined],
      ['in a model that went', [model('a/1'), model('a/2')], [model('a/1')], { gone: ['a/2'] }],
      ['in a model that came', [model('a/1')], [model('a/1'), model('a/2')], { added: ['a/2'] }],
      [
        'in a provider that went',
        [model('a/1', groq, novita)],
        [model('a/1', groq)],
        { providersLost: [{ model: 'a/1', provider: 'novita' }] },
      ],
      [
        'in a provider that is out of order',
        [model('a/1', groq)],
        [model('a/1', { ...groq, status: 'error' })],
        { providersLost: [{ model: 'a/1', provider: 'groq' }] },
      ],
      ['in a provider that came', [model('a/1', groq)], [model('a/1', groq, novita)], undefined],
      [
        'in a price that rose',
        [model('a/1', groq)],
        [model('a/1', { ...groq, pricing: { input: 1, output: 2.5 } })],
        { pricesUp: [{ model: 'a/1', provider: 'groq', field: 'output', from: 2, to: 2.5 }] },
      ],
      [
        'in a price that fell',
        [model('a/1', groq)],
        [model('a/1', { ...groq, pricing: { input: 0, output: 1 } })],
        undefined,
      ],
      [
        'in a price that is no number any more',
        [model('a/1', groq)],
        [model('a/1', { ...groq, pricing: { input: '9' } })],
        undefined,
      ],
      [
        'in a context that shrank',
        [model('a/1', groq)],
        [model('a/1', { ...groq, context_length: 999 })],
        { contextsDown: [{ model: 'a/1', provider: 'groq', from: 1_000, to: 999 }] },
      ],
      ['in a context that grew', [model('a/1', groq)], [model('a/1', { ...groq, context_length: 1_001 })], undefined],
      [
        'in what a row says without providers',
        [{ id: 'a/1', context_length: 8, pricing: { input: 1 } }],
        [{ id: 'a/1', context_length: 4, pricing: { input: 2 } }],
        {
          pricesUp: [{ model: 'a/1', field: 'input', from: 1, to: 2 }],
          contextsDown: [{ model: 'a/1', from: 8, to: 4 }],
        },
      ],
      [
        'in rows that are broken',
        [{ id: 'a/1', providers: [7, null] }],
        [{ id: 'a/1', providers: 'x', pricing: 3 }],
        undefined,
      ],
    ],
  )('%s', (_title, before, after, changes) => {
    expect(diffCatalogs(before, after)).toEqual(changes && { ...NONE, ...changes })
  })
})

describe('a ref of the configuration', () => {
  const document = {
    agents: {
      defaults: {
        model: { primary: 'a/1', fallbacks: ['a/2:groq', 'a/1'] },
        models: { 'a/3': { alias: 'Third One' } },
      },
    },
    hugway: { models: { 'a/1': { fallbacks: ['a/4:fastest'] } } },
  }
  const parsed = parseConfig(JSON.stringify(document))
  if (!parsed.ok) throw new Error('the test has a bad document')
  const broken = (...models: RouterModel[]) => findBrokenRefs(parsed.value.config, models)
  const all = [model('a/1', groq), model('a/2', groq), model('a/3', groq), model('a/4', groq)]
  const without = (id: string, ...instead: RouterModel[]) => [...all.filter((one) => one.id !== id), ...instead]

  test.each<[title: string, models: RouterModel[], expected: BrokenRef[]]>([
    ['is borne out by a live provider', all, []],
    ['is borne out by a row that tells no providers', without('a/3', { id: 'a/3' }), []],
    [
      'is gone with its model',
      without('a/1'),
      [{ ref: 'huggingface/a/1', usedAs: ['primary', 'fallback'], problem: 'gone' }],
    ],
    [
      'that is an alias is named by it',
      without('a/3'),
      [{ ref: 'huggingface/a/3', usedAs: ['alias "Third One"'], problem: 'gone' }],
    ],
    [
      'that is one model’s fallback is named so',
      without('a/4'),
      [{ ref: 'huggingface/a/4:fastest', usedAs: ['fallback of huggingface/a/1'], problem: 'gone' }],
    ],
    [
      'whose providers are all out of order has none that is live',
      without('a/3', model('a/3', { ...groq, status: 'error' })),
      [{ ref: 'huggingface/a/3', usedAs: ['alias "Third One"'], problem: 'no_live_provider' }],
    ],
    [
      'that names a provider needs that one',
      without('a/2', model('a/2', novita)),
      [{ ref: 'huggingface/a/2:groq', usedAs: ['fallback'], problem: 'provider_gone' }],
    ],
  ])('%s', (_title, models, expected) => {
    expect(broken(...models)).toEqual(expected)
  })
})
