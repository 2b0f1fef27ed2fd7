import { describe, expect, test } from 'vitest'
import { mergePreferences, type Preferences, parsePreferences } from '../../../src/core/routing/preferences.ts'

describe('what a client of OpenRouter writes', () => {
  test.each<[provider: unknown, preferences: Preferences]>([
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [{ order: ['Groq', ' together '] }, { order: ['groq', 'together'] }],
    [
      { only: ['Fireworks'], ignore: ['z-ai'] },
      { only: ['fireworks-ai'], ignore: ['zai-org'] },
    ],
    [{ only: [], order: null }, {}],
    [
      { allow_fallbacks: false, require_parameters: true },
      { allowFallbacks: false, requireParameters: true },
    ],
    [{ sort: 'price' }, { sort: 'price' }],
    [{ sort: { by: 'latency', partition: 'model' } }, { sort: 'latency' }],
    [{ max_price: { prompt: 1, completion: '2.5' } }, { maxPrice: { prompt: 1, completion: 2.5 } }],
    [{ max_price: { completion: 0 } }, { maxPrice: { completion: 0 } }],
    [{ max_price: { prompt: 1, image: null } }, { maxPrice: { prompt: 1 } }],
    [{ preferred_min_throughput: 40 }, { preferredMinThroughput: 40 }],
    [{ preferred_max_latency: { p50: 1.5 } }, { preferredMaxLatencyMs: 1_500 }],
  ])('%j', (provider, preferences) => {
    expect(parsePreferences(provider)).toEqual({ ok: true, value: preferences })
  })
})

describe('a field that is wrong is refused by its path, with what is accepted', () => {
  test.each<[provider: unknown, param: string, accepted: RegExp]>([
    ['groq', 'provider', /object/],
    [['groq'], 'provider', /object/],
    [{ order: 'groq' }, 'provider.order', /list of at most 32 providers/],
    [{ only: [7] }, 'provider.only', /list/],
    [{ only: ['a b'] }, 'provider.only', /list/],
    [{ ignore: Array(33).fill('x') }, 'provider.ignore', /at most 32/],
    [{ allow_fallbacks: 'no' }, 'provider.allow_fallbacks', /true or false/],
    [{ require_parameters: 1 }, 'provider.require_parameters', /true or false/],
    [{ sort: 'quality' }, 'provider.sort', /"price", "throughput" or "latency"/],
    [{ sort: { by: 'price', partition: 'none' } }, 'provider.sort', /"price"/],
    [{ max_price: 3 }, 'provider.max_price', /dollars per million/],
    [{ max_price: { prompt: -1 } }, 'provider.max_price', /dollars per million/],
    [{ max_price: { prompt: 'cheap' } }, 'provider.max_price', /dollars per million/],
    [{ max_price: { image: 1 } }, 'provider.max_price', /each request or image is not known/],
    [{ preferred_min_throughput: 0 }, 'provider.preferred_min_throughput', /above 0/],
    [{ preferred_max_latency: { p99: 1 } }, 'provider.preferred_max_latency', /p50/],
    [{ ordr: ['groq'] }, 'provider.ordr', /did you mean order\?/],
    [{ '\u0007': 1 }, 'provider.?', /no wish/],
  ])('%j', (provider, param, accepted) => {
    const parsed = parsePreferences(provider)
    expect(parsed).toMatchObject({ ok: false, error: { kind: 'bad_request', param } })
    expect(!parsed.ok && parsed.error.kind === 'bad_request' && parsed.error.message).toMatch(accepted)
  })

  test('all of them are named at once', () => {
    const parsed = parsePreferences({ sort: 'x', only: 'y', allow_fallbacks: 'z' })
    const message = !parsed.ok && parsed.error.kind === 'bad_request' && parsed.error.message
    expect(message).toMatch(/provider\.sort.*provider\.only.*provider\.allow_fallbacks/)
  })
})

describe('a wish that nobody here can keep is refused by name', () => {
  test.each<[provider: object]>([
    [{ data_collection: 'deny' }],
    [{ zdr: true }],
    [{ quantizations: ['fp8'] }],
    [{ enforce_distillable_text: true }],
  ])('%j', (provider) => {
    const [name = ''] = Object.keys(provider)
    expect(parsePreferences(provider)).toMatchObject({
      ok: false,
      error: { param: `provider.${name}`, message: expect.stringContaining('cannot be kept') },
    })
  })

  test.each<[provider: object]>([
    [{ data_collection: 'allow' }],
    [{ zdr: false }],
    [{ quantizations: [] }],
    [{ enforce_distillable_text: null }],
    [{ something_new: false }],
  ])('%j wishes for nothing', (provider) => {
    expect(parsePreferences(provider)).toEqual({ ok: true, value: {} })
  })
})

test('the request wins over the configuration, field by field', () => {
  const merged = mergePreferences(
    { only: ['a'], sort: 'price', maxPrice: { prompt: 1, completion: 2 }, requireParameters: true },
    undefined,
    { sort: 'latency', maxPrice: { prompt: 3 }, requireParameters: undefined },
  )
  expect(merged).toEqual({ only: ['a'], sort: 'latency', maxPrice: { prompt: 3, completion: 2 } })
})
