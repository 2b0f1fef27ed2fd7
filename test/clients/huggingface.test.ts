import { InferenceClient, InferenceClientProviderApiError } from '@huggingface/inference'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ASK_WEATHER, REASONING, TEXT, TOOL_RESULT, WEATHER } from './support/cast.ts'
import { reasoningOf } from './support/read-openai.ts'
import { API_KEY, errorOf, type Pair, startPair } from './support/start-pair.ts'

let pair: Pair
let client: InferenceClient
beforeAll(async () => {
  pair = await startPair()
  client = new InferenceClient(API_KEY, { endpointUrl: pair.baseUrl })
})
afterAll(() => pair.close())

const ask = (model: string) => ({ model, messages: [{ role: 'user', content: 'hi' }] })
const stream = (model: string) => client.chatCompletionStream(ask(model))

async function read(chunks: ReturnType<InferenceClient['chatCompletionStream']>) {
  const seen = { text: '', reasoning: '', finishReason: '', tokens: 0, name: '', arguments: '', id: '' }
  for await (const { choices, usage } of chunks) {
    seen.tokens = usage?.total_tokens ?? seen.tokens
    const [choice] = choices
    seen.text += choice?.delta.content ?? ''
    seen.reasoning += reasoningOf(choice?.delta)
    seen.finishReason ||= choice?.finish_reason ?? ''
    const [call] = choice?.delta.tool_calls ?? []
    seen.id ||= call?.id ?? ''
    seen.name ||= call?.function.name ?? ''
    seen.arguments += call?.function.arguments ?? ''
  }
  return seen
}

describe('an answer', () => {
  test('comes whole, with reasoning and usage', async () => {
    const { choices, usage } = await client.chatCompletion(ask('test/text'))
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: TEXT, reasoning_content: REASONING },
    })
    expect(usage.total_tokens).toBeGreaterThan(0)
  })

  test('comes streamed, with reasoning and usage', async () => {
    const seen = await read(stream('test/text'))
    expect(seen).toMatchObject({ text: TEXT, reasoning: REASONING, finishReason: 'stop' })
    expect(seen.tokens).toBeGreaterThan(0)
  })

  test.each(['The Talker', 'huggingface/test/text'])('is had for %s', async (model) => {
    expect((await client.chatCompletion(ask(model))).choices[0]?.message.content).toBe(TEXT)
  })

  test('waits out a slow first token behind heartbeats, which show nowhere', async () => {
    expect(await read(stream('test/slow'))).toMatchObject({ text: TEXT, reasoning: REASONING })
  })

  test('has its tool call after heartbeats', async () => {
    expect(await read(stream('test/slow-call'))).toMatchObject({
      name: WEATHER.name,
      arguments: '{"city":"Zürich"}',
      id: expect.stringMatching(/./),
      finishReason: 'tool_calls',
    })
  })

  test('falls back unseen', async () => {
    expect((await client.chatCompletion(ask('test/first-fails'))).choices[0]?.message.content).toBe(TEXT)
    expect(await read(stream('test/first-fails'))).toMatchObject({ text: TEXT })
  })
})

test('a tool call and its result make the round trip', async () => {
  const asked = { role: 'user', content: ASK_WEATHER }
  const order = { model: 'Qwen/Qwen3-8B', tools: [{ type: 'function' as const, function: { ...WEATHER } }] }
  const called = await read(client.chatCompletionStream({ ...order, messages: [asked] }))
  expect(called).toMatchObject({ name: WEATHER.name, finishReason: 'tool_calls' })
  expect(JSON.parse(called.arguments)).toMatchObject({ city: 'Zürich' })
  const calls = [{ id: called.id, type: 'function', function: { name: called.name, arguments: called.arguments } }]
  const calling = { role: 'assistant', content: '', tool_calls: calls }
  const result = { role: 'tool', tool_call_id: called.id, content: TOOL_RESULT }
  const { choices } = await client.chatCompletion({ ...order, messages: [asked, calling, result] })
  expect(choices[0]?.message.content).toContain(TOOL_RESULT)
})

test('a client that leaves in the middle of a stream ends the upstream call', async () => {
  const leave = new AbortController()
  const endless = client.chatCompletionStream(ask('test/endless'), { signal: leave.signal })
  const readOn = async () => {
    for await (const { choices } of endless) if (choices[0]?.delta.content) leave.abort()
  }
  await readOn().catch(() => undefined)
  await pair.untilCancelled('test/endless')
})

describe('an error', () => {
  test.each<[model: string, status: number, code: string]>([
    ['test/bad-token', 502, 'upstream_auth'],
    ['test/bad-request', 400, 'x'],
    ['test/busy', 429, 'rate_limit_exceeded'],
  ])('of %s has its status and its code', async (model, status, code) => {
    for (const call of [() => client.chatCompletion(ask(model)), () => read(stream(model))]) {
      const error = await errorOf(call())
      expect(error).toBeInstanceOf(InferenceClientProviderApiError)
      expect(error).toMatchObject({ httpResponse: { status, body: { error: { code } } } })
    }
  })

  test('says in a stream’s message what was wrong', async () => {
    expect((await errorOf(read(stream('test/bad-request')))).message).toContain('temperature is too high')
    expect((await errorOf(read(stream('test/bad-token')))).message).toMatch(/token/i)
  })

  test('of the key is a 401', async () => {
    const stranger = new InferenceClient('wrong', { endpointUrl: pair.baseUrl })
    expect(await errorOf(stranger.chatCompletion(ask('test/text')))).toMatchObject({ httpResponse: { status: 401 } })
  })

  test.each(['test/cut', 'test/ends-early', 'test/breaks-inside'])(
    'after the first token of %s is thrown',
    async (model) => {
      const seen: string[] = []
      const readOn = async () => {
        for await (const { choices } of stream(model)) seen.push(choices[0]?.delta.content ?? '')
      }
      expect((await errorOf(readOn())).message).toMatch(/incomplete|gave up/)
      expect(seen.join('').length).toBeGreaterThan(0)
    },
  )
})
