import { describe, expect, test } from 'vitest'
import { createMendingState, mendAnswer, mendChunk, toFinishReason } from '../../src/huggingface/normalize-chunk.ts'
import { type Chunk, type Fields, isFields } from '../../src/wire/chat/chunk.ts'

/** Ids that say in which order they were made. */
function counter(): () => string {
  let made = 0
  return () => `made-${++made}`
}

describe('a finish reason', () => {
  test.each<[reason: string, hasToolCalls: boolean, known: string | undefined]>([
    ['stop', false, 'stop'],
    ['stop', true, 'stop'],
    ['length', false, 'length'],
    ['tool_calls', true, 'tool_calls'],
    ['content_filter', false, 'content_filter'],
    ['function_call', false, 'function_call'],
    ['eos_token', false, 'stop'],
    ['eos_token', true, 'tool_calls'],
    ['eos', false, 'stop'],
    ['end_turn', false, 'stop'],
    ['stop_sequence', false, 'stop'],
    ['STOP', false, 'stop'],
    ['COMPLETE', false, 'stop'],
    ['max_tokens', false, 'length'],
    ['MAX_TOKENS', false, 'length'],
    ['model_length', false, 'length'],
    ['tool_call', true, 'tool_calls'],
    ['tool_use', true, 'tool_calls'],
    ['SAFETY', false, 'content_filter'],
    ['refusal', false, 'content_filter'],
    ['sensitive', false, 'content_filter'],
    ['error', false, undefined],
    ['network_error', false, undefined],
    ['insufficient_system_resource', false, undefined],
    ['abort', true, undefined],
    ['ABORT', false, undefined],
    ['cancelled', false, undefined],
    ['timeout', false, undefined],
  ])('%s (with tool calls: %s) is told as %s', (reason, hasToolCalls, known) => {
    expect(toFinishReason(reason, hasToolCalls)).toBe(known)
  })
})

type Calls = readonly Fields[]

/** Sends pieces of tool calls, one chunk each, and gives back what clients see of them. */
function mendCalls(...pieces: Calls[]): unknown[] {
  const state = createMendingState(counter())
  return pieces.map((calls) => {
    const chunk: Chunk = { choices: [{ index: 0, delta: { tool_calls: calls } }] }
    const mended = mendChunk(chunk, state)
    if (mended === 'broken_off') throw new Error('broken off')
    const delta = mended.choices[0]?.['delta']
    return isFields(delta) ? delta['tool_calls'] : undefined
  })
}

const begins = (fields: Fields) => ({ type: 'function', function: { name: 'f', arguments: '' }, ...fields })
const goesOn = (fields: Fields) => ({ function: { arguments: '{' }, ...fields })

describe('a tool call', () => {
  test.each<[title: string, pieces: Calls[], seen: Calls[]]>([
    [
      'that is in order stays as it is',
      [[begins({ index: 0, id: 'c' })], [goesOn({ index: 0 })]],
      [[begins({ index: 0, id: 'c' })], [goesOn({ index: 0 })]],
    ],
    [
      'without an index gets one',
      [[begins({ id: 'c' })], [goesOn({})]],
      [[begins({ id: 'c', index: 0 })], [goesOn({ index: 0 })]],
    ],
    ['with an index of null gets one', [[begins({ id: 'c', index: null })]], [[begins({ id: 'c', index: 0 })]]],
    [
      'without an id gets one, once',
      [[begins({ index: 0 })], [goesOn({ index: 0 })]],
      [[begins({ index: 0, id: 'made-1' })], [goesOn({ index: 0 })]],
    ],
    ['with an empty id gets one', [[begins({ index: 0, id: '' })]], [[begins({ index: 0, id: 'made-1' })]]],
    [
      'without either gets both',
      [[begins({})], [goesOn({})]],
      [[begins({ index: 0, id: 'made-1' })], [goesOn({ index: 0 })]],
    ],
    [
      'keeps its id where later pieces have an empty one',
      [[begins({ index: 0, id: 'c' })], [goesOn({ index: 0, id: '' })]],
      [[begins({ index: 0, id: 'c' })], [goesOn({ index: 0 })]],
    ],
    [
      'may repeat its id',
      [[begins({ index: 0, id: 'c' })], [goesOn({ index: 0, id: 'c' })]],
      [[begins({ index: 0, id: 'c' })], [goesOn({ index: 0, id: 'c' })]],
    ],
    [
      'of several in one piece is numbered',
      [[begins({ id: 'c' }), begins({ id: 'd' })]],
      [[begins({ id: 'c', index: 0 }), begins({ id: 'd', index: 1 })]],
    ],
    [
      'of several in pieces is found by its id',
      [[begins({ id: 'c' })], [begins({ id: 'd' })], [goesOn({ id: 'c' })]],
      [[begins({ id: 'c', index: 0 })], [begins({ id: 'd', index: 1 })], [goesOn({ id: 'c', index: 0 })]],
    ],
    [
      'of several without ids begins with a name',
      [[begins({})], [goesOn({})], [begins({})], [goesOn({})]],
      [
        [begins({ index: 0, id: 'made-1' })],
        [goesOn({ index: 0 })],
        [begins({ index: 1, id: 'made-2' })],
        [goesOn({ index: 1 })],
      ],
    ],
    [
      'keeps the id of Kimi’s kind',
      [[begins({ index: 0, id: 'functions.read:0' })]],
      [[begins({ index: 0, id: 'functions.read:0' })]],
    ],
  ])('%s', (_title, pieces, seen) => {
    expect(mendCalls(...pieces)).toEqual(seen)
  })

  test.each([4_000_000_000, 1e300, -1, 0.5])('with %d as its index gets one that is, at once', (index) => {
    const startedAt = performance.now()
    const seen = mendCalls([begins({ index, id: 'c' })], [begins({ id: 'd' })])
    expect(seen).toEqual([[begins({ index: 0, id: 'c' })], [begins({ index: 1, id: 'd' })]])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  test('of one choice is not mixed up with another’s', () => {
    const state = createMendingState(counter())
    const chunk = (index: number) => ({ choices: [{ index, delta: { tool_calls: [begins({})] } }] })
    const seen = [0, 1].map((choice) => mendChunk(chunk(choice), state))
    expect(seen).toMatchObject(
      [0, 1].map((choice) => ({ choices: [{ delta: { tool_calls: [{ index: 0, id: `made-${choice + 1}` }] } }] })),
    )
  })

  test.each<[what: string, calls: unknown]>([
    ['null', null],
    ['a text', 'x'],
    ['a list of other things', [null, 7, 'x', []]],
  ])('that is %s breaks nothing', (_what, calls) => {
    const chunk = { choices: [{ index: 0, delta: { tool_calls: calls } }] }
    expect(mendChunk(chunk, createMendingState(counter()))).toBe(chunk)
  })
})

describe('a chunk', () => {
  test.each<[what: string, chunk: Chunk]>([
    ['of text', { id: 'x', choices: [{ index: 0, delta: { content: 'hi' } }] }],
    ['with a known finish', { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }],
    ['with an empty finish', { choices: [{ index: 0, delta: {}, finish_reason: '' }] }],
    ['without choices', { choices: [] }],
  ])('%s is handed on as the very same', (_what, chunk) => {
    expect(mendChunk(chunk, createMendingState(counter()))).toBe(chunk)
  })

  test('whose finish clients do not know gets one that they do, and keeps everything else', () => {
    const chunk = { id: 'x', choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'eos_token', matched: 7 }] }
    expect(mendChunk(chunk, createMendingState(counter()))).toEqual({
      id: 'x',
      choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop', matched: 7 }],
    })
  })

  test('that says that generation broke off is no finish', () => {
    const chunk = { choices: [{ index: 0, delta: {}, finish_reason: 'insufficient_system_resource' }] }
    expect(mendChunk(chunk, createMendingState(counter()))).toBe('broken_off')
  })
})

describe('a whole answer', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
  const answer = (message: Fields, reason: string) => [{ index: 0, message, finish_reason: reason }]

  test.each<[what: string, choices: readonly Fields[]]>([
    ['of text', answer({ content: 'hi' }, 'stop')],
    ['of tool calls with ids', answer({ tool_calls: [call, { ...call, id: 'd' }] }, 'tool_calls')],
  ])('%s needs no mending', (_what, choices) => {
    expect(mendAnswer(choices, counter())).toBeUndefined()
  })

  test('gets ids and a finish that clients know, and no index that it did not have', () => {
    const { id: _id, ...nameless } = call
    expect(mendAnswer(answer({ content: null, tool_calls: [nameless] }, 'eos_token'), counter())).toEqual(
      answer({ content: null, tool_calls: [{ ...nameless, id: 'made-1' }] }, 'tool_calls'),
    )
  })

  test('that broke off is not whole', () => {
    expect(mendAnswer(answer({ content: 'hi' }, 'network_error'), counter())).toBe('broken_off')
  })
})
