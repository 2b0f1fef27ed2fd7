import Anthropic, { APIError, AuthenticationError, RateLimitError } from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ASK_WEATHER, REASONING, TEXT, TOOL_RESULT, WEATHER } from './support/cast.ts'
import { testRaisedErrors } from './support/raised-errors.ts'
import { API_KEY, errorOf, type Pair, startPair } from './support/start-pair.ts'

let pair: Pair
let client: Anthropic
beforeAll(async () => {
  pair = await startPair()
  client = new Anthropic({ apiKey: API_KEY, baseURL: pair.gateway.url })
})
afterAll(() => pair.close())

const ask = { max_tokens: 1_024, messages: [{ role: 'user' as const, content: 'hi' }] }
const send = (model: string) => client.messages.create({ model, ...ask })
const stream = (model: string) => client.messages.create({ model, ...ask, stream: true })

async function textIn(events: AsyncIterable<Anthropic.MessageStreamEvent>): Promise<string> {
  let text = ''
  for await (const event of events) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
  }
  return text
}

const textOf = ({ content }: Anthropic.Message) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('')

describe('an answer', () => {
  test('comes whole, with thinking and usage', async () => {
    const message = await send('test/text')
    expect(textOf(message)).toBe(TEXT)
    expect(message.content[0]).toMatchObject({ type: 'thinking', thinking: REASONING })
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage.output_tokens).toBeGreaterThan(0)
  })

  test('comes streamed', async () => {
    expect(await textIn(await stream('test/text'))).toBe(TEXT)
  })

  test('comes through the helper that gathers a stream', async () => {
    const message = await client.messages.stream({ model: 'test/text', ...ask }).finalMessage()
    expect(textOf(message)).toBe(TEXT)
    expect(message.content[0]).toMatchObject({
      type: 'thinking',
      thinking: REASONING,
      signature: expect.stringMatching(/./),
    })
    expect(message.usage.input_tokens).toBeGreaterThan(0)
    expect(message.usage.output_tokens).toBeGreaterThan(0)
  })

  test('waits out a slow first token behind pings, which show nowhere', async () => {
    expect(await textIn(await stream('test/slow'))).toBe(TEXT)
    expect(textOf(await client.messages.stream({ model: 'test/slow', ...ask }).finalMessage())).toBe(TEXT)
  })

  test.each([false, true])('falls back unseen (streamed: %s)', async (streamed) => {
    const text = streamed ? await textIn(await stream('test/first-fails')) : textOf(await send('test/first-fails'))
    expect(text).toBe(TEXT)
  })
})

describe('a tool call', () => {
  const { parameters, ...weather } = WEATHER
  const tools = [{ ...weather, input_schema: parameters }]
  const asked = { role: 'user' as const, content: ASK_WEATHER }
  const model = 'Qwen/Qwen3-8B'

  test.each([false, true])('and its result make the round trip (streamed: %s)', async (streamed) => {
    const turn = (messages: Anthropic.MessageParam[]) => {
      const body = { model, max_tokens: 1_024, messages, tools }
      return streamed ? client.messages.stream(body).finalMessage() : client.messages.create(body)
    }
    const first = await turn([asked])
    const call = first.content.find((block) => block.type === 'tool_use')
    if (call?.type !== 'tool_use') throw new Error(`no tool was called: ${JSON.stringify(first.content)}`)
    expect(first.stop_reason).toBe('tool_use')
    expect(call.name).toBe(WEATHER.name)
    expect(call.input).toMatchObject({ city: 'Zürich' })
    const result = { type: 'tool_result' as const, tool_use_id: call.id, content: TOOL_RESULT }
    const last = await turn([asked, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }])
    expect(textOf(last)).toContain(TOOL_RESULT)
  })
})

describe('an error', () => {
  testRaisedErrors({
    pair: () => pair,
    send,
    read: async (model) => textIn(await stream(model)),
    sendAsStranger: () =>
      new Anthropic({ apiKey: 'wrong', baseURL: pair.gateway.url }).messages.create({ model: 'test/text', ...ask }),
    errors: { APIError, AuthenticationError, RateLimitError },
  })

  test('keeps the upstream’s own words', async () => {
    expect((await errorOf(send('test/bad-request'))).message).toContain('temperature is too high')
  })

  test.each(['test/cut', 'test/ends-early', 'test/breaks-inside'])(
    'after the first token of %s shows in the helper that gathers a stream',
    async (model) => {
      expect(await errorOf(client.messages.stream({ model, ...ask }).finalMessage())).toBeInstanceOf(Error)
    },
  )
})

test('an error of a stream that was held is raised', async () => {
  const error = await errorOf(textIn(await stream('test/held-bad')))
  expect(error).toBeInstanceOf(APIError)
  expect(error.message).toContain('too odd')
})

describe('beside messages', () => {
  test('tokens are counted', async () => {
    const { input_tokens: tokens } = await client.messages.countTokens({ model: 'test/text', messages: ask.messages })
    expect(tokens).toBeGreaterThan(0)
  })

  test('models are listed, and one is looked up', async () => {
    const names: string[] = []
    for await (const { id } of client.models.list()) names.push(id)
    expect(names).toContain('huggingface/deepseek-ai/DeepSeek-R1')
    expect(await client.models.retrieve('DeepSeek R1')).toMatchObject({ type: 'model', display_name: 'DeepSeek R1' })
  })
})

describe('a client that leaves', () => {
  test('in the middle of a stream ends the upstream call', async () => {
    for await (const event of await stream('test/endless')) if (event.type === 'content_block_delta') break
    await pair.untilCancelled('test/endless')
  })
})
