import { describe, expect, test } from 'vitest'
import configSchema from '../../schema/config.json' with { type: 'json' }
import { completeAt } from '../../src/console/configuration/complete-at.ts'
import { diffLines, withContext } from '../../src/console/configuration/line-diff.ts'
import { usd } from '../../src/console/format.ts'
import { readPlace } from '../../src/console/hash.ts'
import { mergeOf, NO_BOUNDS, problemOf, toBounds } from '../../src/console/keys/bounds.ts'
import { filterModels, NO_MODEL_FILTER } from '../../src/console/models/filter-models.ts'
import { courseOf, pointsOf, usagePath } from '../../src/console/overview/range.ts'
import { toBody, toSnippet } from '../../src/console/playground/question.ts'
import { addEvent, NOTHING_YET } from '../../src/console/playground/read-stream.ts'

describe('what may stand at the cursor (|)', () => {
  const at = (marked: string) => {
    const offset = marked.indexOf('|')
    return completeAt(marked.replace('|', ''), offset, configSchema).map(({ name }) => name)
  }
  test.each([
    ['keys of the root', '{ | }', ['agents', 'models', 'hugway'], []],
    ['those that begin so', '{ hugway: { ho|', ['holdMs'], ['timeouts']],
    ['after other members', '{ hugway: { cors: { origins: ["*"] }, ti|', ['timeouts'], ['origins']],
    ['within quotes', '{ "hugway": { "ho|', ['holdMs'], []],
    ['under a key of one’s own', '{ hugway: { models: { "a/b": { | } } } }', ['timeouts', 'fallbacks'], ['holdMs']],
    ['in an object of a list', '{ models: { providers: { huggingface: { models: [{ id: "a/b", na|', ['name'], []],
    ['values of a choice', '{ models: { mode: | } }', ['"merge"', '"replace"'], []],
    ['after a comment with a brace', '{ // { \n hugway: { ho|', ['holdMs'], []],
  ])('%s', (_what, text, wanted, unwanted) => {
    const names = at(text)
    expect(names).toEqual(expect.arrayContaining(wanted))
    for (const name of unwanted) expect(names).not.toContain(name)
  })

  test.each([
    ['in a comment', '{ // hu|'],
    ['outside of everything', '|{}'],
    ['under a key that nobody knows', '{ nothing: { |'],
    ['of a text that never ends', '{ "hugway: { |'],
  ])('nothing %s', (_what, text) => {
    expect(at(text)).toEqual([])
  })
})

describe('a difference', () => {
  const show = (before: string, after: string) =>
    diffLines(before, after).map(({ kind, text }) => `${kind === 'same' ? ' ' : kind === 'added' ? '+' : '-'}${text}`)

  test('names the lines that went and came, and keeps the others', () => {
    expect(show('a\nb\nc\nd', 'a\nx\nc\nd\ne')).toEqual([' a', '-b', '+x', ' c', ' d', '+e'])
    expect(show('a', 'a')).toEqual([' a'])
  })

  test('of two large texts takes no square of time', () => {
    const lines = (mark: string) => Array.from({ length: 20_000 }, (_, index) => `${mark}${index}`).join('\n')
    expect(diffLines(lines('a'), lines('b')).length).toBe(40_000)
  })

  test('leaves out what is far from a change', () => {
    const text = Array.from({ length: 20 }, (_, index) => `line ${index}`)
    const shown = withContext(diffLines(text.join('\n'), text.with(10, 'new').join('\n')), 1)
    expect(shown.map((line) => line?.text ?? null)).toEqual([null, 'line 9', 'line 10', 'new', 'line 11', null])
  })
})

describe('an answer that is read', () => {
  const read = (...events: object[]) => events.map((event) => JSON.stringify(event)).reduce(addEvent, NOTHING_YET)
  const delta = (fields: object) => ({ choices: [{ delta: fields }] })

  test('grows by its pieces', () => {
    const progress = read(delta({ reasoning_content: 'Hm' }), delta({ content: 'Hel' }), delta({ content: 'lo' }), {
      choices: [{ delta: {}, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    })
    expect(progress).toMatchObject({
      reasoning: 'Hm',
      content: 'Hello',
      finish: 'stop',
      usage: { completion_tokens: 2 },
    })
  })

  test('puts the pieces of a call together', () => {
    const piece = (fields: object) => delta({ tool_calls: [{ index: 0, function: fields }] })
    expect(
      read(piece({ name: 'f', arguments: '' }), piece({ arguments: '{"a"' }), piece({ arguments: ':1}' })).toolCalls,
    ).toEqual([{ name: 'f', args: '{"a":1}' }])
  })

  test('keeps what came before an error', () => {
    expect(read(delta({ content: 'Hel' }), { error: { message: 'broken' } })).toMatchObject({
      content: 'Hel',
      error: 'broken',
    })
  })

  test.each(['', 'no json', 'null', '[]', '{"choices":"x"}', '{"choices":[null]}'])(
    'is not thrown off by %j',
    (data) => {
      expect(addEvent(NOTHING_YET, data)).toMatchObject({ content: '' })
    },
  )
})

describe('usage over time', () => {
  const NOW = Date.parse('2026-11-27T17:20:00Z')
  const NONE = { p50: null, p95: null }
  const times = { firstTokenMs: { p50: 200, p95: 900 }, durationMs: NONE }
  const sums = { requests: 3, failed: 1, promptTokens: 5, completionTokens: 6, cachedTokens: 0, reasoningTokens: 0 }
  const row = { ...sums, costNanoUsd: 2e9, costUsd: 2, estimated: 0, unpriced: 0, ...times }

  test('is asked for in whole hours, the present one included', () => {
    const query = new URL(usagePath(24, NOW, ['day']), 'http://x').searchParams
    expect([query.get('from'), query.get('to')]).toEqual(['2026-11-26T18:00:00Z', '2026-11-27T18:00:00Z'])
  })

  test.each([
    [1, 'hour', 24],
    [168, 'hour', 168],
    [720, 'day', 720],
  ])('of %i hours is drawn by the %s over %i hours', (hours, step, drawn) => {
    expect(courseOf(hours)).toEqual({ step, hours: drawn })
  })

  test('has a point for a day on which nobody asked', () => {
    const points = pointsOf([{ ...row, day: '2026-11-26' }], '2026-11-25T18:00:00Z', '2026-11-27T18:00:00Z', 'day')
    expect(points.map(({ requests, tokens }) => [requests, tokens])).toEqual([
      [0, 0],
      [3, 11],
      [0, 0],
    ])
  })

  test('has a point for each hour, and no time where nothing was timed', () => {
    const rows = [{ ...row, hour: '2026-11-27T16:00:00Z' }]
    const points = pointsOf(rows, '2026-11-27T15:00:00Z', '2026-11-27T18:00:00Z', 'hour')
    expect(points.map(({ requests, firstTokenMs }) => [requests, firstTokenMs])).toEqual([
      [0, NONE],
      [3, { p50: 200, p95: 900 }],
      [0, NONE],
    ])
  })
})

test('models are found by what they can and cost', () => {
  const model = (id: string, provider: object, more: object = {}) => ({
    id,
    providers: [{ provider: 'p', ...provider }],
    ...more,
  })
  const models = [
    model('a/tools', { supports_tools: true, pricing: { output: 2 } }, { context_length: 1_000 }),
    model('b/eyes', { pricing: { output: 9 } }, { architecture: { input_modalities: ['text', 'image'] } }),
    { id: 'c/unknown' },
  ]
  const find = (filter: Partial<typeof NO_MODEL_FILTER>) =>
    filterModels(models, { ...NO_MODEL_FILTER, ...filter }).map(({ id }) => id)
  expect(find({})).toEqual(['a/tools', 'b/eyes', 'c/unknown'])
  expect(find({ tools: true })).toEqual(['a/tools'])
  expect(find({ vision: true })).toEqual(['b/eyes'])
  expect(find({ price: '5' })).toEqual(['a/tools'])
  expect(find({ context: '999' })).toEqual(['a/tools'])
  expect(find({ text: 'EYE' })).toEqual(['b/eyes'])
  expect(find({ price: 'cheap' })).toEqual(['a/tools', 'b/eyes', 'c/unknown'])
})

describe('the bounds of a key', () => {
  test('are only those that were filled in', () => {
    expect(toBounds(NO_BOUNDS)).toEqual({})
    expect(toBounds({ ...NO_BOUNDS, usd: '25', concurrent: '3', models: 'fast, org/*' })).toEqual({
      budget: { usd: 25, per: 'month' },
      limits: { concurrent: 3 },
      models: ['fast', 'org/*'],
    })
  })

  test('are sent where they are other, and what was taken away is said to be', () => {
    const before = { ...NO_BOUNDS, usd: '25', concurrent: '3', tokensPerMinute: '9' }
    expect(mergeOf(before, before)).toEqual({})
    expect(mergeOf(before, { ...before, usd: '', concurrent: '' })).toEqual({
      budget: null,
      limits: { concurrent: null },
    })
    expect(mergeOf(before, NO_BOUNDS)).toEqual({ budget: null, limits: { tokensPerMinute: null, concurrent: null } })
    expect(mergeOf(before, { ...before, usd: '5' })).toEqual({ budget: { usd: 5, per: 'month' } })
  })

  test('may be a budget of nothing', () => {
    expect(problemOf({ ...NO_BOUNDS, usd: '0' })).toBeUndefined()
  })

  test.each([
    ['usd', '-1'],
    ['usd', 'much'],
    ['concurrent', '1.5'],
    ['tokensPerMinute', '0'],
  ])('%s of %j is a problem', (name, text) => {
    expect(problemOf({ ...NO_BOUNDS, [name]: text })).toMatch(/must be/)
  })
})

test('a question is sent as it is shown, and a quote in it does not break the shell', () => {
  const question = { model: '', system: '', prompt: "it's", maxTokens: '9', stream: false, tools: false }
  expect(toBody(question)).toEqual({ messages: [{ role: 'user', content: "it's" }], max_tokens: 9 })
  expect(toSnippet('curl', question, 'http://x')).toContain(`it'\\''s`)
})

test.each([
  ['', { page: '', rest: '' }],
  ['#/requests?end=cut', { page: 'requests', rest: '' }],
  ['#/requests/a%2Fb', { page: 'requests', rest: 'a/b' }],
  ['#/requests/100%', { page: 'requests', rest: '100%' }],
])('the address %j is a place', (hash, place) => {
  expect(readPlace(hash)).toMatchObject(place)
})

test.each([
  [0, '$0'],
  [12.345, '$12.35'],
  [0.000_123, '$0.00012'],
  [0.01, '$0.01'],
])('%d dollars are %s', (dollars, text) => {
  expect(usd(dollars)).toBe(text)
})
