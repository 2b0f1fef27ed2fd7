import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UpstreamError } from '../../../src/core/routing/outcome.ts'
import { readChunk, readError, readUsage } from '../../../src/wire/chat/chunk.ts'

const delta = (fields: unknown) => JSON.stringify({ choices: [{ index: 0, delta: fields }] })
const usage = { prompt_tokens: 3, completion_tokens: 4 }

describe('an event is an answer', () => {
  test.each<[what: string, data: string]>([
    ['with content', delta({ content: 'hi' })],
    ['with a space', delta({ content: ' ' })],
    ['with reasoning_content', delta({ content: null, reasoning_content: 'hm' })],
    ['with reasoning', delta({ content: '', reasoning: 'hm' })],
    ['with reasoning_text', delta({ reasoning_text: 'hm' })],
    ['with reasoning_details', delta({ reasoning_details: [{ text: 'hm' }] })],
    ['with a tool call', delta({ tool_calls: [{ index: 0 }] })],
    ['with a refusal', delta({ refusal: 'no' })],
    ['with content in parts', delta({ content: [{ type: 'text', text: 'x' }] })],
    ['with a finish reason', '{"choices":[{"delta":{},"finish_reason":"stop"}]}'],
    ['with the legacy text', '{"choices":[{"text":"hi"}]}'],
    ['in its second choice', '{"choices":[{"index":0,"delta":{}},{"index":1,"delta":{"content":"x"}}]}'],
  ])('%s', (_what, data) => {
    expect(readChunk(data)).toMatchObject({ kind: 'chunk', hasSubstance: true })
  })
})

describe('an event is no answer yet', () => {
  test.each<[what: string, data: string]>([
    ['with a role alone', delta({ role: 'assistant' })],
    ['with empty content', delta({ role: 'assistant', content: '' })],
    ['with an empty list of tool calls', delta({ tool_calls: [] })],
    ['with an empty finish reason', '{"choices":[{"delta":{},"finish_reason":""}]}'],
    ['with null as finish reason', '{"choices":[{"delta":{},"finish_reason":null}]}'],
    ['without choices', '{}'],
    ['with no choices', '{"choices":[]}'],
    ['with choices that are none', '{"choices":[null,1,"x",[]]}'],
    ['with choices of null', '{"choices":null}'],
    ['with an error of null', '{"error":null,"choices":[]}'],
  ])('%s', (_what, data) => {
    expect(readChunk(data)).toMatchObject({ kind: 'chunk', hasSubstance: false })
  })
})

describe('an event tells a failure', () => {
  test.each<[what: string, data: string, event: string | undefined, message: string]>([
    ['as an object', '{"error":{"message":"overloaded"}}', undefined, 'overloaded'],
    ['as a text', '{"error":"overloaded"}', undefined, 'overloaded'],
    ['as an empty object', '{"error":{}}', undefined, '{}'],
    ['beside a choice', '{"error":{"message":"x"},"choices":[{"delta":{"content":"hi"}}]}', undefined, 'x'],
    ['by the event’s name, in JSON', '{"message":"x"}', 'error', 'x'],
    ['by the event’s name, in words', 'Internal error', 'error', 'Internal error'],
  ])('%s', (_what, data, event, message) => {
    expect(readChunk(data, event)).toMatchObject({ kind: 'error', error: { message } })
  })
})

test.each(['', 'hello', '7', 'null', '[]', '"x"', '{"choices":[', '<html>'])('%j is not readable', (data) => {
  expect(readChunk(data)).toEqual({ kind: 'unreadable' })
})

test.each(['[DONE]', ' [DONE] ', '[DONE]\n'])('%j ends the stream', (data) => {
  expect(readChunk(data)).toEqual({ kind: 'done' })
})

describe('usage', () => {
  const read = { promptTokens: 3, completionTokens: 4 }
  test.each<[where: string, data: unknown, expected: unknown]>([
    ['at the top, beside a choice', { choices: [{ delta: {} }], usage }, read],
    ['at the top, with no choices', { choices: [], usage }, read],
    ['in the choice', { choices: [{ delta: {}, usage }] }, read],
    ['nowhere', { choices: [] }, undefined],
    ['as null', { choices: [], usage: null }, undefined],
    ['as texts', { choices: [], usage: { prompt_tokens: '3' } }, undefined],
  ])('stands %s', (_where, data, expected) => {
    expect(readChunk(JSON.stringify(data))).toMatchObject({ kind: 'chunk', usage: expected })
  })

  test('that lacks one count has it as nothing', () => {
    expect(readUsage({ completion_tokens: 4 })).toEqual({ promptTokens: 0, completionTokens: 4 })
  })
})

describe('an error body gives its message', () => {
  test.each<[body: Record<string, unknown>, error: UpstreamError]>([
    [{ error: 'Invalid username or password.' }, { message: 'Invalid username or password.' }],
    [
      { error: 'x', code: 7 },
      { message: 'x', code: '7' },
    ],
    [{ error: { message: 'x', type: 't', code: 'c', param: 'p' } }, { message: 'x', type: 't', code: 'c', param: 'p' }],
    [{ error: { message: 'x', type: null, code: null, param: '' } }, { message: 'x' }],
    [{ detail: 'x' }, { message: 'x' }],
    [{ detail: [{ msg: 'x', loc: ['body'] }] }, { message: 'x' }],
    [{ message: 'x' }, { message: 'x' }],
    [{ error: { message: { deep: 1 } } }, { message: '{"deep":1}' }],
    [{ error: [] }, { message: 'no message' }],
    [{ error: 7 }, { message: 'no message' }],
    [{ error: true }, { message: 'no message' }],
    [{}, { message: '{}' }],
  ])('%j', (body, error) => {
    expect(readError(body)).toEqual(error)
  })
})

test('no data makes reading throw', () => {
  const member = fc.constantFrom('choices', 'error', 'usage', 'delta', 'message', 'tool_calls', 'detail')
  const data = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(member, fc.jsonValue()).map((value) => JSON.stringify(value)),
  )
  fc.assert(
    fc.property(data, fc.option(fc.constant('error'), { nil: undefined }), (text, event) => {
      const facts = readChunk(text, event)
      if (facts.kind === 'error') expect(typeof facts.error.message).toBe('string')
    }),
    { seed: 11, numRuns: 1_000 },
  )
})
