import { describe, expect, test } from 'vitest'
import { createAnswerState, hasBegun } from '../../src/huggingface/answer-state.ts'
import { normalizeAnswer, normalizeChunk } from '../../src/huggingface/normalize-chunk.ts'
import { type Chunk, type Fields, isFields } from '../../src/wire/chat/chunk.ts'

/** Ids that say in which order they were made. */
function counter(): () => string {
  let made = 0
  return () => `made-${++made}`
}

const ROLE = { role: 'assistant' }

/** Lists in one another. */
function nest(depth: number): unknown {
  let value: unknown = 'x'
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

/** What clients see of chunks with one choice each, after a first one that is in order. */
function deltasOf(...choices: Fields[]): unknown[] {
  const state = createAnswerState(counter(), 1)
  normalizeChunk({ choices: [{ index: 0, delta: { ...ROLE, content: '' }, finish_reason: null }] }, state)
  return choices.map((choice) => {
    const normalized = normalizeChunk({ choices: [choice] }, state)
    return normalized === 'broken_off' ? normalized : normalized.chunk.choices[0]
  })
}

type Calls = readonly Fields[]

/** Sends pieces of tool calls, one chunk each, and gives back what clients see of them. */
function callsOf(...pieces: Calls[]): unknown[] {
  return deltasOf(...pieces.map((calls) => ({ index: 0, delta: { tool_calls: calls } }))).map((choice) => {
    const delta = isFields(choice) ? choice['delta'] : undefined
    return isFields(delta) ? delta['tool_calls'] : undefined
  })
}

const call = (fields: Fields, called: Fields = {}) => ({
  type: 'function',
  ...fields,
  function: { name: 'f', arguments: '', ...called },
})
const args = (text: unknown, fields: Fields = {}) => ({ ...fields, function: { arguments: text } })

describe('a tool call', () => {
  test.each<[title: string, pieces: Calls[], seen: Calls[]]>([
    [
      'that is in order stays as it is',
      [[call({ index: 0, id: 'c' })], [args('{}', { index: 0 })]],
      [[call({ index: 0, id: 'c' })], [args('{}', { index: 0 })]],
    ],
    [
      'without an index gets one',
      [[call({ id: 'c' })], [args('{}')]],
      [[call({ id: 'c', index: 0 })], [args('{}', { index: 0 })]],
    ],
    ['with an index of null gets one', [[call({ id: 'c', index: null })]], [[call({ id: 'c', index: 0 })]]],
    ['with an index as a text gets a number', [[call({ id: 'c', index: '0' })]], [[call({ id: 'c', index: 0 })]]],
    [
      'without an id gets one, once',
      [[call({ index: 0 })], [args('{}', { index: 0 })]],
      [[call({ index: 0, id: 'made-1' })], [args('{}', { index: 0 })]],
    ],
    ['with an empty id gets one', [[call({ index: 0, id: '' })]], [[call({ index: 0, id: 'made-1' })]]],
    [
      'with an empty type gets the one there is',
      [[call({ index: 0, id: 'c', type: '' })]],
      [[call({ index: 0, id: 'c' })]],
    ],
    [
      'with a type of null gets the one there is',
      [[call({ index: 0, id: 'c', type: null })]],
      [[call({ index: 0, id: 'c' })]],
    ],
    [
      'without arguments has none of them as text',
      [[{ index: 0, id: 'c', type: 'function', function: { name: 'f' } }]],
      [[call({ index: 0, id: 'c' })]],
    ],
    [
      'with arguments that are an object has their text',
      [[call({ index: 0, id: 'c' }, { arguments: { city: 'Bern' } })]],
      [[call({ index: 0, id: 'c' }, { arguments: '{"city":"Bern"}' })]],
    ],
    [
      'loses the padding of later pieces',
      [
        [call({ index: 0, id: 'c' })],
        [{ index: 0, id: null, type: null, function: { name: null, arguments: '{' } }],
        [{ index: 0, id: '', type: '', function: { name: '', arguments: '}' } }],
        [{ index: 0, function: { arguments: null } }],
      ],
      [[call({ index: 0, id: 'c' })], [args('{', { index: 0 })], [args('}', { index: 0 })], [args('', { index: 0 })]],
    ],
    [
      'says its id and its name once, in however many pieces they are repeated',
      [
        [call({ index: 0, id: 'c' })],
        [call({ index: 0, id: 'c' }, { arguments: '{"a":' })],
        [call({ index: 0, id: 'c' }, { arguments: '1}' })],
        [call({ index: 0, id: 'c' })],
      ],
      [
        [call({ index: 0, id: 'c' })],
        [{ index: 0, type: 'function', function: { arguments: '{"a":' } }],
        [{ index: 0, type: 'function', function: { arguments: '1}' } }],
        [{ index: 0, type: 'function', function: { arguments: '' } }],
      ],
    ],
    [
      'says its name once though it has no id',
      [[call({ index: 0 }, { arguments: '{"a":' })], [call({ index: 0 }, { arguments: '1}' })], [call({ index: 0 })]],
      [
        [call({ index: 0, id: 'made-1' }, { arguments: '{"a":' })],
        [{ index: 0, type: 'function', function: { arguments: '1}' } }],
        [{ index: 0, type: 'function', function: { arguments: '' } }],
      ],
    ],
    [
      'under an index that another had is one of its own',
      [
        [call({ index: 0, id: 'c' }, { arguments: '{"a":1}' })],
        [call({ index: 0, id: 'd' }, { arguments: '{"a":2}' })],
      ],
      [
        [call({ index: 0, id: 'c' }, { arguments: '{"a":1}' })],
        [call({ index: 1, id: 'd' }, { arguments: '{"a":2}' })],
      ],
    ],
    [
      'under an index that another had goes on there',
      [
        [call({ index: 0, id: 'c' })],
        [args('{"a":1}', { index: 0 })],
        [call({ index: 0, id: 'd' })],
        [args('{"a":2}', { index: 0 })],
      ],
      [
        [call({ index: 0, id: 'c' })],
        [args('{"a":1}', { index: 0 })],
        [call({ index: 1, id: 'd' })],
        [args('{"a":2}', { index: 1 })],
      ],
    ],
    [
      'without an id, under an index that a whole one had, is one of its own',
      [[call({ index: 0 }, { arguments: '{"a":1}' })], [call({ index: 0 }, { arguments: '{"a":2}' })]],
      [
        [call({ index: 0, id: 'made-1' }, { arguments: '{"a":1}' })],
        [call({ index: 1, id: 'made-2' }, { arguments: '{"a":2}' })],
      ],
    ],
    [
      'of several that are counted from one, or with holes, is counted from nought',
      [
        [call({ index: 1, id: 'c' })],
        [call({ index: 3, id: 'd' })],
        [args('{}', { index: 1 })],
        [args('{}', { index: 3 })],
      ],
      [
        [call({ index: 0, id: 'c' })],
        [call({ index: 1, id: 'd' })],
        [args('{}', { index: 0 })],
        [args('{}', { index: 1 })],
      ],
    ],
    [
      'of several in one piece is numbered',
      [[call({ id: 'c' }), call({ id: 'd' })]],
      [[call({ id: 'c', index: 0 }), call({ id: 'd', index: 1 })]],
    ],
    [
      'of several in pieces is found by its id',
      [[call({ id: 'c' })], [call({ id: 'd' })], [args('{', { id: 'c' })]],
      [[call({ id: 'c', index: 0 })], [call({ id: 'd', index: 1 })], [args('{', { index: 0 })]],
    ],
    [
      'of several without ids begins with a name',
      [[call({})], [args('{')], [call({})], [args('{')]],
      [
        [call({ index: 0, id: 'made-1' })],
        [args('{', { index: 0 })],
        [call({ index: 1, id: 'made-2' })],
        [args('{', { index: 1 })],
      ],
    ],
    [
      'whose name stands beside its id has it where clients look',
      [[{ index: 0, id: 'c', name: 'f', arguments: '{}' }]],
      [[call({ index: 0, id: 'c' }, { arguments: '{}' })]],
    ],
    [
      'whose arguments are called its input has them where clients look',
      [[{ index: 0, id: 'c', type: 'function', function: { name: 'f', input: { a: 1 } } }]],
      [[call({ index: 0, id: 'c' }, { input: { a: 1 }, arguments: '{"a":1}' })]],
    ],
    [
      'of a custom tool is no function',
      [[{ index: 0, id: 'c', type: 'custom', custom: { name: 'f', input: 'x' } }]],
      [[{ index: 0, id: 'c', type: 'custom', custom: { name: 'f', input: 'x' } }]],
    ],
    [
      'whose name comes after its arguments is one',
      [[args('{}', { index: 0, id: 'c', type: 'function' })], [{ index: 0, function: { name: 'f' } }]],
      [[args('{}', { index: 0, id: 'c', type: 'function' })], [{ index: 0, function: { name: 'f' } }]],
    ],
    [
      'with the id of another one gets its own: their results would be taken for each other’s',
      [[call({ index: 0, id: 'c' })], [call({ index: 1, id: 'c' })]],
      [[call({ index: 0, id: 'c' })], [call({ index: 1, id: 'made-1' })]],
    ],
    [
      'that says nothing of itself is none, and does not begin another',
      [[call({ index: 0, id: 'c' })], [{ index: 1, function: { arguments: '' } }], [{}]],
      [[call({ index: 0, id: 'c' })], [], [{ index: 0, function: {} }]],
    ],
    [
      'keeps the id of Kimi’s kind',
      [[call({ index: 0, id: 'functions.read:0' })]],
      [[call({ index: 0, id: 'functions.read:0' })]],
    ],
  ])('%s', (_title, pieces, seen) => {
    expect(callsOf(...pieces)).toEqual(seen)
  })

  test.each([4_000_000_000, 1e300, -1, 0.5])('with %d as its index gets one that is, at once', (index) => {
    const startedAt = performance.now()
    const seen = callsOf([call({ index, id: 'c' })], [call({ id: 'd' })])
    expect(seen).toEqual([[call({ index: 0, id: 'c' })], [call({ index: 1, id: 'd' })]])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  test('of one choice is not mixed up with another’s', () => {
    const state = createAnswerState(counter(), 1)
    const chunk = (index: number) => ({ choices: [{ index, delta: { tool_calls: [call({})] } }] })
    const seen = [0, 1].map((choice) => normalizeChunk(chunk(choice), state))
    expect(seen).toMatchObject(
      [0, 1].map((choice) => ({
        chunk: { choices: [{ delta: { tool_calls: [{ index: 0, id: `made-${choice + 1}` }] } }] },
      })),
    )
  })

  test('that is no object is none', () => {
    expect(callsOf([null, 7, 'x', []] as unknown as Calls)).toEqual([[]])
  })

  test('in a million pieces is read in time', () => {
    const state = createAnswerState(counter(), 1)
    const startedAt = performance.now()
    for (let piece = 0; piece < 100_000; piece++) {
      normalizeChunk(
        { choices: [{ index: 0, delta: { tool_calls: [call({ index: piece, id: `c${piece}` })] } }] },
        state,
      )
    }
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})

describe('a chunk', () => {
  test.each<[what: string, choice: Fields]>([
    ['of text', { index: 0, delta: { content: 'hi' }, finish_reason: null }],
    ['of text without a finish reason', { index: 0, delta: { content: 'hi' } }],
    ['with the role again', { index: 0, delta: { role: 'assistant', content: 'hi' } }],
    ['with a known finish', { index: 0, delta: {}, finish_reason: 'stop' }],
    ['with content of null', { index: 0, delta: { content: null }, logprobs: null }],
  ])('%s is handed on as the very same', (_what, choice) => {
    expect(deltasOf(choice)[0]).toBe(choice)
  })

  test.each<[what: string, choice: Fields, seen: unknown]>([
    [
      'with an empty role loses it',
      { index: 0, delta: { role: '', content: 'x' } },
      { index: 0, delta: { content: 'x' } },
    ],
    ['with a role of null loses it', { index: 0, delta: { role: null } }, { index: 0, delta: {} }],
    ['without a delta gets one', { index: 0, finish_reason: 'stop' }, { index: 0, delta: {}, finish_reason: 'stop' }],
    ['with a delta of null gets one', { index: 0, delta: null }, { index: 0, delta: {} }],
    [
      'with a message has it as a delta',
      { index: 0, message: { content: 'x' } },
      { index: 0, delta: { content: 'x' } },
    ],
    ['of the old kind has its text', { index: 0, text: 'x' }, { index: 0, text: 'x', delta: { content: 'x' } }],
    ['without an index gets one', { delta: { content: 'x' } }, { index: 0, delta: { content: 'x' } }],
    [
      'of text in parts has one text',
      { index: 0, delta: { content: [{ type: 'text', text: 'a' }, { text: 'b' }, 'c'] } },
      { index: 0, delta: { content: 'abc' } },
    ],
    [
      'with a finish that is none has none',
      { index: 0, delta: { content: 'x' }, finish_reason: 'null' },
      { index: 0, delta: { content: 'x' }, finish_reason: null },
    ],
    [
      'whose finish clients do not know gets one that they do',
      { index: 0, delta: { content: 'x' }, finish_reason: 'eos_token', matched: 7 },
      { index: 0, delta: { content: 'x' }, finish_reason: 'stop', matched: 7 },
    ],
    [
      'that says that generation broke off is no finish',
      { index: 0, delta: {}, finish_reason: 'canceled' },
      'broken_off',
    ],
    [
      'that announces calls which never came is no finish',
      { index: 0, delta: {}, finish_reason: 'tool_calls' },
      'broken_off',
    ],
    [
      'that announces calls beside text is one of text',
      { index: 0, delta: { content: 'x' }, finish_reason: 'tool_calls' },
      { index: 0, delta: { content: 'x' }, finish_reason: 'stop' },
    ],
  ])('%s', (_what, choice, seen) => {
    expect(deltasOf(choice)[0]).toEqual(seen)
  })

  test.each<[what: string, content: unknown, seen: string]>([
    ['an object around its text', { type: 'text', text: 'hi' }, 'hi'],
    ['parts whose text is an object', [{ type: 'text', text: { value: 'hi', annotations: [] } }], 'hi'],
    ['parts of which some are null', ['h', null, 'i'], 'hi'],
    ['the JSON that was asked for, parsed', { answer: 5 }, '{"answer":5}'],
    ['a number', 5, '5'],
    ['a truth', false, 'false'],
    ['nothing in an object', {}, ''],
  ])('whose content is %s has it as text', (_what, content, seen) => {
    expect(deltasOf({ index: 0, delta: { content } })[0]).toMatchObject({ delta: { content: seen } })
  })

  test.each<[what: string, delta: Fields, seen: Fields]>([
    ['an object', { reasoning: { content: 'hm' } }, { reasoning: 'hm' }],
    ['a list', { reasoning_content: ['h', { text: 'm' }] }, { reasoning_content: 'hm' }],
    ['a summary', { reasoning: { summary: 'hm' } }, { reasoning: 'hm' }],
    ['a part of its own type', { reasoning: { type: 'reasoning.text', text: 'hm' } }, { reasoning: 'hm' }],
  ])('whose reasoning is %s has it as text', (_what, delta, seen) => {
    expect(deltasOf({ index: 0, delta })[0]).toEqual({ index: 0, delta: seen })
  })

  test.each([{ refusal: false }, { reasoning: false }, { reasoning_content: 0 }])(
    'that only tells by %j whether there is such a text says nothing',
    (delta) => {
      const state = createAnswerState(counter(), 1)
      const seen = normalizeChunk({ choices: [{ index: 0, delta: { ...ROLE, content: '', ...delta } }] }, state)
      const [name = ''] = Object.keys(delta)
      expect(seen).toMatchObject({ chunk: { choices: [{ delta: { [name]: null } }] } })
      expect(hasBegun(state)).toBe(false)
    },
  )

  test('that calls a function as before there were tools says it both ways', () => {
    const called = (pieces: Fields) => ({ index: 0, delta: { function_call: pieces } })
    expect(deltasOf(called({ name: 'f', arguments: '' }), called({ arguments: '{}' }))).toEqual([
      {
        index: 0,
        delta: {
          function_call: { name: 'f', arguments: '' },
          tool_calls: [call({ index: 0, id: 'made-1' })],
        },
      },
      { index: 0, delta: { function_call: { arguments: '{}' }, tool_calls: [args('{}', { index: 0 })] } },
    ])
  })

  test('that says all of the deltas before it once more, as a message, says nothing', () => {
    const seen = deltasOf({ index: 0, delta: { content: 'Hello' } }, { index: 0, message: { content: 'Hello' } })
    expect(seen[1]).toMatchObject({ delta: {} })
    expect(seen[1]).not.toMatchObject({ delta: { content: 'Hello' } })
  })

  test('that says them once more with a call that no delta had says the call: one that is lost would look whole', () => {
    const message = { content: 'Hello', tool_calls: [call({ id: 'c' }, { arguments: '{}' })] }
    const last = { index: 0, message, finish_reason: 'tool_calls' }
    const seen = deltasOf({ index: 0, delta: { content: 'Hello' } }, last)[1]
    expect(seen).toMatchObject({ delta: { tool_calls: [{ index: 0, id: 'c' }] }, finish_reason: 'tool_calls' })
    expect(seen).not.toMatchObject({ delta: { content: 'Hello' } })
    const told = deltasOf({ index: 0, delta: { content: 'x', tool_calls: [call({ index: 0, id: 'c' })] } }, last)[1]
    expect(told).toEqual({ index: 0, delta: {}, finish_reason: 'tool_calls' })
  })

  test('that ends at its limit before a call has its name ends there: half a call is what a limit leaves', () => {
    const half = { delta: { content: 'x', tool_calls: [args('', { index: 0, id: 'c' })] } }
    expect(deltasOf(half, { index: 0, delta: {}, finish_reason: 'length' })[1]).toMatchObject({
      finish_reason: 'length',
    })
  })

  test.each<[what: string, choices: readonly Fields[]]>([
    ['that came without its name', [{ delta: { tool_calls: [args('{}', { index: 0, id: 'c' })] } }]],
    [
      'that came without its name beside one that has it',
      [{ delta: { tool_calls: [call({ index: 0, id: 'c' }), args('{}', { index: 1, id: 'd' })] } }],
    ],
    [
      'that came without its name beside text',
      [{ delta: { content: 'x', tool_calls: [args('{}', { index: 0, id: 'c' })] } }],
    ],
  ])('that ends a call %s is no finish: nobody could run it', (_what, choices) => {
    expect(deltasOf(...choices, { delta: {}, finish_reason: 'tool_calls' }).at(-1)).toBe('broken_off')
  })

  test.each([
    ['length', 'stop', 'length'],
    ['content_filter', 'stop', 'content_filter'],
    ['stop', 'length', 'length'],
    ['stop', 'stop', 'stop'],
  ])('that says it ended by %s and then by %s ended by %s: no client takes half for the whole', (first, then, last) => {
    const finish = (reason: string) => ({ index: 0, delta: {}, finish_reason: reason })
    const seen = deltasOf({ index: 0, delta: { content: 'x' } }, finish(first), finish(then))
    expect(seen.at(-1)).toMatchObject({ finish_reason: last })
  })

  test('of the only choice that was asked for is the first, however the provider counts', () => {
    const state = createAnswerState(counter(), 1)
    const seen = [1, 1, 0].map((index) => normalizeChunk({ choices: [{ index, delta: { content: 'x' } }] }, state))
    expect(seen).toMatchObject([0, 0, 1].map((index) => ({ chunk: { choices: [{ index }] } })))
  })

  test('of one of several choices keeps its place', () => {
    const state = createAnswerState(counter(), 2)
    const seen = [1, 0].map((index) => normalizeChunk({ choices: [{ index, delta: { content: 'x' } }] }, state))
    expect(seen).toMatchObject([1, 0].map((index) => ({ chunk: { choices: [{ index }] } })))
  })

  test('with parts that are not all text keeps them', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'thinking', thinking: [] },
    ]
    expect(deltasOf({ index: 0, delta: { content } })[0]).toMatchObject({ delta: { content } })
  })

  test.each<[what: string, delta: Fields]>([
    ['has none', { content: 'x' }],
    ['has one of null', { role: null, content: 'x' }],
    ['has another', { role: 'model', content: 'x' }],
  ])('that is the first of a choice has the role where it %s', (_what, delta) => {
    const state = createAnswerState(counter(), 1)
    const first = (index: number): Chunk => ({ choices: [{ index, delta }] })
    const seen = [0, 1, 0].map((index) => normalizeChunk(first(index), state))
    expect(seen.slice(0, 2)).toMatchObject([
      { chunk: { choices: [{ index: 0, delta: { role: 'assistant', content: 'x' } }] } },
      { chunk: { choices: [{ index: 1, delta: { role: 'assistant', content: 'x' } }] } },
    ])
    expect(seen[2]).toEqual({
      chunk: { choices: [{ index: 0, delta: { content: 'x' } }] },
      isOdd: 'role' in delta,
    })
  })
})

describe('a whole answer', () => {
  const told = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
  const answer = (message: Fields, reason: unknown, more: Fields = {}): Chunk => ({
    id: 'x',
    choices: [{ index: 0, message, finish_reason: reason, ...more }],
  })
  const normalize = (given: Chunk) => normalizeAnswer(given, createAnswerState(counter(), 1))

  test.each<[what: string, given: Chunk]>([
    ['of text', answer({ ...ROLE, content: 'hi' }, 'stop')],
    ['of tool calls with ids', answer({ ...ROLE, tool_calls: [told, { ...told, id: 'd' }] }, 'tool_calls')],
  ])('%s is the very same', (_what, given) => {
    expect(normalize(given)).toBe(given)
  })

  test('with a call without a name is none, though it says nothing of its end', () => {
    const message = {
      ...ROLE,
      content: 'x',
      tool_calls: [{ id: 'c', type: 'function', function: { arguments: '{}' } }],
    }
    expect(normalize({ id: 'x', choices: [{ index: 0, message }] })).toBe('broken_off')
  })

  const { id: _id, ...nameless } = told
  test.each<[what: string, given: Chunk, seen: unknown]>([
    [
      'gets ids and a finish that clients know, and no index that it did not have',
      answer({ ...ROLE, content: null, tool_calls: [nameless] }, 'eos_token'),
      answer({ ...ROLE, content: null, tool_calls: [{ ...nameless, id: 'made-1' }] }, 'tool_calls'),
    ],
    [
      'has arguments as text',
      answer(
        { ...ROLE, tool_calls: [{ ...told, function: { name: 'a', arguments: { city: 'Bern' } } }] },
        'tool_calls',
      ),
      answer(
        { ...ROLE, tool_calls: [{ ...told, function: { name: 'a', arguments: '{"city":"Bern"}' } }] },
        'tool_calls',
      ),
    ],
    ['has a role', answer({ content: 'x' }, 'stop'), answer({ ...ROLE, content: 'x' }, 'stop')],
    [
      'has its parts as one text',
      answer({ ...ROLE, content: [{ type: 'text', text: 'x' }] }, 'stop'),
      answer({ ...ROLE, content: 'x' }, 'stop'),
    ],
    [
      'ends though it says “not yet”',
      answer({ ...ROLE, content: 'x' }, 'null'),
      answer({ ...ROLE, content: 'x' }, 'stop'),
    ],
    [
      'of calls ends with them though it says nothing',
      answer({ ...ROLE, tool_calls: [told] }, null),
      answer({ ...ROLE, tool_calls: [told] }, 'tool_calls'),
    ],
    [
      'has its choices counted from the first, however they came',
      { choices: [{ index: 1, message: { ...ROLE, content: 'x' }, finish_reason: 'stop' }] },
      { choices: [{ index: 0, message: { ...ROLE, content: 'x' }, finish_reason: 'stop' }] },
    ],
    ['that broke off is not whole', answer({ ...ROLE, content: 'x' }, 'network_error'), 'broken_off'],
    ['whose calls never came is not whole', answer({ ...ROLE, content: null }, 'tool_calls'), 'broken_off'],
  ])('%s', (_what, given, seen) => {
    expect(normalize(given)).toEqual(seen)
  })

  test.each<[isAnswer: boolean, what: string, given: Chunk, completionTokens: number | undefined]>([
    [false, 'nothing', answer({ ...ROLE, content: '' }, 'stop'), undefined],
    [false, 'nothing, in no tokens', answer({ ...ROLE, content: null }, 'stop'), 0],
    [false, 'nothing, in parts', answer({ ...ROLE, content: [{ type: 'thinking', thinking: '' }] }, 'stop'), undefined],
    [false, 'nothing, in an object', answer({ ...ROLE, content: null, reasoning: { id: 'r' } }, 'stop'), undefined],
    [true, 'more than anybody nests', answer({ ...ROLE, reasoning: nest(100_000) }, 'stop'), undefined],
    [false, 'nothing, and no end', answer({ ...ROLE, content: null, tool_calls: [] }, null), undefined],
    [true, 'nothing, in tokens that nobody sees', answer({ ...ROLE, content: '' }, 'stop'), 12],
    [true, 'nothing, for want of tokens', answer({ ...ROLE, content: '' }, 'length'), 0],
    [true, 'nothing, by a filter', answer({ ...ROLE, content: null }, 'content_filter'), undefined],
    [true, 'a refusal', answer({ ...ROLE, content: null, refusal: 'no' }, 'stop'), undefined],
    [true, 'reasoning alone', answer({ ...ROLE, content: '', reasoning_content: 'hm' }, 'stop'), undefined],
    [true, 'a blank', answer({ ...ROLE, content: ' ' }, 'stop'), undefined],
  ])('is an answer (%s) that says %s', (isAnswer, _what, given, completionTokens) => {
    const state = createAnswerState(counter(), 1)
    state.completionTokens = completionTokens
    normalizeAnswer(given, state)
    expect(hasBegun(state)).toBe(isAnswer)
  })
})

test('an upstream that counts its choices without end does not fill the memory', () => {
  const state = createAnswerState(counter(), 1)
  for (let index = 0; index < 20_000; index++) {
    normalizeChunk({ choices: [{ index, delta: { content: 'x' } }] }, state)
  }
  normalizeChunk({ choices: Array.from({ length: 20_000 }, () => ({ delta: { content: 'x' } })) }, state)
  expect(state.choices.size).toBeLessThanOrEqual(1_024)
})
