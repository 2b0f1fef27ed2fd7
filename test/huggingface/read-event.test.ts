import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEvent } from '../../src/huggingface/read-event.ts'

const usage = { prompt_tokens: 3, completion_tokens: 4 }
const choice = { index: 0, delta: { content: 'hi' } }

describe('an event tells a failure', () => {
  test.each<[what: string, data: unknown, message: string]>([
    ['as an object', { error: { message: 'busy' } }, 'busy'],
    ['as a text', { error: 'busy' }, 'busy'],
    ['as an empty object, and nothing else', { error: {} }, '{}'],
    ['as a flag beside a choice', { error: true, choices: [choice] }, 'no message'],
    ['beside a choice', { error: { message: 'busy' }, choices: [choice] }, 'busy'],
    ['beside usage', { error: { code: 500, message: '' }, usage }, ''],
    ['as an object called error', { object: 'error', message: 'CUDA out of memory', code: 500 }, 'CUDA out of memory'],
    ['by its message', { message: 'busy' }, 'busy'],
    ['by its detail', { detail: 'busy' }, 'busy'],
    ['by its code', { code: 'overloaded' }, '{"code":"overloaded"}'],
    ['by its type', { type: 'error', text: 'busy' }, '{"type":"error","text":"busy"}'],
    ['by its message, beside no choices', { message: 'busy', choices: [] }, 'busy'],
    ['as a text called errors', { errors: 'busy' }, 'busy'],
    ['under another name', { errorMessage: 'busy' }, '{"errorMessage":"busy"}'],
    ['as an exception', { exception: 'busy' }, '{"exception":"busy"}'],
    ['as a list of errors', { errors: [{ message: 'busy', code: 7 }] }, 'busy'],
    ['as a list of texts', { errors: ['busy'], choices: [choice] }, 'busy'],
    ['as no success', { success: false, message: 'busy' }, 'busy'],
    ['as no success beside a choice', { success: false, choices: [choice], message: 'busy' }, 'busy'],
    ['inside a choice', { choices: [{ ...choice, error: { code: 502, message: 'gone' } }] }, 'gone'],
    ['inside a delta', { choices: [{ index: 0, delta: { error: 'gone' } }] }, 'gone'],
  ])('%s', (_what, data, message) => {
    expect(readEvent(JSON.stringify(data))).toMatchObject({ kind: 'error', error: { message } })
  })

  test.each<[data: string, name: string, message: string]>([
    ['{"message":"busy"}', 'error', 'busy'],
    ['{"reason":"busy"}', 'error', '{"reason":"busy"}'],
    ['"busy"', 'error', 'busy'],
    ['it broke', 'error', 'it broke'],
    ['it broke', 'exception', 'it broke'],
    ['', 'error', 'error'],
  ])('%s by the name of the event: %s', (data, name, message) => {
    expect(readEvent(data, name)).toEqual({ kind: 'error', error: expect.objectContaining({ message }) })
  })
})

describe('an event is an answer, and no failure', () => {
  test.each<[what: string, data: unknown]>([
    ['an error of null', { error: null, choices: [choice] }],
    ['an empty text', { error: '', choices: [choice] }],
    ['an error of empty members', { error: { message: '', type: '', param: '', code: null }, choices: [choice] }],
    ['a code of its own', { code: 0, message: 'ok', choices: [choice] }],
    ['no errors', { errors: [], success: true, choices: [choice] }],
    ['an empty error in a choice', { choices: [{ ...choice, error: { message: '' } }] }],
    ['a code beside usage', { code: 200, message: 'ok', usage }],
  ])('with %s beside it', (_what, data) => {
    expect(readEvent(JSON.stringify(data))).toMatchObject({ kind: 'chunk' })
  })
})

test.each<[data: string, name?: string]>([
  ['ping'],
  ['null'],
  ['[]'],
  ['7'],
  [': keepalive'],
  ['{"type":"ping"}'],
  ['{"type":"keep-alive","message":"still here"}'],
  ['{}', 'ping'],
  ['keepalive', 'ping'],
  ['{"id":"x","object":"chat.completion.chunk"}'],
  ['{"choices":null}'],
  ['{"id":"x","choices":null,"usage":null,"system_fingerprint":"f"}'],
  ['keep-alive'],
  [''],
])('%j (event: %s) is no part of an answer', (data, name) => {
  expect(readEvent(data, name)).toEqual({ kind: 'nothing' })
})

test.each([
  '"x"',
  '<|end|>',
  '<html>',
  'Internal Server Error',
  '["it broke"]',
  '{"base_resp":{"status_code":1002},"choices":null}',
  '{"status":500,"title":"Internal Server Error"}',
  '{"ok":false,"reason":"it broke"}',
])('%j is no part of an answer, and says what nobody knows', (data) => {
  expect(readEvent(data)).toEqual({ kind: 'unknown' })
})

test.each(['{"choices":[', '{"id":"x","cho', '{', '"delta":{"content":"x"}}]}'])('%j is half an answer', (data) => {
  expect(readEvent(data)).toEqual({ kind: 'unreadable' })
})

test.each(['[DONE]', ' [DONE] ', '[DONE]\n'])('%j ends the stream', (data) => {
  expect(readEvent(data)).toEqual({ kind: 'done' })
})

describe('usage', () => {
  const told = { promptTokens: 3, completionTokens: 4 }
  test.each<[where: string, data: unknown, expected: unknown]>([
    ['at the top, beside a choice', { choices: [choice], usage }, told],
    ['at the top, with no choices', { choices: [], usage }, told],
    ['at the top, without a list of choices', { choices: null, usage }, told],
    ['in the choice', { choices: [{ delta: {}, usage }] }, told],
    ['nowhere', { choices: [] }, undefined],
    ['as null', { choices: [], usage: null }, undefined],
  ])('stands %s', (_where, data, expected) => {
    expect(readEvent(JSON.stringify(data))).toMatchObject({ kind: 'chunk', usage: expected })
  })
})

test('a list of choices is one in every chunk', () => {
  const choicesOf = (choices: unknown) => readEvent(JSON.stringify({ choices, usage }))
  expect(choicesOf([choice, null, 7])).toMatchObject({ chunk: { choices: [choice] }, isRepaired: true })
  expect(choicesOf('x')).toMatchObject({ chunk: { choices: [] }, isRepaired: true })
  expect(choicesOf([choice])).toMatchObject({ chunk: { choices: [choice] }, isRepaired: false })
})

test('no data makes reading throw', () => {
  const member = fc.constantFrom('choices', 'error', 'errors', 'usage', 'delta', 'message', 'code', 'detail', 'object')
  const data = fc.oneof(
    fc.string(),
    fc.json(),
    fc.dictionary(member, fc.jsonValue()).map((value) => JSON.stringify(value)),
  )
  fc.assert(
    fc.property(data, fc.constantFrom(undefined, 'error', 'ping'), (text, event) => {
      const facts = readEvent(text, event)
      if (facts.kind === 'error') expect(typeof facts.error.message).toBe('string')
    }),
    { seed: 11, numRuns: 1_000 },
  )
})
