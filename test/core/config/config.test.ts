import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_CONFIG, parseConfig } from '../../../src/core/config/config.ts'
import { formatModelRef, MODEL_REF_FORM } from '../../../src/core/routing/model-ref.ts'
import { configOf, textsOf } from '../support/refs.ts'

const R1 = 'huggingface/deepseek-ai/DeepSeek-R1'
const QWEN = 'huggingface/Qwen/Qwen3-8B'

function problemsOf(document: unknown): string[] {
  const parsed = parseConfig(typeof document === 'string' ? document : JSON.stringify(document))
  return parsed.ok ? [] : parsed.error.map(({ path, message }) => `${path}: ${message}`)
}

describe('what a document means', () => {
  test('an empty one is the built-in configuration', () => {
    expect(configOf({})).toEqual(DEFAULT_CONFIG)
    expect(formatModelRef(DEFAULT_CONFIG.primary)).toBe(R1)
  })

  test('a model as plain text is the primary, without fallbacks', () => {
    const config = configOf({ agents: { defaults: { model: QWEN } } })
    expect([formatModelRef(config.primary), config.fallbacks]).toEqual([QWEN, []])
  })

  test('JSON and JSON5 say the same', () => {
    const json5 = `// mine\n{agents: {defaults: {model: '${QWEN}',},}, /* ours */ hugway: {holdMs: 0x10}}`
    expect(configOf(json5)).toEqual(configOf({ agents: { defaults: { model: QWEN } }, hugway: { holdMs: 16 } }))
  })

  test('a byte order mark in front is nothing', () => {
    expect(configOf('\ufeff{}')).toEqual(DEFAULT_CONFIG)
  })

  test('a key that occurs twice counts as its last value', () => {
    const config = configOf(`{"agents":{"defaults":{"model":"a/first","model":"a/last"}}}`)
    expect(textsOf([config.primary])).toEqual(['a/last'])
  })

  test('aliases are told apart without case, and a run of spaces counts as one', () => {
    const config = configOf({ agents: { defaults: { models: { [R1]: { alias: ' DeepSeek   R1 (Fast)' } } } } })
    expect([...config.refByAlias.keys()]).toEqual(['deepseek r1 (fast)'])
  })

  test('an alias on a row of the provider counts too', () => {
    const row = { id: QWEN, alias: 'Q', name: 'My Qwen', contextWindow: 1_000, anythingElse: { kept: true } }
    const config = configOf({ models: { providers: { huggingface: { models: [row] } } } })
    expect([...config.refByAlias.keys()]).toEqual(['q'])
    expect(config.ownModels).toEqual([row])
  })

  test('one model has fallbacks of its own, another none', () => {
    const config = configOf({ hugway: { models: { [R1]: { fallbacks: [QWEN] }, [QWEN]: { fallbacks: false } } } })
    expect(textsOf(config.models.get(R1)?.fallbacks ?? [])).toEqual(['Qwen/Qwen3-8B'])
    expect(config.models.get(QWEN)?.fallbacks).toEqual([])
  })

  test("a model's times are its own, then the document's, then the built-in ones", () => {
    const config = configOf({
      hugway: { timeouts: { idleMs: 5 }, models: { [R1]: { timeouts: { totalMs: 7 } } } },
    })
    expect(config.models.get(R1)?.timeouts).toEqual({ ...DEFAULT_CONFIG.timeouts, idleMs: 5, totalMs: 7 })
  })

  test('everything that is ours is read', () => {
    const hugway = { holdMs: 0, maxBodyBytes: 2_048, cors: { origins: ['https://chat.example.com', '*'] } }
    const config = configOf({ models: { mode: 'replace' }, hugway })
    expect(config).toMatchObject({ holdMs: 0, maxBodyBytes: 2_048, corsOrigins: hugway.cors.origins, mode: 'replace' })
  })

  test.each<[what: string, provider: Record<string, unknown>]>([
    ["the router's own address", { baseUrl: 'https://router.huggingface.co/v1' }],
    ['the same with a slash at the end', { baseUrl: 'https://router.huggingface.co/v1/' }],
    ['the name of a variable as key', { apiKey: 'HF_TOKEN' }],
    ['a reference to a variable as key', { apiKey: `\${HF_TOKEN}` }],
    ["OpenClaw's API name", { api: 'openai-completions' }],
  ])('%s, pasted from OpenClaw, is accepted', (_what, huggingface) => {
    expect(problemsOf({ models: { providers: { huggingface } } })).toEqual([])
  })
})

describe('what is wrong is said, with its place', () => {
  const models = (value: unknown) => ({ agents: { defaults: { models: value } } })
  const hugway = (value: unknown) => ({ hugway: value })
  const provider = (value: unknown) => ({ models: { providers: { huggingface: value } } })

  test.each<[what: string, document: unknown, problem: RegExp]>([
    ['a slip at the top', { agent: {} }, /^agent: unknown key; did you mean "agents"\?$/],
    ['a slip below', { agents: { default: {} } }, /^agents\.default: unknown key; did you mean "defaults"\?$/],
    [
      'a slip beside a model',
      models({ [R1]: { alais: 'x' } }),
      /^agents\.defaults\.models\["hugg.*R1"\]\.alais: .*"alias"/,
    ],
    [
      'a slip in the chain',
      { agents: { defaults: { model: { primary: R1, falbacks: [] } } } },
      /model\.falbacks: .*"fallbacks"/,
    ],
    [
      'a slip among times',
      hugway({ timeouts: { idle: 1 } }),
      /^hugway\.timeouts\.idle: unknown key; did you mean "idleMs"\?$/,
    ],
    ['a slip for one model', hugway({ models: { [R1]: { fallback: [] } } }), /R1"\]\.fallback: .*"fallbacks"/],
    [
      'a key like nothing we know',
      hugway({ zzzzzzzzzz: 1 }),
      /^hugway\.zzzzzzzzzz: unknown key; known here: holdMs, .*models$/,
    ],
    ['another provider', { models: { providers: { openai: {} } } }, /^models\.providers\.openai: unknown key/],
    ['a key named after a method', { constructor: 1 }, /^constructor: unknown key/],
    ['a bad primary', { agents: { defaults: { model: 'DeepSeek' } } }, /^agents\.defaults\.model: "DeepSeek" is not/],
    [
      'a bad primary in an object',
      { agents: { defaults: { model: { primary: '../x' } } } },
      /^agents\.defaults\.model\.primary: /,
    ],
    [
      'a bad fallback',
      { agents: { defaults: { model: { fallbacks: [QWEN, 'a/b:c:d'] } } } },
      /^agents\.defaults\.model\.fallbacks\[1\]: /,
    ],
    ['a bad key', models({ 'not a ref': {} }), /^agents\.defaults\.models\["not a ref"\]: /],
    ['a bad id of a row', provider({ models: [{ id: 'x' }] }), /^models\.providers\.huggingface\.models\[0\]: /],
    [
      'a row without an id',
      provider({ models: [{}] }),
      /^models\.providers\.huggingface\.models\[0\]\.id: must be a model ref/,
    ],
    ['a bad fallback of one model', hugway({ models: { [R1]: { fallbacks: ['x'] } } }), /R1"\]\.fallbacks\[0\]: /],
    [
      'fallbacks that are true',
      hugway({ models: { [R1]: { fallbacks: true } } }),
      /R1"\]\.fallbacks: must be a list of model refs, or false/,
    ],
    ['a bad mode', { models: { mode: 'append' } }, /^models\.mode: must be "merge" or "replace"$/],
    ['an alias that is a number', models({ [R1]: { alias: 7 } }), /alias: must be a text$/],
    ['an empty alias', models({ [R1]: { alias: '  ' } }), /alias: " {2}" cannot be an alias/],
    ['an alias "Default"', models({ [R1]: { alias: 'Default' } }), /"Default" cannot be an alias/],
    ['an alias that is a model ref', models({ [R1]: { alias: 'a/b' } }), /"a\/b" cannot be an alias/],
    [
      'another address',
      provider({ baseUrl: 'https://evil.example/v1' }),
      /huggingface\.baseUrl: must be https:\/\/router/,
    ],
    ['a key', provider({ apiKey: 'hf_abcdefghijklmnopqrstuvwx' }), /huggingface\.apiKey: must not hold a key/],
    ['another API', provider({ api: 'anthropic-messages' }), /huggingface\.api: must be "openai-completions"/],
    [
      'an origin with a path',
      hugway({ cors: { origins: ['https://a.example/b'] } }),
      /^hugway\.cors\.origins\[0\]: must be/,
    ],
    ['an origin that is none', hugway({ cors: { origins: ['a.example'] } }), /^hugway\.cors\.origins\[0\]: must be/],
    ['a time of zero', hugway({ timeouts: { headersMs: 0 } }), /headersMs: must be a whole number from 1 to 3600000$/],
    ['a time over an hour', hugway({ timeouts: { totalMs: 3_600_001 } }), /totalMs: must be a whole number/],
    ['half a millisecond', hugway({ timeouts: { idleMs: 0.5 } }), /idleMs: must be a whole number/],
    ['a time as text', hugway({ timeouts: { idleMs: '5s' } }), /idleMs: must be a whole number/],
    ['a negative hold', hugway({ holdMs: -1 }), /^hugway\.holdMs: must be a whole number from 0 to 600000$/],
    ['a body of nothing', hugway({ maxBodyBytes: 1 }), /^hugway\.maxBodyBytes: must be a whole number from 1024/],
    ['NaN', '{hugway: {holdMs: NaN}}', /^hugway\.holdMs: must be/],
    ['Infinity', '{hugway: {holdMs: Infinity}}', /^hugway\.holdMs: must be/],
    ['a list', '[]', /^\(the document\): must be an object$/],
    ['nothing', '', /^\(the document\): not JSON or JSON5: /],
    ['null', 'null', /^\(the document\): must be an object$/],
    ['a row nested too deeply', deepPrice(100), /nested 100 deep/],
    ['__proto__ at the top', '{"__proto__": {}}', /"__proto__" is not accepted/],
    [
      '__proto__ deep in a row',
      '{"models":{"providers":{"huggingface":{"models":[{"id":"a/b","x":[{"__proto__":1}]}]}}}}',
      /"__proto__"/,
    ],
  ])('%s', (_what, document, problem) => {
    const problems = problemsOf(document)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems[0]).toMatch(problem)
  })

  test('a bad ref is answered with the form that is accepted', () => {
    expect(problemsOf({ agents: { defaults: { model: 'x' } } })[0]).toContain(MODEL_REF_FORM)
  })

  test('an error of syntax is found by line and column, and nothing of the document is repeated', () => {
    const [problem] = problemsOf(`{\n  agents: { secret_thing hf_token }\n}`)
    expect(problem).toMatch(/at 2:26$/)
    expect(problem).not.toContain('secret_thing')
  })

  test('two refs with one alias keep it as their label, however it is spelt, and it means neither of them', () => {
    const config = configOf(models({ [R1]: { alias: 'Fast' }, [QWEN]: { alias: ' fAST ' } }))
    expect([...config.aliasByRef.values()]).toEqual(['Fast', ' fAST '])
    expect(config.refByAlias.size).toBe(0)
    expect(config.refsByLabel.get('fast')?.map(formatModelRef)).toEqual([R1, QWEN])
  })

  test.each([
    ['a token', '{} // hf_abcdefghijkl', ['(a comment)']],
    ['a key of the gateway', '/* hw_abcdefghijklmnopqrstuvwxyz */ {}', ['(a comment)']],
    ['prose about tokens', '{} // HF_TOKEN goes as a bearer credential, see hf_token', []],
  ])('a comment is kept with the text, so it must not hold %s', (_what, text, paths) => {
    const parsed = parseConfig(text)
    expect(parsed.ok ? [] : parsed.error.map(({ path }) => path)).toEqual(paths)
  })

  test('one ref written in two ways may repeat its alias', () => {
    expect(problemsOf(models({ [QWEN]: { alias: 'Q' }, 'Qwen/Qwen3-8B': { alias: 'q' } }))).toEqual([])
  })

  test('everything that is wrong is listed at once', () => {
    const document = {
      agent: {},
      agents: { defaults: { model: { primary: 5, fallback: [] }, models: { [R1]: { label: 'x' } } } },
      models: { mode: 'x', providers: { huggingface: { apikey: 'x', models: [{}, { id: 7 }] } } },
      hugway: { holdMs: -1, timeouts: { idleMs: 0, total: 1 } },
    }
    const places = problemsOf(document).map((problem) => problem.slice(0, problem.indexOf(': ')))
    expect(places.sort()).toEqual(
      [
        'agent',
        'agents.defaults.model.primary',
        'agents.defaults.model.fallback',
        `agents.defaults.models["${R1}"].label`,
        'models.mode',
        'models.providers.huggingface.apikey',
        'models.providers.huggingface.models[0].id',
        'models.providers.huggingface.models[1].id',
        'hugway.holdMs',
        'hugway.timeouts.idleMs',
        'hugway.timeouts.total',
      ].sort(),
    )
  })

  test('every bad ref and alias is listed at once', () => {
    const document = {
      agents: {
        defaults: { model: { primary: 'x', fallbacks: ['y'] }, models: { z: {}, [R1]: { alias: 'default' } } },
      },
      hugway: { cors: { origins: ['nowhere'] } },
    }
    expect(problemsOf(document)).toHaveLength(5)
  })
})

describe('a hostile document', () => {
  test.each<[what: string, text: string]>([
    ['100,000 lists in one another', '['.repeat(100_000)],
    ['100,000 lists in one another, closed', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['100,000 objects in one another', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['a price 100,000 lists deep', deepPrice(100_000)],
    ['an unknown key of 100,000 characters', JSON.stringify({ ['k'.repeat(100_000)]: 1 })],
  ])('%s is read or refused, and nothing breaks', (_what, text) => {
    expect(() => parseConfig(text)).not.toThrow()
  })

  test('no text makes parsing throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.json({ stringUnit: 'binary' })), (text) => {
        expect(typeof parseConfig(text).ok).toBe('boolean')
      }),
      { seed: 3, numRuns: 500 },
    )
  })

  test('no value in any of its places makes parsing throw, and every refusal has a place', () => {
    const refLike = fc.oneof(fc.constantFrom(R1, QWEN, 'x', '__proto__', 'constructor', 'toString'), fc.string())
    const any = fc.oneof(fc.jsonValue(), refLike)
    const loosely = (shape: Record<string, fc.Arbitrary<unknown>>) =>
      fc.oneof({ weight: 4, arbitrary: fc.record(shape, { requiredKeys: [] }) }, { weight: 1, arbitrary: any })
    const keyed = (value: fc.Arbitrary<unknown>) => fc.oneof(fc.dictionary(refLike, value, { maxKeys: 4 }), any)
    const model = fc.oneof(refLike, loosely({ primary: refLike, fallbacks: fc.array(refLike), x: any }), any)
    const aliases = keyed(loosely({ alias: refLike, constructor: any }))
    const row = loosely({ id: refLike, alias: refLike, contextWindow: any, cost: any, input: any })
    const huggingface = loosely({ baseUrl: any, apiKey: any, models: fc.oneof(fc.array(row), any) })
    const own = loosely({ models: keyed(loosely({ fallbacks: any, timeouts: any })), cors: any, holdMs: any })
    const document = loosely({
      agents: loosely({ defaults: loosely({ model, models: aliases }) }),
      models: loosely({ mode: any, providers: loosely({ huggingface }) }),
      hugway: own,
      toString: any,
    })
    fc.assert(
      fc.property(document, (value) => {
        for (const { path, message } of listProblems(JSON.stringify(value) ?? '')) {
          expect([path, message]).not.toContain('')
        }
      }),
      { seed: 4, numRuns: 500 },
    )
  })
})

function listProblems(text: string) {
  const parsed = parseConfig(text)
  return parsed.ok ? [] : parsed.error
}

function deepPrice(depth: number): string {
  const cost = `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`
  return `{"models":{"providers":{"huggingface":{"models":[{"id":"a/b","cost":${cost}}]}}}}`
}

test('problems of shape and of meaning are listed together', () => {
  const result = parseConfig(`{
    agent: 1,
    agents: { defaults: { model: "x", models: { "a/b": { alias: "Q" }, "c/d": { alias: "q", ali: 2 } } } },
    hugway: { holdMs: -1, cors: { origins: ["x/y"] } },
  }`)
  expect(result.ok ? [] : result.error.map(({ path }) => path)).toEqual([
    'agents.defaults.models["c/d"].ali',
    'hugway.holdMs',
    'agent',
    'agents.defaults.model',
    'hugway.cors.origins[0]',
  ])
})

test.each<[what: string, cors: string, problems: readonly string[]]>([
  ['any origin, as the table says it', '{ origins: "*" }', []],
  ['any origin in a list', '{ origins: ["*"] }', []],
  ['an origin without its list', '{ origins: "https://a.example" }', ['hugway.cors.origins']],
  ['something else altogether', '"*"', ['hugway.cors']],
  ['a number in the list', '{ origins: [3] }', ['hugway.cors.origins[0]']],
  ['a slip of the key', '{ origin: "*" }', ['hugway.cors.origin']],
])('cors may be %s, and hides no other problem', (_what, cors, problems) => {
  const found = parseConfig(`{ agents: { defaults: { model: "x" } }, hugway: { cors: ${cors} } }`)
  const others = found.ok ? [] : found.error.map(({ path }) => path).filter((path) => path !== 'agents.defaults.model')
  expect(others).toEqual(problems)
  expect(found.ok ? [] : found.error.map(({ path }) => path)).toContain('agents.defaults.model')
  const alone = parseConfig(`{ hugway: { cors: ${cors} } }`)
  if (problems.length === 0) expect(alone).toMatchObject({ ok: true, value: { config: { corsOrigins: ['*'] } } })
})

test('an alias may have a slash where no model ref could be meant', () => {
  const result = parseConfig('{agents: {defaults: {models: {"a/b": {alias: "Draft / fast"}}}}}')
  expect(result.ok).toBe(true)
})
