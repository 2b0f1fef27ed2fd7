import { AIMessage, type AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ASK_WEATHER, REASONING, TEXT, TOOL_RESULT, WEATHER } from './support/cast.ts'
import { API_KEY, errorOf, type Pair, startPair } from './support/start-pair.ts'

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(() => pair.close())

/** It retries six times by itself, with pauses and whatever the answer's headers say. */
const chat = (model: string, more: { apiKey?: string; streaming?: boolean } = {}) =>
  new ChatOpenAI({ model, apiKey: API_KEY, maxRetries: 0, configuration: { baseURL: pair.baseUrl }, ...more })

async function gather(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined
  for await (const chunk of stream) whole = whole?.concat(chunk) ?? chunk
  if (!whole) throw new Error('the stream held nothing')
  return whole
}

/** Its types say that a message has no usage. */
function tokensOf({ usage_metadata: usage }: { readonly usage_metadata?: unknown }): unknown {
  return typeof usage === 'object' && usage !== null && 'total_tokens' in usage ? usage.total_tokens : undefined
}

describe('an answer', () => {
  test('comes whole, with reasoning and usage', async () => {
    const answer = await chat('test/text').invoke('hi')
    expect(answer.text).toBe(TEXT)
    expect(answer.response_metadata).toMatchObject({ finish_reason: 'stop' })
    expect(answer.additional_kwargs['reasoning_content']).toBe(REASONING)
    expect(tokensOf(answer)).toBeGreaterThan(0)
  })

  test('comes streamed, with usage', async () => {
    const answer = await gather(await chat('test/text').stream('hi'))
    expect(answer.text).toBe(TEXT)
    expect(answer.response_metadata).toMatchObject({ finish_reason: 'stop' })
    expect(tokensOf(answer)).toBeGreaterThan(0)
  })

  test.each(['The Talker', 'huggingface/test/text'])('is had for %s', async (model) => {
    expect((await chat(model).invoke('hi')).text).toBe(TEXT)
  })

  test('waits out a slow first token behind heartbeats, which show nowhere', async () => {
    expect((await gather(await chat('test/slow').stream('hi'))).text).toBe(TEXT)
  })

  test('has its tool call after heartbeats, and the answer’s own id', async () => {
    const answer = await gather(await chat('test/slow-call').stream('hi'))
    expect(answer.tool_calls).toMatchObject([{ name: WEATHER.name, args: { city: 'Zürich' }, id: expect.any(String) }])
    expect(answer.id).toMatch(/./)
  })

  test('falls back unseen', async () => {
    expect((await chat('test/first-fails').invoke('hi')).text).toBe(TEXT)
    expect((await gather(await chat('test/first-fails').stream('hi'))).text).toBe(TEXT)
  })
})

test.each([false, true])('a tool call and its result make the round trip (streamed: %s)', async (streamed) => {
  const model = chat('Qwen/Qwen3-8B').bindTools([{ type: 'function', function: { ...WEATHER } }])
  const asked = new HumanMessage(ASK_WEATHER)
  const first = streamed ? await gather(await model.stream([asked])) : await model.invoke([asked])
  const [call] = first.tool_calls ?? []
  if (!call?.id) throw new Error('no tool was called')
  expect(call).toMatchObject({ name: WEATHER.name, args: { city: 'Zürich' } })
  const calling = new AIMessage({ content: '', tool_calls: [call] })
  const result = new ToolMessage({ content: TOOL_RESULT, tool_call_id: call.id })
  expect((await model.invoke([asked, calling, result])).text).toContain(TOOL_RESULT)
})

test('a client that leaves in the middle of a stream ends the upstream call', async () => {
  const leave = new AbortController()
  const read = async () => {
    for await (const chunk of await chat('test/endless').stream('hi', { signal: leave.signal })) {
      if (chunk.text !== '') leave.abort()
    }
  }
  await read().catch(() => undefined)
  await pair.untilCancelled('test/endless')
})

describe('an error', () => {
  test.each<[model: string, status: number, code: string, says: RegExp]>([
    ['test/bad-token', 502, 'upstream_auth', /token/i],
    ['test/bad-request', 400, 'x', /temperature is too high/],
    ['test/busy', 429, 'rate_limit_exceeded', /rate limit/i],
  ])('of %s has its status, its code and its message', async (model, status, code, says) => {
    const error = await errorOf(chat(model).invoke('hi'))
    expect(error).toMatchObject({ status, code })
    expect(error.message).toMatch(says)
  })

  test('of the key is a 401', async () => {
    expect(await errorOf(chat('test/text', { apiKey: 'wrong' }).invoke('hi'))).toMatchObject({ status: 401 })
  })

  test.each(['test/cut', 'test/ends-early', 'test/breaks-inside'])(
    'after the first token of %s is thrown',
    async (model) => {
      const error = await errorOf(chat(model).stream('hi').then(gather))
      expect(error.message).toMatch(/incomplete|gave up/)
      await errorOf(chat(model, { streaming: true }).invoke('hi'))
    },
  )
})
