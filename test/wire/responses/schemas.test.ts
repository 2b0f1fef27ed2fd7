import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/failure.ts'
import { repeatRequest } from '../../../src/wire/responses/answer.ts'
import { createResponsesEncoder } from '../../../src/wire/responses/events.ts'
import { createToolNames } from '../../../src/wire/responses/tool-names.ts'
import { HAS_SHARED } from '../../recordings/support/shared-recordings.ts'
import { createSchemaCheck } from '../../support/openresponses.ts'
import { normalize, piecesOf, STREAMS } from '../support/recorded-chunks.ts'

const create = () =>
  createResponsesEncoder(
    { model: 'a/b', repeated: repeatRequest({ tools: [{ type: 'function', name: 'f' }] }), names: createToolNames() },
    { id: '1', startedAt: 0, now: () => 1_000 },
  )

describe.skipIf(!HAS_SHARED)('by the schemas of the Open Responses specification', () => {
  const check = HAS_SHARED ? createSchemaCheck() : undefined

  test('a broken thing is noticed', () => {
    expect(check?.response({ object: 'response' })).not.toEqual([])
    expect(check?.stream('event: response.created\ndata: {"type":"response.created"}\n\n')).not.toEqual([])
  })

  test.each(STREAMS.map((recording) => ({ title: recording.name, recording })))(
    'every event of $title, and of its broken twin, is one',
    ({ recording }) => {
      const { chunks } = normalize(piecesOf(recording))
      const whole = create()
      expect(check?.stream(chunks.map((chunk) => whole.chunk(chunk)).join('') + whole.end())).toEqual([])
      const cut = create()
      const some = chunks.slice(0, Math.ceil(chunks.length / 2))
      const error = new GatewayError({ kind: 'interrupted', why: 'cut', target: 'a/b' })
      expect(check?.stream(some.map((chunk) => cut.chunk(chunk)).join('') + cut.fail(error))).toEqual([])
    },
  )

  test('a whole answer with reasoning, text and a call is one', () => {
    const called = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const message = { role: 'assistant', content: 'hi', reasoning_content: 'hm', tool_calls: [called] }
    const usage = { prompt_tokens: 1, completion_tokens: 2 }
    const body = create().whole({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage })
    expect(check?.response(JSON.parse(body))).toEqual([])
    expect(JSON.parse(body).output.map(({ type }: { type: string }) => type)).toEqual([
      'reasoning',
      'message',
      'function_call',
    ])
  })
})
