import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/failure.ts'
import { toStreamChunk } from '../../../src/wire/chat/answer.ts'
import type { Chunk, Fields } from '../../../src/wire/chat/chunk.ts'
import { createChatEncoder } from '../../../src/wire/chat/encoder.ts'
import { formatEvent } from '../../../src/wire/chat/events.ts'

function eventsIn(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: (event) => events.push(event) }).feed(text)
  return events
}

const jsonOf = (text: string) => JSON.parse(eventsIn(text)[0]?.data ?? '')
const interrupted = new GatewayError({ kind: 'interrupted', why: 'cut', target: 'huggingface/a/b' })
const choice = (delta: Fields) => ({ index: 0, delta, finish_reason: null })
const FIRST = { id: 'c1', object: 'chat.completion.chunk', created: 7, model: 'm', choices: [] }

test.each(['{"a":1}', 'first\nsecond', '{}'])('the event %j reads as it was written', (data) => {
  expect(eventsIn(formatEvent(data))).toMatchObject([{ data }])
})

test('a chunk that needed no change is the very text that came', () => {
  expect(createChatEncoder({ hidesUsage: false }).chunk(FIRST, '{"id": "c1" }')).toBe('data: {"id": "c1" }\n\n')
})

test('the end is an event of its own', () => {
  expect(eventsIn(createChatEncoder({ hidesUsage: false }).end()).map(({ data }) => data)).toEqual(['[DONE]'])
})

const chunkOf = (delta: Fields, finish: string | null = null, more: Fields = {}): Chunk => ({
  ...FIRST,
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...more,
})
const USAGE = { prompt_tokens: 1, completion_tokens: 2 }
const BARE: Chunk = { ...FIRST, usage: USAGE }
const read = (text: string) => eventsIn(text).map(({ data }) => (data === '[DONE]' ? data : JSON.parse(data)))

describe('usage that a client did not ask for', () => {
  const start = () => createChatEncoder({ hidesUsage: true })
  const finish = chunkOf({}, 'stop')

  test('stands beside the finish reason, and no chunk is without choices', () => {
    const encoder = start()
    const text = encoder.chunk(chunkOf({ content: 'x' })) + encoder.chunk(finish) + encoder.chunk(BARE) + encoder.end()
    expect(read(text)).toEqual([chunkOf({ content: 'x' }), { ...finish, usage: USAGE }, '[DONE]'])
  })

  test('is waited for until the end', () => {
    const encoder = start()
    expect(encoder.chunk(finish, 'the very text')).toBe('')
    expect(encoder.end()).toBe('data: the very text\n\ndata: [DONE]\n\n')
  })

  test('is waited for until the next event', () => {
    const encoder = start()
    encoder.chunk(finish)
    expect(read(encoder.chunk(chunkOf({ content: 'more' })))).toEqual([finish, chunkOf({ content: 'more' })])
    expect(encoder.chunk(finish)).toBe('')
    expect(read(encoder.chunk(finish))).toEqual([finish])
  })

  test('is waited for no longer than a second of silence', () => {
    const encoder = start()
    encoder.chunk(finish)
    expect(read(encoder.silence())).toEqual([finish])
    expect(encoder.chunk(BARE)).toBe('')
    expect(encoder.end()).toBe('data: [DONE]\n\n')
  })

  test('does not keep the finish from a client whose stream breaks', () => {
    const encoder = start()
    encoder.chunk(finish)
    expect(read(encoder.fail(interrupted))).toMatchObject([finish, { error: { code: 'stream_interrupted' } }])
  })

  test('that is beside the finish already is not waited for', () => {
    const encoder = start()
    const told = chunkOf({}, 'stop', { usage: USAGE })
    expect(read(encoder.chunk(told))).toEqual([told])
    expect(encoder.chunk(BARE)).toBe('')
  })

  test('goes through as it came where the client asked for it', () => {
    const encoder = createChatEncoder({ hidesUsage: false })
    expect(read(encoder.chunk(finish) + encoder.chunk(BARE))).toEqual([finish, BARE])
  })
})

describe('a sign of life', () => {
  test('before the first token says the role once, and has no id', () => {
    const encoder = createChatEncoder({ hidesUsage: false })
    const beats = read(encoder.heartbeat() + encoder.heartbeat())
    expect(beats).toEqual([
      { object: 'chat.completion.chunk', created: 0, model: '', choices: [choice({ role: 'assistant' })] },
      { object: 'chat.completion.chunk', created: 0, model: '', choices: [choice({})] },
    ])
    const first = encoder.chunk(chunkOf({ role: 'assistant', content: 'x' }), 'the text that came')
    expect(read(first)).toEqual([chunkOf({ content: 'x' })])
    expect(encoder.chunk(chunkOf({ content: 'y' }), 'the text that came')).toBe('data: the text that came\n\n')
    const other = { ...FIRST, choices: [{ index: 1, delta: { role: 'assistant' } }] }
    expect(read(encoder.chunk(other))).toEqual([other])
  })

  test('in a silence has the answer’s id and an empty delta', () => {
    const encoder = createChatEncoder({ hidesUsage: false })
    encoder.chunk(FIRST)
    expect(jsonOf(encoder.silence())).toEqual({ ...FIRST, choices: [{ index: 0, delta: {}, finish_reason: null }] })
  })
})

describe('the last words of a broken stream', () => {
  test('are one event that says what happened', () => {
    const [event, ...others] = eventsIn(createChatEncoder({ hidesUsage: false }).fail(interrupted))
    expect(others).toEqual([])
    expect(JSON.parse(event?.data ?? '')).toMatchObject({
      error: { code: 'stream_interrupted' },
      choices: [{ index: 0, delta: {}, finish_reason: 'error' }],
    })
  })

  test('repeat what an upstream said of itself', () => {
    const error = { message: 'it broke', code: '502', type: 'provider_error' }
    const failed = new GatewayError({ kind: 'upstream_error', error })
    expect(jsonOf(createChatEncoder({ hidesUsage: false }).fail(failed)).error).toEqual({ ...error, param: null })
  })

  test('say nothing of a bug', () => {
    expect(createChatEncoder({ hidesUsage: false }).fail(new Error('hf_secret'))).not.toContain('hf_secret')
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
