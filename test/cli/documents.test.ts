import { describe, expect, test } from 'vitest'
import { parseValue } from '../../src/cli/commands/config-files.ts'
import { checkDocument } from '../../src/cli/config/check-document.ts'
import { differencesOf, formatDifference } from '../../src/cli/config/config-difference.ts'
import { createDraft } from '../../src/cli/config/document-draft.ts'
import { fillDocument, formatKept } from '../../src/cli/config/fill-document.ts'
import { readOpenClaw } from '../../src/cli/config/import-openclaw.ts'
import { parseJson5 } from '../../src/json/json5.ts'
import { formatPath, parsePath } from '../../src/json/value-path.ts'

describe('a problem has the line and column of', () => {
  test.each<[what: string, text: string, places: readonly string[]]>([
    ['an unknown key', '{\n  hugway: {\n    holdMS: 1 },\n}', ['3:5 hugway.holdMS']],
    ['a bad value', '{ "hugway": {\r\n "holdMs": "3" } }', ['2:2 hugway.holdMs']],
    [
      'an element',
      '{ agents: { defaults: { model: { fallbacks: ["a/b",\n 5] } } } }',
      ['2:2 agents.defaults.model.fallbacks[1]'],
    ],
    ['a ref that is none', '{agents:{defaults:{models:{\n"nope": {}}}}}', ['2:1 agents.defaults.models.nope']],
    ['a key behind a comment', '{ /* } */ // {\n hugwy: 1 }', ['2:2 hugwy']],
    ['the last of two keys, which counts', '{ hugway: { holdMs: 1,\n holdMs: -1 } }', ['2:2 hugway.holdMs']],
    ['an escaped key', '{ "hug\\u0077ay": { "holdMs": null } }', ['1:20 hugway.holdMs']],
    ['what is no JSON5', '{\n  hugway: ]\n}', ['2:11 (the document)']],
    ['an end that is missing', '{', ['1:2 (the document)']],
  ])('%s', (_what, text, places) => {
    const checked = checkDocument(text)
    const found = checked.ok ? [] : checked.error.map(({ line, column, path }) => `${line}:${column} ${path}`)
    expect(found).toEqual(places)
  })
})

test('a path that was written can be read again', () => {
  const path = ['agents', 'defaults', 'models', 'huggingface/a/b:fastest', 'x"\\', 3, 'alias']
  expect(parsePath(formatPath(path))).toEqual(path)
  expect(parsePath('a..b')).toBeUndefined()
  expect(parsePath("hugway.models['a/b'].timeouts")).toEqual(['hugway', 'models', 'a/b', 'timeouts'])
})

test.each([
  ['10', 10],
  ['true', true],
  ['["a"]', ['a']],
  ['huggingface/a/b', 'huggingface/a/b'],
  ['"10"', '10'],
])('takes %s as %j', (text, value) => expect(parseValue(text)).toEqual(value))

test('tells what differs, value by value', () => {
  const before = { a: 1, b: { c: [1], d: 'x' } }
  const after = { b: { c: [1, 2], d: 'x' }, e: null }
  expect(differencesOf(before, after).map(formatDifference)).toEqual(['- a: 1', '~ b.c: [1] -> [1,2]', '+ e: null'])
  expect(differencesOf(after, structuredClone(after))).toEqual([])
})

describe('an openclaw.json', () => {
  const OPENCLAW = {
    gateway: { port: 1 },
    agents: {
      list: [],
      defaults: {
        workspace: '~/x',
        model: { primary: 'anthropic/claude', fallbacks: ['huggingface/Qwen/Qwen3-8B', 'openai/gpt-5'] },
        models: {
          'huggingface/Qwen/Qwen3-8B': { alias: 'Qwen', params: {} },
          'anthropic/claude': { alias: 'Claude' },
        },
      },
    },
    models: {
      mode: 'merge',
      providers: {
        ollama: {},
        huggingface: { baseUrl: 'https://x', apiKey: 'hf_secret', models: [{ id: 'Qwen/Qwen3-8B' }] },
      },
    },
  }

  test('gives what concerns us and names the rest', () => {
    const { dropped, ...taken } = readOpenClaw(OPENCLAW)
    expect(taken).toEqual({
      fallbacks: ['huggingface/Qwen/Qwen3-8B'],
      aliases: [{ ref: 'huggingface/Qwen/Qwen3-8B', alias: 'Qwen' }],
      rows: [{ id: 'Qwen/Qwen3-8B' }],
      mode: 'merge',
    })
    expect(dropped.map(({ path }) => path)).toEqual([
      'gateway',
      'agents.list',
      'agents.defaults.workspace',
      'models.providers.ollama',
      'models.providers.huggingface.baseUrl',
      'models.providers.huggingface.apiKey',
      'agents.defaults.model.primary',
      'agents.defaults.model.fallbacks[1]',
      'agents.defaults.models["huggingface/Qwen/Qwen3-8B"].params',
      'agents.defaults.models["anthropic/claude"]',
    ])
    expect(JSON.stringify(dropped)).not.toContain('hf_secret')
  })

  test('fills gaps, changes nothing that is there, and nothing at all the second time', () => {
    const draft = createDraft('{ agents: { defaults: { model: "Qwen/Qwen3-8B" } } } // mine')
    const imported = readOpenClaw({
      agents: {
        defaults: {
          model: { primary: 'huggingface/a/b', fallbacks: ['huggingface/Qwen/Qwen3-8B', 'huggingface/c/d'] },
          models: { 'huggingface/c/d': { alias: 'CD' } },
        },
      },
    })
    const kept = fillDocument(draft, imported, false)
    expect(kept.map(formatKept)).toEqual([
      'kept yours: agents.defaults.model.primary: "Qwen/Qwen3-8B" (the file says "huggingface/a/b")',
      'kept yours: agents.defaults.model.fallbacks: "none: it is the default model" (the file says "huggingface/Qwen/Qwen3-8B")',
    ])
    const once = draft.text()
    expect(parseJson5(once)).toEqual({
      agents: {
        defaults: {
          model: { primary: 'Qwen/Qwen3-8B', fallbacks: ['huggingface/c/d'] },
          models: { 'huggingface/c/d': { alias: 'CD' } },
        },
      },
    })
    expect(once).toContain('// mine')
    fillDocument(draft, imported, false)
    expect(draft.text()).toBe(once)
  })

  const THEIRS = {
    agents: {
      defaults: {
        model: { primary: 'huggingface/a/b', fallbacks: ['huggingface/c/d'] },
        models: { 'huggingface/a/b': { alias: 'Main' }, 'huggingface/e/f': {} },
      },
    },
    models: { providers: { huggingface: { models: [{ id: 'a/b', name: 'Theirs' }] } } },
  }
  const OURS = `{
  // after a long talk
  agents: {
    defaults: {
      model: { primary: 'huggingface/x/y', fallbacks: ['huggingface/z/z'] },
      models: { 'a/b': { alias: 'Ours' } },
    },
  },
  models: { providers: { huggingface: { models: [{ id: 'huggingface/a/b', name: 'Ours' }] } } },
}
`

  test('tells of everything that both speak of what stays, and what the file says', () => {
    const draft = createDraft(OURS)
    const kept = fillDocument(draft, readOpenClaw(THEIRS), false)
    expect(kept.map(({ path }) => path)).toEqual([
      'agents.defaults.model.primary',
      'agents.defaults.models["huggingface/a/b"].alias',
      'models.providers.huggingface.models[0]',
    ])
    expect(parseJson5(draft.text())).toMatchObject({
      agents: {
        defaults: {
          model: { primary: 'huggingface/x/y', fallbacks: ['huggingface/z/z', 'huggingface/c/d'] },
          models: { 'a/b': { alias: 'Ours' }, 'huggingface/e/f': {} },
        },
      },
    })
  })

  test('takes the place of what is there when that is asked for, and leaves the comments', () => {
    const draft = createDraft(OURS)
    expect(fillDocument(draft, readOpenClaw(THEIRS), true)).toEqual([])
    expect(parseJson5(draft.text())).toEqual({
      agents: {
        defaults: {
          model: { primary: 'huggingface/a/b', fallbacks: ['huggingface/c/d'] },
          models: { 'a/b': { alias: 'Main' }, 'huggingface/e/f': {} },
        },
      },
      models: { providers: { huggingface: { models: [{ id: 'a/b', name: 'Theirs' }] } } },
    })
    expect(draft.text()).toContain('// after a long talk')
  })
})
