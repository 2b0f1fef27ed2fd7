import { describe, expect, test } from 'vitest'
import { warnOfConfig } from '../../../src/core/catalog/config-warnings.ts'
import { parseConfig } from '../../../src/core/config/config.ts'

function warningsOf(document: unknown) {
  const loaded = parseConfig(JSON.stringify(document))
  if (!loaded.ok) throw new Error('the test writes a bad document')
  return warnOfConfig(loaded.value, undefined)
}

const chain = (length: number) => Array.from({ length }, (_, index) => `a/m${index}`)
const general = (fallbacks: string[]) => ({ agents: { defaults: { model: { primary: 'a/first', fallbacks } } } })

describe('a chain longer than a request may make calls', () => {
  test.each<[title: string, document: unknown, path: string]>([
    ['the general one', general(chain(8)), 'agents.defaults.model.fallbacks'],
    [
      'by the configured bound',
      { ...general(chain(2)), hugway: { maxUpstreamCalls: 2 } },
      'agents.defaults.model.fallbacks',
    ],
    [
      'a model’s own',
      { hugway: { models: { 'b/own': { fallbacks: chain(8) } } } },
      'hugway.models["huggingface/b/own"].fallbacks',
    ],
  ])('is warned of: %s', (_title, document, path) => {
    expect(warningsOf(document)).toEqual([
      { path, message: expect.stringMatching(/\d targets.*hugway\.maxUpstreamCalls/) },
    ])
  })

  test.each<[title: string, document: unknown]>([
    ['that fits', general(chain(7))],
    ['that repeats itself', general([...chain(7), 'a/first'])],
    ['of nothing', {}],
  ])('is not one %s', (_title, document) => {
    expect(warningsOf(document)).toEqual([])
  })
})
