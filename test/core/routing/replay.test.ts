import { describe, expect, test } from 'vitest'
import { buildCatalog } from '../../../src/core/catalog/catalog.ts'
import { type PastRequest, replayRequests } from '../../../src/core/routing/replay.ts'
import { configOf } from '../support/refs.ts'
import { MODELS } from './support/question.ts'

const side = (document: unknown) => {
  const config = configOf(document)
  return { config, offersOf: buildCatalog(MODELS, config).offersOf }
}
const past = (askedModel: string, more: Partial<PastRequest> = {}): PastRequest => ({
  askedModel,
  project: 'default',
  shape: { promptBytes: 4_000, hasTools: false, hasImages: false, wantsStructuredOutput: false },
  usage: { promptTokens: 1_000_000, completionTokens: 1_000_000 },
  ...more,
})
const ALIASES = { agents: { defaults: { models: { 'a/b': { alias: 'Quick' } } } } }

describe('what a draft would change', () => {
  test('is nothing where it is the same', () => {
    const report = replayRequests([past('a/b'), past('Quick')], side(ALIASES), side(ALIASES))
    expect(report).toMatchObject({ requests: 2, unchanged: 2, elsewhere: [], refused: [], accepted: [] })
    expect(report.usdAfter).toBe(report.usdBefore)
  })

  test('is who goes elsewhere, how often, and what it costs then', () => {
    const draft = { hugway: { routing: { provider: { sort: 'price' } } } }
    const report = replayRequests([past('a/b'), past('a/b'), past('a/b:fast')], side({}), side(draft))
    expect(report.elsewhere).toEqual([
      { asked: 'a/b', from: 'huggingface/a/b', to: 'huggingface/a/b:cheap', requests: 2 },
    ])
    expect(report.unchanged).toBe(1)
    // The mean of (3+9, 1+2, 2+8) twice, and the named one's 12; then 1+2 twice.
    expect(report.usdBefore).toBeCloseTo(2 * (25 / 3) + 12)
    expect(report.usdAfter).toBeCloseTo(2 * 3 + 12)
  })

  test('is who would be refused, and who no more', () => {
    const draft = { hugway: { routing: { provider: { max_price: { prompt: 0.1 } } } } }
    const refused = replayRequests([past('a/b'), past('Quick')], side(ALIASES), side(draft))
    expect(refused.refused).toEqual([
      { asked: 'a/b', from: 'huggingface/a/b', to: 'refused: no_provider_matches', requests: 1 },
      { asked: 'Quick', from: 'huggingface/a/b', to: 'refused: bad_model', requests: 1 },
    ])
    const accepted = replayRequests([past('Quick')], side({}), side(ALIASES))
    expect(accepted.accepted).toMatchObject([{ asked: 'Quick', from: 'refused: bad_model', to: 'huggingface/a/b' }])
  })

  test('goes by the size of each request', () => {
    const draft = { hugway: { routing: { resolve: 'own' } } }
    const shape = { promptBytes: 60_000, hasTools: false, hasImages: false, wantsStructuredOutput: false }
    const report = replayRequests([past('a/b'), past('a/b', { shape })], side({}), side(draft))
    expect(report.elsewhere.map(({ to }) => to).sort()).toEqual(['huggingface/a/b:fast', 'huggingface/a/b:prompt'])
  })

  test('leaves requests without a price out of both sums', () => {
    const report = replayRequests([past('x/new'), past('a/b:cheap')], side({}), side({}))
    expect(report).toMatchObject({ unpriced: 1, usdBefore: 3, usdAfter: 3 })
  })
})
