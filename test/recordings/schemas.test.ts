import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { isFields } from '../../src/wire/chat/chunk.ts'
import { API_KEY, type Pair, startPair } from '../clients/support/start-pair.ts'
import { createEventReader } from '../support/read-events.ts'
import { HAS_SHARED, SHARED } from './support/shared-recordings.ts'

/** OpenAI's own schemas, by name. */
function schemaOf(name: string) {
  const file = readFileSync(join(SHARED, 'schemas', 'openai-schemas.json'), 'utf8')
  const { components } = JSON.parse(file.replaceAll('#/components/schemas/', '#/$defs/'))
  const { schemas } = components
  // Without a type it would accept anything.
  schemas.Model.type = 'object'
  return z.fromJSONSchema({ $defs: schemas, $ref: `#/$defs/${name}` })
}

describe.skipIf(!HAS_SHARED)('by OpenAI’s schemas', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair()
  })
  afterAll(() => pair.close())

  const send = (path: string, body?: object, key = API_KEY) =>
    fetch(`${pair.baseUrl}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}` },
      ...(body && { body: JSON.stringify(body) }),
    })
  const chat = (model: string, more: object = {}) =>
    send('/chat/completions', { model, messages: [{ role: 'user', content: 'hi' }], ...more })
  const expectValid = (name: string, value: unknown) => {
    const parsed = schemaOf(name).safeParse(value)
    expect(parsed.error?.issues, JSON.stringify(value)).toBeUndefined()
  }
  async function eventsOf(response: Response): Promise<unknown[]> {
    const reader = createEventReader()
    try {
      for await (const bytes of response.body ?? []) reader.feed(Buffer.from(bytes), 0)
    } catch {
      // broken off after its error
    }
    return reader.events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data))
  }

  test('a broken thing is noticed', () => {
    expect(schemaOf('ListModelsResponse').safeParse({ object: 'list', data: [{ id: 1 }] }).success).toBe(false)
    expect(schemaOf('CreateChatCompletionStreamResponse').safeParse({ choices: [{}] }).success).toBe(false)
  })

  test('the model list is one, and so is a model', async () => {
    expectValid('ListModelsResponse', await (await send('/models')).json())
    expectValid('Model', await (await send('/models/huggingface/Qwen/Qwen3-8B')).json())
  })

  test.each(['test/slow', 'test/text'])('every chunk of %s is one, heartbeats too', async (model) => {
    const events = await eventsOf(await chat(model, { stream: true }))
    expect(events.length).toBeGreaterThan(5)
    // A heartbeat comes before anybody knows the answer's id, and clients would keep one that it had.
    const shown = events.map((event) => (isFields(event) && !('id' in event) ? { id: '', ...event } : event))
    for (const event of shown) expectValid('CreateChatCompletionStreamResponse', event)
  })

  test('JSON of an upstream that was asked for a stream becomes one', async () => {
    const events = await eventsOf(await chat('Qwen/Qwen3-8B', { stream: true, simulate: { fault: 'json_for_stream' } }))
    expect(events).toHaveLength(1)
    for (const event of events) expectValid('CreateChatCompletionStreamResponse', event)
  })

  test.each<[what: string, send: () => Promise<Response>]>([
    ['a wrong key', () => send('/models', undefined, 'wrong')],
    ['no such route', () => send('/nothing')],
    ['no such model', () => send('/models/huggingface/no/such')],
    ['a bad body', () => send('/chat/completions', { model: 'test/text' })],
    ['a bad model', () => chat('../x')],
    ['an upstream that refuses the token', () => chat('test/bad-token')],
    ['an upstream that refuses the request', () => chat('test/bad-request')],
    ['a busy upstream', () => chat('test/busy')],
    ['a whole answer that broke', () => chat('test/cut')],
  ])('the error for %s is one', async (_what, answer) => {
    const response = await answer()
    expect(response.status).toBeGreaterThanOrEqual(400)
    expectValid('ErrorResponse', await response.json())
  })

  test.each(['test/cut', 'test/breaks-inside'])('the last event of %s holds one', async (model) => {
    expectValid('ErrorResponse', (await eventsOf(await chat(model, { stream: true }))).at(-1))
  })
})
