import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/core/config/config.ts'

const problemsOf = (document: unknown) => {
  const parsed = parseConfig(JSON.stringify(document))
  return parsed.ok ? [] : parsed.error
}
const row = (fields: object) => ({ models: { providers: { huggingface: { models: [{ id: 'a/b', ...fields }] } } } })
const HF = 'hf_AbCdEfGhIjKlMnOpQrStUvWx'
const ROW = 'models.providers.huggingface.models[0]'

describe('a secret is refused by its path and never quoted', () => {
  test.each<[title: string, document: object, path: string, secret: string]>([
    ['a token of Hugging Face in a loose row', row({ note: `x ${HF} y` }), `${ROW}.note`, HF],
    ['deep in a loose row', row({ a: [{ b: HF }] }), `${ROW}.a[0].b`, HF],
    ['a key of OpenAI', row({ note: 'sk-proj-abcdefgh1234' }), `${ROW}.note`, 'sk-proj'],
    ['a key of this gateway', row({ note: `hw_${'a'.repeat(43)}` }), `${ROW}.note`, 'hw_a'],
    ['a header', row({ headers: { X: 'Bearer abcdefgh' } }), `${ROW}.headers.X`, 'abcdefgh'],
    ['whatever stands under apiKey', row({ apiKey: 'plain words' }), `${ROW}.apiKey`, 'plain'],
    ['whatever stands under api_key', row({ api_key: 'plain words' }), `${ROW}.api_key`, 'plain'],
    ['whatever stands under Authorization', row({ Authorization: 'Basic eA==' }), `${ROW}.Authorization`, 'Basic'],
    ['whatever stands under token', row({ token: 'x y' }), `${ROW}.token`, 'x y'],
    ['whatever stands under password', row({ password: 'hunter2' }), `${ROW}.password`, 'hunter2'],
    ['where a model should stand', { agents: { defaults: { model: HF } } }, 'agents.defaults.model', HF],
    ['as an unknown key', { [HF]: 1 }, `["\${SECRET}"]`, HF],
    [
      'as an alias',
      { agents: { defaults: { models: { 'a/b': { alias: HF } } } } },
      'agents.defaults.models["a/b"].alias',
      HF,
    ],
  ])('%s', (_title, document, path, secret) => {
    const problems = problemsOf(document)
    expect(problems).toEqual([{ path, message: expect.stringContaining('must not hold a key') }])
    expect(JSON.stringify(problems)).not.toContain(secret)
  })

  test('beside every other problem', () => {
    const paths = problemsOf({ ...row({ token: 'x y' }), hugway: { holdMs: -1 } }).map(({ path }) => path)
    expect(paths).toEqual([`${ROW}.token`, 'hugway.holdMs'])
  })
})

test.each<[title: string, document: object]>([
  [
    'a reference to a variable',
    row({ apiKey: `\${HF_TOKEN}`, token: 'HF_TOKEN', headers: { authorization: `\${KEY}` } }),
  ],
  ['a reference in a header', row({ headers: { X: `Bearer \${HF_TOKEN}` } })],
  ['a model whose name begins like a key', { agents: { defaults: { model: 'me/hf_model_7b' } } }],
  ['words that only sound like one', row({ maxTokens: 7, note: 'Bearer of news; ask-me-anything; sk-it' })],
])('%s is none', (_title, document) => {
  expect(problemsOf(document)).toEqual([])
})
