import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/failure.ts'
import { toStreamText } from '../../../src/wire/chat/answer.ts'
import { readChunk } from '../../../src/wire/chat/chunk.ts'
import { COMMENT, DONE, errorEvent, formatEvent, HEARTBEAT } from '../../../src/wire/chat/events.ts'

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

function eventsIn(text: string): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: (event) => events.push(event) }).feed(text)
  return events
}

const interrupted = new GatewayError({ kind: 'interrupted', why: 'cut', target: 'huggingface/a/b' })

test.each<[data: string, fields: { event?: string; id?: string }]>([
  ['{"a":1}', {}],
  ['first\nsecond', {}],
  ['', { event: 'ping' }],
  ['{}', { event: 'error', id: '7' }],
])('the event %j %j reads as it was written', (data, fields) => {
  expect(eventsIn(formatEvent(data, fields))).toMatchObject([{ data, ...fields }])
})

test('a sign of life counts as an event and carries nothing', () => {
  const [event, ...others] = eventsIn(decode(HEARTBEAT))
  expect(others).toEqual([])
  expect(readChunk(event?.data ?? '')).toMatchObject({ kind: 'chunk', hasSubstance: false, chunk: { choices: [] } })
})

test('a comment is no event', () => {
  expect(eventsIn(decode(COMMENT))).toEqual([])
})

test('the end is an event of its own', () => {
  expect(eventsIn(decode(DONE)).map(({ data }) => data)).toEqual(['[DONE]'])
})

describe('the last words of a broken stream', () => {
  test.each<[after: string, before: string]>([
    ['a whole event', 'data: {"choices":[]}\n\n'],
    ['half an event', 'data: {"choices":[{"delta":{"content":"ha'],
    ['half a line break', 'data: {"choices":[]}\r'],
    ['a field name', 'data: {}\n\nda'],
  ])('are an event of their own after %s', (_after, before) => {
    const last = eventsIn(before + decode(errorEvent(interrupted))).at(-1)
    expect(readChunk(last?.data ?? '')).toMatchObject({ kind: 'error' })
    expect(JSON.parse(last?.data ?? '')).toMatchObject({ error: { code: 'stream_interrupted' } })
  })

  test('say nothing of a bug', () => {
    expect(decode(errorEvent(new Error('hf_secret')))).not.toContain('hf_secret')
  })
})

describe('a whole answer that is told as a stream', () => {
  const chunksOf = (answer: Parameters<typeof toStreamText>[0]) =>
    eventsIn(toStreamText(answer)).map(({ data }) => data)

  test('has its text, its usage, a finish and an end', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2 }
    const message = { role: 'assistant', content: 'hi\nthere' }
    const [chunk, end] = chunksOf({
      id: 'x',
      object: 'chat.completion',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    })
    expect(JSON.parse(chunk ?? '')).toEqual({
      id: 'x',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: message, finish_reason: 'stop' }],
      usage,
    })
    expect(end).toBe('[DONE]')
  })

  test('numbers its tool calls, and its choices where they are not', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const [chunk] = chunksOf({ choices: [{ message: { tool_calls: [call, call] } }, { message: null }] })
    expect(JSON.parse(chunk ?? '').choices).toEqual([
      {
        index: 0,
        delta: {
          tool_calls: [
            { index: 0, ...call },
            { index: 1, ...call },
          ],
        },
        finish_reason: 'tool_calls',
      },
      { index: 1, delta: {}, finish_reason: 'stop' },
    ])
  })
})
