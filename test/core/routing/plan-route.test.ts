import { describe, expect, test } from 'vitest'
import { type Asked, plan, targetsOf } from './support/question.ts'

const OWN = { hugway: { routing: { resolve: 'own' } } }
const OWN_POLICIES = { hugway: { routing: { resolve: 'own', policies: 'own' } } }

describe('who is asked, in which order', () => {
  test.each<[title: string, asked: Asked, targets: string[]]>([
    ['without a wish the ref goes up as it was written', {}, ['a/b']],
    ['a policy too', { model: 'a/b:cheapest' }, ['a/b:cheapest']],
    ['a wish for nothing changes nothing', { provider: { zdr: false, only: [], allow_fallbacks: true } }, ['a/b']],
    ['only', { provider: { only: ['prompt'] } }, ['a/b:prompt']],
    ['ignore', { provider: { ignore: ['fast'] } }, ['a/b:prompt', 'a/b:cheap']],
    [
      'order, and then the others by speed',
      { provider: { order: ['cheap'] } },
      ['a/b:cheap', 'a/b:fast', 'a/b:prompt'],
    ],
    [
      'order without fallbacks',
      { provider: { order: ['cheap', 'fast'], allow_fallbacks: false } },
      ['a/b:cheap', 'a/b:fast'],
    ],
    ['sort by price', { provider: { sort: 'price' } }, ['a/b:cheap', 'a/b:prompt', 'a/b:fast']],
    ['sort by throughput', { provider: { sort: 'throughput' } }, ['a/b:fast', 'a/b:prompt', 'a/b:cheap']],
    ['sort by latency', { provider: { sort: 'latency' } }, ['a/b:prompt', 'a/b:fast', 'a/b:cheap']],
    ['sort without fallbacks', { provider: { sort: 'latency', allow_fallbacks: false } }, ['a/b:prompt']],
    ['max_price of the answer', { provider: { max_price: { completion: 8 } } }, ['a/b:prompt', 'a/b:cheap']],
    ['max_price of the prompt', { provider: { max_price: { prompt: 1 } } }, ['a/b:cheap']],
    [
      'throughput that is preferred',
      { provider: { sort: 'price', preferred_min_throughput: 40 } },
      ['a/b:prompt', 'a/b:fast', 'a/b:cheap'],
    ],
    [
      'latency that is preferred',
      { provider: { sort: 'price', preferred_max_latency: 0.15 } },
      ['a/b:prompt', 'a/b:cheap', 'a/b:fast'],
    ],
    [
      'required parameters that are known',
      { provider: { require_parameters: true }, shape: { hasTools: true } },
      ['a/b:fast'],
    ],
    ['own resolution is by the time of the whole answer', { document: OWN }, ['a/b:fast', 'a/b:prompt', 'a/b:cheap']],
    ['own resolution leaves policies alone', { document: OWN, model: 'a/b:cheapest' }, ['a/b:cheapest']],
    [
      'unless they are its own as well',
      { document: OWN_POLICIES, model: 'a/b:cheapest' },
      ['a/b:cheap', 'a/b:prompt', 'a/b:fast'],
    ],
    [
      'the order of settings at Hugging Face stays theirs',
      { document: OWN_POLICIES, model: 'a/b:preferred' },
      ['a/b:preferred'],
    ],
    ['a named provider stays', { document: OWN_POLICIES, model: 'a/b:cheap' }, ['a/b:cheap']],
    [
      'a filter holds for a policy',
      { model: 'a/b:cheapest', provider: { ignore: ['cheap'] } },
      ['a/b:prompt', 'a/b:fast'],
    ],
    [
      'a filter lets a named provider through',
      { model: 'a/b:cheap', provider: { max_price: { prompt: 1 } } },
      ['a/b:cheap'],
    ],
    ['OpenRouter writes names in its own way', { provider: { only: ['Cheap'] } }, ['a/b:cheap']],
  ])('%s', (_title, asked, targets) => {
    expect(targetsOf(asked)).toEqual(targets)
  })
})

describe('a chain of models', () => {
  const chain = { agents: { defaults: { model: { primary: 'a/b', fallbacks: ['c/d', 'e/f:groq'] } } } }

  test('asks the best provider of each before the second of any', () => {
    const targets = targetsOf({ document: chain, provider: { sort: 'price' } })
    expect(targets).toEqual(['a/b:cheap', 'c/d:cheap', 'e/f:groq', 'a/b:prompt', 'c/d:other', 'a/b:fast'])
  })

  test('passes a configured fallback over that the wish excludes', () => {
    expect(targetsOf({ document: chain, provider: { ignore: ['groq', 'other'] } })).not.toContain('e/f:groq')
  })

  test('a wish of the configuration holds for the model that it names', () => {
    const document = { ...chain, hugway: { models: { 'c/d': { routing: { provider: { only: ['other'] } } } } } }
    expect(targetsOf({ document })).toEqual(['a/b', 'c/d:other', 'e/f:groq'])
  })

  test('a wish of a project holds for its requests alone', () => {
    const document = { hugway: { projects: { research: { routing: { provider: { sort: 'price' } } } } } }
    expect(targetsOf({ document, project: 'research' })).toMatchObject({ 0: 'a/b:cheap' })
    expect(targetsOf({ document })).toEqual(['a/b'])
  })

  test('the model’s word goes before the project’s, and that before the deployment’s', () => {
    const wish = (only: string) => ({ routing: { provider: { only: [only] } } })
    const hugway = { ...wish('fast'), projects: { research: wish('cheap') } }
    expect(targetsOf({ document: { hugway }, project: 'research' })).toEqual(['a/b:cheap'])
    const ofModel = { ...hugway, models: { 'a/b': wish('prompt') } }
    expect(targetsOf({ document: { hugway: ofModel }, project: 'research' })).toEqual(['a/b:prompt'])
  })

  test('the request wins over the configuration', () => {
    const document = { hugway: { routing: { provider: { sort: 'price', only: ['cheap', 'fast'] } } } }
    expect(targetsOf({ document })).toEqual(['a/b:cheap', 'a/b:fast'])
    expect(targetsOf({ document, provider: { sort: 'latency' } })).toEqual(['a/b:fast', 'a/b:cheap'])
  })

  test.each<[title: string, own: object, wished: object, targets: readonly string[]]>([
    ['only', { only: ['cheap'] }, { only: ['fast', 'cheap'] }, ['a/b:cheap']],
    ['only, by an order', { only: ['cheap'] }, { order: ['fast'] }, ['a/b:cheap']],
    ['ignore', { ignore: ['fast'] }, { ignore: ['prompt'] }, ['a/b:cheap']],
    ['ignore, by an only', { ignore: ['fast'] }, { only: ['fast', 'prompt'] }, ['a/b:prompt']],
    [
      'an order without fallbacks',
      { order: ['cheap'], allow_fallbacks: false },
      { allow_fallbacks: true },
      ['a/b:cheap'],
    ],
    ['max_price', { max_price: { completion: 8 } }, { max_price: { completion: 99, prompt: 1 } }, ['a/b:cheap']],
  ])('a request gets nobody who is kept out by %s of its project', (_title, own, wished, targets) => {
    const document = { hugway: { projects: { research: { routing: { provider: own } } } } }
    expect(targetsOf({ document, project: 'research', provider: wished })).toEqual(targets)
  })

  test.each(['a/b', 'e/f'])('nobody is left of %s for a request that wants only them', (model) => {
    const document = { hugway: { projects: { research: { routing: { provider: { only: ['cheap'] } } } } } }
    const asked = { document, project: 'research', model, provider: { only: ['fast'] } }
    expect(targetsOf(asked)).toMatchObject({ kind: 'no_provider_matches' })
  })

  test('what is said of a model holds for it with a suffix too', () => {
    const document = { hugway: { models: { 'a/b': { routing: { provider: { ignore: ['fast'] } } } } } }
    expect(targetsOf({ document, model: 'a/b:fast' })).toMatchObject({ kind: 'no_provider_matches' })
    expect(targetsOf({ document, model: 'a/b:fastest' })).not.toContain('a/b:fast')
    expect(targetsOf({ document, model: 'a/b:cheap' })).toEqual(['a/b:cheap'])
  })

  test('never asks more than sixteen', () => {
    const providers = Array.from({ length: 40 }, (_, index) => ({ provider: `p${index}`, status: 'live' }))
    expect(targetsOf({ list: [{ id: 'a/b', providers }], document: OWN })).toHaveLength(16)
  })
})

describe('a wish that contradicts the name is refused', () => {
  test.each<[model: string, provider: object, param: string]>([
    ['a/b:cheapest', { sort: 'latency' }, 'provider.sort'],
    ['a/b:cheap', { order: ['fast'] }, 'provider.order'],
    ['a/b:fastest', { preferred_max_latency: 1 }, 'provider.preferred_max_latency'],
  ])('%s with %j', (model, provider, param) => {
    expect(targetsOf({ model, provider })).toMatchObject({ kind: 'bad_request', param })
  })

  test('but not where the suffix is only a configured fallback’s', () => {
    const document = { agents: { defaults: { model: { primary: 'a/b', fallbacks: ['c/d:cheapest'] } } } }
    expect(targetsOf({ document, provider: { order: ['prompt'], allow_fallbacks: false } })).toEqual([
      'a/b:prompt',
      'c/d:cheapest',
    ])
  })

  test('nor where policies are resolved here', () => {
    const asked = { document: OWN_POLICIES, model: 'a/b:cheapest', provider: { sort: 'latency' } }
    expect(targetsOf(asked)).toEqual(['a/b:prompt', 'a/b:fast', 'a/b:cheap'])
  })
})

describe('wishes that leave nobody are refused, each provider with its reason', () => {
  test.each<[provider: object, reason: string]>([
    [{ max_price: { prompt: 0.5 } }, 'over_max_price'],
    [{ only: ['nobody'] }, 'not_in_only'],
    [{ ignore: ['fast', 'cheap', 'prompt'] }, 'ignored'],
    [{ order: ['nobody'], allow_fallbacks: false }, 'not_in_order'],
  ])('%j', (provider, reason) => {
    const { failure } = plan({ provider })
    const providers = ['fast', 'cheap', 'prompt']
    const dropped = providers.map((one) => ({ provider: one, reason }))
    expect(failure).toEqual({ kind: 'no_provider_matches', models: [{ model: 'huggingface/a/b', dropped }] })
  })

  test('a price that nobody tells keeps no bound', () => {
    const list = [{ id: 'a/b', providers: [{ provider: 'silent', status: 'live' }] }]
    expect(targetsOf({ list, provider: { max_price: { prompt: 99 } } })).toMatchObject({ kind: 'no_provider_matches' })
  })
})

describe('a model that the catalogue does not know', () => {
  const unknown = (provider: unknown) => targetsOf({ model: 'x/new', provider })

  test.each<[provider: object, targets: string[]]>([
    [{ only: ['groq', 'together'] }, ['x/new:groq', 'x/new:together']],
    [{ only: ['groq', 'together'], ignore: ['groq'] }, ['x/new:together']],
    [{ only: ['groq', 'together'], order: ['together'] }, ['x/new:together', 'x/new:groq']],
    [{ order: ['groq'] }, ['x/new:groq', 'x/new']],
    [{ order: ['groq'], allow_fallbacks: false }, ['x/new:groq']],
    [{ sort: 'price' }, ['x/new:cheapest']],
    [{ sort: 'throughput' }, ['x/new:fastest']],
    [{ preferred_max_latency: 1 }, ['x/new']],
  ])('%j is kept by what the router understands', (provider, targets) => {
    expect(unknown(provider)).toEqual(targets)
  })

  test.each<[provider: object]>([
    [{ ignore: ['groq'] }],
    [{ max_price: { prompt: 1 } }],
    [{ require_parameters: true }],
  ])('%j cannot be kept', (provider) => {
    expect(unknown(provider)).toMatchObject({ kind: 'no_provider_matches' })
  })
})

describe('what the request needs', () => {
  const need = (shape: NonNullable<Asked['shape']>, more: Asked = {}) => plan({ shape, ...more }).plan

  test('a model that cannot do it is passed over, and named', () => {
    const list = [
      { id: 'a/b', providers: [{ provider: 'p', supports_tools: false }] },
      { id: 'c/d', providers: [{ provider: 'p', supports_tools: true }] },
    ]
    const planned = need({ hasTools: true }, { list, models: ['c/d'] })
    expect(planned?.targets.map(({ id }) => id)).toEqual(['c/d'])
    expect(planned?.skipped).toEqual([{ target: 'huggingface/a/b', reason: 'no_tools' }])
  })

  test('a model of which one provider can, or may, goes up as it was written', () => {
    expect(need({ hasTools: true })?.skipped).toEqual([])
    expect(need({ wantsStructuredOutput: true })?.skipped).toEqual([])
  })

  test('images are not sent to a model of text alone', () => {
    const planned = need({ hasImages: true }, { models: ['c/d'] })
    expect(planned?.targets.map(({ id }) => id)).toEqual(['c/d'])
    expect(planned?.skipped).toEqual([{ target: 'huggingface/a/b', reason: 'no_images' }])
  })

  test('when nobody can, the first is asked and says it in its own words', () => {
    const planned = need({ hasImages: true })
    expect(planned?.targets.map(({ id }) => id)).toEqual(['a/b'])
    expect(planned?.skipped).toEqual([])
  })

  test('a long prompt goes to the providers whose context holds it', () => {
    const planned = targetsOf({ document: OWN, shape: { promptBytes: 60_000 } })
    expect(planned).toEqual(['a/b:prompt', 'a/b:cheap'])
  })

  test('the answer counts as well', () => {
    expect(targetsOf({ document: OWN, shape: { maxTokens: 7_900 } })).toEqual(['a/b:prompt', 'a/b:cheap'])
  })

  test('a prompt that might still fit is left to the provider', () => {
    expect(targetsOf({ document: OWN, shape: { promptBytes: 40_000 } })).toContain('a/b:fast')
  })

  test('a filter is never given up for a need', () => {
    const planned = targetsOf({ shape: { hasTools: true }, provider: { only: ['cheap'] } })
    expect(planned).toEqual(['a/b:cheap'])
  })

  test('a provider that the router reports as failing comes only when nobody else is left', () => {
    const list = [{ id: 'a/b', providers: [{ provider: 'p', status: 'error' }, { provider: 'q' }] }]
    expect(targetsOf({ list, document: OWN })).toEqual(['a/b:q'])
    expect(targetsOf({ list, provider: { only: ['p'] } })).toEqual(['a/b:p'])
  })
})

describe('what is known of the moment', () => {
  test('a provider whose breaker is open comes last, also before the order that was wished for', () => {
    const isOpen = ({ routing }: { routing: object }) => 'provider' in routing && routing.provider === 'fast'
    expect(targetsOf({ document: OWN, known: { isOpen } })).toEqual(['a/b:prompt', 'a/b:cheap', 'a/b:fast'])
    expect(targetsOf({ provider: { order: ['fast'] }, known: { isOpen } })).toEqual([
      'a/b:prompt',
      'a/b:cheap',
      'a/b:fast',
    ])
  })

  test('a conversation stays with the provider that answered it last', () => {
    const { plan: planned } = plan({ document: OWN, known: { lastProvider: 'cheap' } })
    expect(planned?.targets.map(({ routing }) => routing)).toMatchObject([
      { provider: 'cheap' },
      { provider: 'fast' },
      { provider: 'prompt' },
    ])
    expect(planned?.models[0]?.firstBecause).toBe('answered_last')
  })

  test('but not with one that fails often', () => {
    const expectation = { firstTokenMs: 900, tokensPerSecond: 20, failureShare: 0.5, attempts: 20 }
    const known = {
      lastProvider: 'cheap',
      expectationOf: ({ provider }: { provider: string }) => ({
        ...expectation,
        failureShare: provider === 'cheap' ? 0.5 : 0,
      }),
    }
    expect(targetsOf({ document: OWN, known })).not.toMatchObject(['a/b:cheap', expect.anything(), expect.anything()])
  })

  test('an order that was wished for goes before the last provider', () => {
    expect(targetsOf({ provider: { order: ['prompt'] }, known: { lastProvider: 'cheap' } })).toMatchObject({
      0: 'a/b:prompt',
    })
  })

  test('exploring asks the one that least is known of, and then the best', () => {
    const attempts: Record<string, number> = { fast: 20, cheap: 3, prompt: 9 }
    const expectationOf = ({ provider }: { provider: string }) => ({
      firstTokenMs: 100,
      tokensPerSecond: provider === 'fast' ? 100 : 10,
      failureShare: 0,
      attempts: attempts[provider] ?? 0,
    })
    const explored = { document: OWN, known: { expectationOf }, chance: 0.01 }
    expect(targetsOf(explored)).toEqual(['a/b:cheap', 'a/b:fast', 'a/b:prompt'])
    expect(targetsOf({ ...explored, chance: 0.06 })).toMatchObject({ 0: 'a/b:fast' })
  })

  test.each<[title: string, asked: Asked, first: string]>([
    ['for a price', { document: OWN_POLICIES, model: 'a/b:cheapest' }, 'a/b:cheap'],
    ['for a sort that was asked for', { document: OWN, provider: { sort: 'latency' } }, 'a/b:prompt'],
    ['for a bounded wait', { provider: { preferred_max_latency: 5 } }, 'a/b:fast'],
    ['for an order', { provider: { order: ['prompt'] } }, 'a/b:prompt'],
    ['where it is switched off', { document: { hugway: { routing: { resolve: 'own', explore: 0 } } } }, 'a/b:fast'],
  ])('nothing is explored %s', (_title, asked, first) => {
    expect(targetsOf({ ...asked, chance: 0 })).toMatchObject({ 0: first })
  })

  test('of two that are nearly alike the one that led goes on leading', () => {
    const expectationOf = ({ provider }: { provider: string }) => ({
      firstTokenMs: provider === 'fast' ? 100 : 95,
      tokensPerSecond: 50,
      failureShare: 0,
      attempts: 10,
    })
    const provider = { sort: 'latency' }
    expect(targetsOf({ provider, known: { expectationOf } })).toMatchObject({ 0: 'a/b:cheap' })
    expect(targetsOf({ provider, known: { expectationOf, leaderOf: () => 'fast' } })).toMatchObject({ 0: 'a/b:fast' })
  })
})
