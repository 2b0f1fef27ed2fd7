import { expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/failure.ts'
import type { Chunk } from '../../../src/wire/chat/chunk.ts'
import { createResponsesEncoder } from '../../../src/wire/responses/events.ts'
import { mapResponsesRequest } from '../../../src/wire/responses/request.ts'
import { readResponsesStream } from '../../support/read-responses.ts'
import { eventsOf } from '../../support/sse-answer.ts'

function encoderFor(body: object) {
  const mapped = mapResponsesRequest({ model: 'a/b', input: 'hi', ...body })
  if (!mapped.ok) throw new Error(JSON.stringify(mapped.error))
  return createResponsesEncoder(mapped.value, { id: '1', startedAt: 5_000, now: () => 9_000 })
}

const chunk = (delta: object, finish: string | null = null, more: object = {}): Chunk => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
})
const call = (name: string, written: string): object => ({
  tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name, arguments: written } }],
})
const lastOf = (text: string) => JSON.parse(eventsOf(text).at(-1)?.data ?? '{}')

test('a tool of a namespace is called by its own name, with the namespace beside it: Codex knows it by nothing else', () => {
  const tools = [{ type: 'namespace', name: 'mcp__x', tools: [{ type: 'function', name: 'f' }] }]
  const encoder = encoderFor({ tools })
  const text = encoder.chunk(chunk(call('mcp__x__f', '{}'))) + encoder.chunk(chunk({}, 'tool_calls')) + encoder.end()
  expect(readResponsesStream(text).calls).toEqual([{ id: 'c1', name: 'f', namespace: 'mcp__x', arguments: '{}' }])
})

test('a custom tool gets its text as it is, not as JSON', () => {
  const encoder = encoderFor({ tools: [{ type: 'custom', name: 'apply_patch' }] })
  const input = '*** Begin Patch\n+"quoted"\n'
  const text = encoder.chunk(chunk(call('apply_patch', JSON.stringify({ input })))) + encoder.end()
  const events = eventsOf(text).map(({ data }) => JSON.parse(data))
  expect(events.find(({ type }) => type === 'response.custom_tool_call_input.done')).toMatchObject({ input })
  expect(lastOf(text).response.output).toMatchObject([
    { type: 'custom_tool_call', id: 'ctc_1_0', call_id: 'c1', input },
  ])
})

test('a custom tool whose model forgot the object around its text gets that text', () => {
  const encoder = encoderFor({ tools: [{ type: 'custom', name: 'apply_patch' }] })
  const text = encoder.chunk(chunk(call('apply_patch', '*** Begin'))) + encoder.end()
  expect(readResponsesStream(text).calls).toMatchObject([{ arguments: '*** Begin' }])
})

test('a call without arguments has an empty object, in its pieces too', () => {
  const encoder = encoderFor({ tools: [{ type: 'function', name: 'f' }] })
  const text = encoder.chunk(chunk(call('f', ''))) + encoder.end()
  expect(readResponsesStream(text).calls).toMatchObject([{ arguments: '{}' }])
  expect(text).toContain('response.function_call_arguments.delta')
})

test('an answer at its limit is incomplete, and so is its last item', () => {
  const encoder = encoderFor({})
  const text = encoder.chunk(chunk({ content: 'half' })) + encoder.chunk(chunk({}, 'length')) + encoder.end()
  const { response } = lastOf(text)
  expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
  expect(response.output).toMatchObject([{ status: 'incomplete' }])
})

test('usage tells of cached and reasoning tokens', () => {
  const usage = {
    prompt_tokens: 9,
    completion_tokens: 5,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 3 },
  }
  const encoder = encoderFor({})
  const text = encoder.chunk(chunk({ content: 'x' }, 'stop', { usage })) + encoder.end()
  expect(lastOf(text).response.usage).toEqual({
    input_tokens: 9,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 3 },
    total_tokens: 14,
  })
})

test('an answer that fails before it began has begun all the same: helpers want that first', () => {
  const encoder = encoderFor({})
  const text = encoder.heartbeat() + encoder.fail(new GatewayError({ kind: 'unauthorized', scope: 'client' }))
  const types = eventsOf(text).map(({ event }) => event)
  expect(types).toEqual(['response.created', 'response.in_progress', 'error', 'response.failed'])
  expect(lastOf(text).response.error).toMatchObject({ code: 'invalid_api_key' })
})

test('signs of life are comments: an event that they do not know breaks some clients', () => {
  const encoder = encoderFor({})
  expect(encoder.heartbeat()).toMatch(/^: .*\n\n$/)
  expect(encoder.silence()).toMatch(/^: .*\n\n$/)
})

test('what the request set is repeated, and its store never', () => {
  const encoder = encoderFor({ store: true, temperature: 0.5, metadata: { a: 'b' }, reasoning: { effort: 'low' } })
  const { response } = lastOf(encoder.chunk(chunk({ content: 'x' }, 'stop')) + encoder.end())
  expect(response).toMatchObject({
    store: false,
    temperature: 0.5,
    metadata: { a: 'b' },
    reasoning: { effort: 'low', summary: null },
    created_at: 5,
    completed_at: 9,
  })
})
