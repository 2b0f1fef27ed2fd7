import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/failure.ts'
import type { Chunk } from '../../../src/wire/chat/chunk.ts'
import { toMessagesErrorBody } from '../../../src/wire/messages/error.ts'
import { createMessagesEncoder } from '../../../src/wire/messages/events.ts'
import { readMessagesStream } from '../../support/read-messages.ts'

const create = (stopSequences: readonly string[] = []) =>
  createMessagesEncoder({ model: 'a/b', stopSequences }, { id: '1', requestId: 'r1' })
const chunk = (delta: object, finish: string | null = null, more: object = {}): Chunk => ({
  choices: [{ index: 0, delta, finish_reason: finish, ...more }],
})
const CALL = { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }] }

describe('why an answer ended', () => {
  test.each<[finish: string, delta: object, more: object, reason: string]>([
    ['stop', { content: 'x' }, {}, 'end_turn'],
    ['length', { content: 'x' }, {}, 'max_tokens'],
    ['content_filter', { content: 'x' }, {}, 'refusal'],
    ['tool_calls', CALL, {}, 'tool_use'],
    ['stop', CALL, {}, 'tool_use'],
    ['stop', { content: 'x' }, { stop_reason: 'END' }, 'stop_sequence'],
    ['stop', { content: 'x' }, { stop_reason: 151_645 }, 'end_turn'],
  ])('%s with %j and %j', (finish, delta, more, reason) => {
    const encoder = create(['END'])
    expect(readMessagesStream(encoder.chunk(chunk(delta, finish, more)) + encoder.end()).end).toBe(reason)
  })
})

test('an answer without anything in it has no block', () => {
  const encoder = create()
  expect(readMessagesStream(encoder.chunk(chunk({}, 'stop')) + encoder.end())).toMatchObject({
    text: '',
    end: 'end_turn',
  })
})

test('signs of life are pings, before the answer and in it', () => {
  const encoder = create()
  const text = encoder.heartbeat() + encoder.chunk(chunk({ content: 'x' })) + encoder.silence() + encoder.end()
  expect(text.startsWith('event: ping\n')).toBe(true)
  expect(readMessagesStream(text).text).toBe('x')
})

test('arguments that are no JSON are kept in a whole message, not lost', () => {
  const whole = (written: string) =>
    JSON.parse(
      create().whole({
        choices: [
          {
            message: { tool_calls: [{ id: 'c', function: { name: 'f', arguments: written } }] },
            finish_reason: 'tool_calls',
          },
        ],
      }),
    ).content[0].input
  expect(whole('')).toEqual({})
  expect(whole('{"a":1}')).toEqual({ a: 1 })
  expect(whole('{"a"')).toEqual({ unreadable_arguments: '{"a"' })
})

describe('an error', () => {
  test.each<[status: number, type: string]>([
    [400, 'invalid_request_error'],
    [402, 'billing_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [418, 'invalid_request_error'],
    [429, 'rate_limit_error'],
  ])('with the status %d is %s', (status, type) => {
    const thrown = new GatewayError({ kind: 'upstream_refused', status, message: 'no' })
    expect(toMessagesErrorBody(thrown, 'r1')).toEqual({
      type: 'error',
      error: { type, message: 'no' },
      request_id: 'r1',
    })
  })

  test('of ours tells nothing of its cause', () => {
    expect(toMessagesErrorBody(new Error('secret')).error).toMatchObject({ type: 'api_error' })
    expect(JSON.stringify(toMessagesErrorBody(new Error('secret')))).not.toContain('secret')
  })

  test.each([
    ['maximum context length is 8192 tokens. However, you requested 9,000 tokens', '9000 tokens > 8192 maximum'],
    ['the context is full', 'more tokens than the maximum'],
  ])('of a prompt that is too long has the words on which Claude Code compacts: %s', (message, words) => {
    const thrown = new GatewayError({ kind: 'context_overflow', message })
    expect(toMessagesErrorBody(thrown).error.message).toContain(`prompt is too long: ${words}`)
  })
})
