import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUILT_IN_MODELS } from '../../../src/core/catalog/built-in-catalog.ts'
import { buildCatalog, nameFromId } from '../../../src/core/catalog/catalog.ts'
import type { RouterModel } from '../../../src/core/catalog/router-model.ts'
import { DEFAULT_CONFIG } from '../../../src/core/config/config.ts'
import { configOf, refOf } from '../support/refs.ts'

const provider = (name: string, contextLength: unknown, status = 'live') => ({
  provider: name,
  status,
  context_length: contextLength,
})
const model = (id: string, fields: Record<string, unknown> = {}): RouterModel => ({ id, object: 'model', ...fields })

/** The row that a list of one model gives that model. */
function rowOf(fields: Record<string, unknown>, ref = 'x/some-model', document: unknown = {}) {
  const catalog = buildCatalog([model('x/some-model', fields)], configOf(document))
  return catalog.rowOf(refOf(ref))
}

describe('the ten models that are built in', () => {
  test('stand in for a router that has no list', () => {
    const { rows } = buildCatalog(undefined, DEFAULT_CONFIG)
    expect(rows.map(({ id, name }) => [id, name])).toEqual([
      ['huggingface/deepseek-ai/DeepSeek-R1', 'DeepSeek R1'],
      ['huggingface/deepseek-ai/DeepSeek-V3.2', 'DeepSeek V3.2'],
      ['huggingface/Qwen/Qwen3-8B', 'Qwen3 8B'],
      ['huggingface/Qwen/Qwen2.5-7B-Instruct', 'Qwen2.5 7B Instruct'],
      ['huggingface/Qwen/Qwen3-32B', 'Qwen3 32B'],
      ['huggingface/meta-llama/Llama-3.3-70B-Instruct', 'Llama 3.3 70B Instruct'],
      ['huggingface/meta-llama/Llama-3.1-8B-Instruct', 'Llama 3.1 8B Instruct'],
      ['huggingface/openai/gpt-oss-120b', 'GPT-OSS 120B'],
      ['huggingface/zai-org/GLM-4.7', 'GLM 4.7'],
      ['huggingface/moonshotai/Kimi-K2.5', 'Kimi K2.5'],
    ])
  })

  test.each(BUILT_IN_MODELS.map(({ id }) => id))('%s has a context, a price and modalities', (id) => {
    const row = buildCatalog(undefined, DEFAULT_CONFIG).rowOf(refOf(id))
    expect(row).toMatchObject({ owned_by: id.split('/')[0], max_completion_tokens: 8_192 })
    expect(row?.['context_length']).toBeGreaterThan(0)
    expect(row?.['pricing']).toMatchObject({ input: expect.any(Number), output: expect.any(Number) })
    expect(row?.['input_modalities']).toContain('text')
  })

  test('supply what the router leaves out, and give way to what it says', () => {
    const listed = model('deepseek-ai/DeepSeek-R1', { providers: [provider('a', 64_000)], owned_by: 'deepseek-ai' })
    const [row] = buildCatalog([listed], DEFAULT_CONFIG).rows
    expect(row).toMatchObject({ name: 'DeepSeek R1', context_length: 64_000, max_completion_tokens: 8_192 })
  })
})

describe('names', () => {
  test.each<[id: string, name: string]>([
    ['deepseek-ai/DeepSeek-R1', 'DeepSeek R1'],
    ['openai/gpt-oss-120b', 'Gpt Oss 120b'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'Llama 3.3 70B Instruct'],
    ['x/y', 'Y'],
  ])('%s is called %s', (id, name) => {
    expect(nameFromId(id)).toBe(name)
  })

  test.each<[what: string, fields: Record<string, unknown>, name: string]>([
    ['the name', { name: 'N', title: 'T', display_name: 'D' }, 'N'],
    ['else the title', { title: 'T', display_name: 'D' }, 'T'],
    ['else the display name', { name: ' ', display_name: 'D' }, 'D'],
    ['else what the id says', { name: null, title: 7, display_name: {} }, 'Some Model'],
  ])('the router’s row gives %s', (_what, fields, name) => {
    expect(rowOf(fields)?.name).toBe(name)
  })

  test.each<[ref: string, name: string]>([
    ['x/some-model:fastest', 'Some Model (fastest)'],
    ['x/some-model:together', 'Some Model (together)'],
  ])('%s is told apart as %s', (ref, name) => {
    expect(rowOf({}, ref)?.name).toBe(name)
  })

  test('an alias is the name of its ref alone', () => {
    const document = { agents: { defaults: { models: { 'x/some-model:fastest': { alias: 'Quick' } } } } }
    expect(rowOf({ name: 'N' }, 'x/some-model:fastest', document)?.name).toBe('Quick')
    expect(rowOf({ name: 'N' }, 'x/some-model', document)?.name).toBe('N')
  })
})

describe('the context', () => {
  const providers = [
    provider('a', 163_840),
    provider('b', 64_000),
    provider('c', 8_000, 'error'),
    provider('d', undefined),
  ]
  test.each<[title: string, fields: Record<string, unknown>, ref: string, length: number | undefined]>([
    ['is the least of the live providers', { providers }, 'x/some-model', 64_000],
    ['is the pinned provider’s', { providers }, 'x/some-model:a', 163_840],
    ['is the pinned provider’s, even of one that is in trouble', { providers }, 'x/some-model:c', 8_000],
    ['of a policy is the least', { providers }, 'x/some-model:fastest', 64_000],
    ['of a provider that is not listed is not known', { providers }, 'x/some-model:z', undefined],
    ['is the row’s own where it has one', { providers, context_length: 5 }, 'x/some-model', 5],
    ['is not known where nobody says it', { providers: [provider('d', undefined)] }, 'x/some-model', undefined],
    [
      'is never zero, negative or text',
      { providers: [provider('a', 0), provider('b', -1), provider('c', '9')] },
      'x/some-model',
      undefined,
    ],
  ])('%s', (_title, fields, ref, length) => {
    expect(rowOf(fields, ref)?.['context_length']).toBe(length)
  })
})

describe('the configuration’s own rows', () => {
  const own = {
    id: 'x/some-model',
    name: 'Mine',
    contextWindow: 1_000,
    maxTokens: 100,
    input: ['text', 'image'],
    cost: { input: 1 },
    note: 'kept',
  }
  const document = (models: unknown[], mode = 'merge') => ({ models: { mode, providers: { huggingface: { models } } } })

  test('win over what the router says, which is kept beside them', () => {
    expect(
      rowOf({ name: 'N', providers: [provider('a', 9)], extra: { is: 'kept' } }, 'x/some-model', document([own])),
    ).toMatchObject({
      id: 'huggingface/x/some-model',
      name: 'Mine',
      context_length: 1_000,
      max_completion_tokens: 100,
      input_modalities: ['text', 'image'],
      pricing: { input: 1 },
      contextWindow: 1_000,
      note: 'kept',
      extra: { is: 'kept' },
    })
  })

  test('are in the list even where the router does not know them', () => {
    const { rows } = buildCatalog([model('a/b')], configOf(document([{ id: 'my/tune' }])))
    expect(rows.map(({ id }) => id)).toEqual(['huggingface/a/b', 'huggingface/my/tune'])
  })

  test('hold for the model’s suffixes too, unless these have a row of their own', () => {
    const rows = document([own, { id: 'x/some-model:fastest', contextWindow: 7 }])
    expect(rowOf({}, 'x/some-model:cheapest', rows)).toMatchObject({ context_length: 1_000, name: 'Mine (cheapest)' })
    expect(rowOf({}, 'x/some-model:fastest', rows)).toMatchObject({ context_length: 7, max_completion_tokens: 100 })
  })

  test('are all there is, with the named refs, where they replace the list', () => {
    const { rows } = buildCatalog([model('a/b')], configOf(document([{ id: 'my/tune' }], 'replace')))
    expect(rows.map(({ id }) => id)).toEqual(['huggingface/my/tune'])
  })
})

describe('a list from a router that has gone mad', () => {
  test('keeps the rows that can be read', () => {
    const rows = [model('a/b'), model('../etc/passwd'), model('a/b:fastest'), model(''), model('nothing'), model('c/d')]
    expect(buildCatalog(rows, DEFAULT_CONFIG).rows.map(({ id }) => id)).toEqual(['huggingface/a/b', 'huggingface/c/d'])
  })

  test('lists a model that came twice once', () => {
    const catalog = buildCatalog([model('a/b', { n: 1 }), model('a/b', { n: 2 })], DEFAULT_CONFIG)
    expect(catalog.rows.filter(({ id }) => id === 'huggingface/a/b')).toHaveLength(1)
  })

  test('never makes a row without an id and a name', () => {
    const field = fc.constantFrom(
      'name',
      'providers',
      'architecture',
      'context_length',
      'pricing',
      'object',
      '__proto__',
    )
    const fields = fc.dictionary(field, fc.jsonValue())
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a/b', 'Qwen/Qwen3-8B', 'x'), fields)), (list) => {
        const { rows } = buildCatalog(
          list.map(([id, more]) => ({ ...more, id })),
          DEFAULT_CONFIG,
        )
        for (const row of rows) {
          expect(row.id).toMatch(/^huggingface\/[\w.-]+\/[\w.-]+$/)
          expect(row.name).toMatch(/\S/)
        }
        JSON.stringify(rows)
      }),
      { seed: 8 },
    )
  })
})

test('a model that nobody lists has no row', () => {
  const catalog = buildCatalog([model('a/b')], DEFAULT_CONFIG)
  expect(catalog.rowOf(refOf('no/where'))).toBeUndefined()
  expect(catalog.rowOf(refOf('a/b:fastest'))?.id).toBe('huggingface/a/b:fastest')
})
