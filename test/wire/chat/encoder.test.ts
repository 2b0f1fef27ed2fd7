import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/failure.ts'
import { toStreamChunk } from '../../../src/wire/chat/answer.ts'
import { createChatEncoder } from '../../../src/wire/chat/encoder.ts'
import { formatEvent } from '../../../src/wire/chat/events.ts'

function eventsIn(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: (event) => events.push(event) }).feed(text)
  return events
}

const jsonOf = (text: string) => JSON.parse(eventsIn(text)[0]?.data ?? '')
const interrupted = new GatewayError({ kind: 'interrupted', why: 'cut', target: 'huggingface/a/b' })
const FIRST = { id: 'c1', object: 'chat.completion.chunk', created: 7, model: 'm', choices: [] }

test.each(['{"a":1}', 'first\nsecond', '{}'])('the event %j reads as it was written', (data) => {
  expect(eventsIn(formatEvent(data))).toMatchObject([{ data }])
})

test('a chunk that needed no change is the very text that came', () => {
  expect(createChatEncoder().chunk(FIRST, '{"id": "c1" }')).toBe('data: {"id": "c1" }\n\n')
})

test('the end is an event of its own', () => {
  expect(eventsIn(createChatEncoder().end()).map(({ data }) => data)).toEqual(['[DONE]'])
})

describe('a sign of life', () => {
  test('before the first token is an event that carries nothing', () => {
    const [event, ...others] = eventsIn(createChatEncoder().heartbeat())
    expect(others).toEqual([])
    expect(JSON.parse(event?.data ?? '')).toMatchObject({ object: 'chat.completion.chunk', choices: [] })
  })

  test('in a silence has the answer’s id and an empty delta', () => {
    const encoder = createChatEncoder()
    encoder.chunk(FIRST)
    expect(jsonOf(encoder.silence())).toEqual({ ...FIRST, choices: [{ index: 0, delta: {}, finish_reason: null }] })
  })
})

describe('the last words of a broken stream', () => {
  test('are one event that says what happened', () => {
    const [event, ...others] = eventsIn(createChatEncoder().fail(interrupted))
    expect(others).toEqual([])
    expect(JSON.parse(event?.data ?? '')).toMatchObject({
      error: { code: 'stream_interrupted' },
      choices: [{ index: 0, delta: {}, finish_reason: 'error' }],
    })
  })

  test('repeat what an upstream said of itself', () => {
    const error = { message: 'it broke', code: '502', type: 'provider_error' }
    const failed = new GatewayError({ kind: 'upstream_error', error })
    expect(jsonOf(createChatEncoder().fail(failed)).error).toEqual({ ...error, param: null })
  })

  test('say nothing of a bug', () => {
    expect(createChatEncoder().fail(new Error('hf_secret'))).not.toContain('hf_secret')
  })
})

describe('a whole answer that is told as a stream', () => {
  test('has its text, its usage and a finish', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2 }
    const message = { role: 'assistant', content: 'hi\nthere' }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    expect(toStreamChunk({ id: 'x', object: 'chat.completion', choices, usage })).toEqual({
      id: 'x',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: message, finish_reason: 'stop' }],
      usage,
    })
  })

  test('numbers its tool calls', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    expect(toStreamChunk({ choices: [{ index: 0, message: { tool_calls: [call, call] } }] }).choices).toEqual([
      {
        index: 0,
        delta: {
          tool_calls: [
            { ...call, index: 0 },
            { ...call, index: 1 },
          ],
        },
      },
    ])
  })
})
