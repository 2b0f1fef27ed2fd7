import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText, jsonSchema, type LanguageModelUsage, stepCountIs, streamText, tool } from 'ai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ASK_WEATHER, REASONING, TEXT, TOOL_RESULT, WEATHER } from './support/cast.ts'
import { API_KEY, errorOf, type Pair, startPair } from './support/start-pair.ts'

let pair: Pair
let hugway: ReturnType<typeof createOpenAICompatible>
beforeAll(async () => {
  pair = await startPair()
  hugway = createOpenAICompatible({ name: 'hugway', apiKey: API_KEY, baseURL: pair.baseUrl, includeUsage: true })
})
afterAll(() => pair.close())

const ask = (model: string) => ({ model: hugway(model), prompt: 'hi' })
/** Its own log of errors would only be noise here. */
const stream = (model: string) => streamText({ ...ask(model), onError: () => undefined })
const expectUsage = (usage: LanguageModelUsage) => {
  expect(usage.inputTokens).toBeGreaterThan(0)
  expect(usage.outputTokens).toBeGreaterThan(0)
}

describe('an answer', () => {
  test('comes whole, with reasoning and usage', async () => {
    const { text, reasoningText, finishReason, usage } = await generateText(ask('test/text'))
    expect({ text, reasoningText, finishReason }).toEqual({
      text: TEXT,
      reasoningText: REASONING,
      finishReason: 'stop',
    })
    expectUsage(usage)
  })

  test('comes streamed, with reasoning and usage', async () => {
    const answer = stream('test/text')
    const pieces: string[] = []
    for await (const piece of answer.textStream) pieces.push(piece)
    expect(pieces.join('')).toBe(TEXT)
    expect(pieces.length).toBeGreaterThan(3)
    expect(await answer.reasoningText).toBe(REASONING)
    expect(await answer.finishReason).toBe('stop')
    expectUsage(await answer.usage)
  })

  test.each(['The Talker', 'huggingface/test/text'])('is had for %s', async (model) => {
    expect((await generateText(ask(model))).text).toBe(TEXT)
  })

  test('waits out a slow first token behind heartbeats, which show nowhere', async () => {
    const answer = stream('test/slow')
    const kinds = new Set<string>()
    for await (const part of answer.fullStream) kinds.add(part.type)
    expect(await answer.text).toBe(TEXT)
    expect(kinds).not.toContain('error')
  })

  test('has its tool call after heartbeats', async () => {
    const answer = streamText({
      ...ask('test/slow-call'),
      tools: { [WEATHER.name]: tool({ inputSchema: jsonSchema<{ city: string }>(WEATHER.parameters) }) },
    })
    expect(await answer.toolCalls).toMatchObject([{ toolName: WEATHER.name, input: { city: 'Zürich' } }])
    expect(await answer.finishReason).toBe('tool-calls')
    expect((await answer.response).id).toMatch(/./)
  })

  test('falls back unseen', async () => {
    expect((await generateText(ask('test/first-fails'))).text).toBe(TEXT)
    expect(await stream('test/first-fails').text).toBe(TEXT)
  })
})

describe('a tool call and its result make the round trip', () => {
  const seen: string[] = []
  const order = () => ({
    model: hugway('Qwen/Qwen3-8B'),
    prompt: ASK_WEATHER,
    stopWhen: stepCountIs(3),
    tools: {
      [WEATHER.name]: tool({
        description: WEATHER.description,
        inputSchema: jsonSchema<{ city: string }>(WEATHER.parameters),
        execute: async ({ city }) => {
          seen.push(city)
          return TOOL_RESULT
        },
      }),
    },
  })

  test('whole', async () => {
    expect((await generateText(order())).text).toContain(TOOL_RESULT)
    expect(seen.splice(0)).toEqual(['Zürich'])
  })

  test('streamed', async () => {
    expect(await streamText(order()).text).toContain(TOOL_RESULT)
    expect(seen.splice(0)).toEqual(['Zürich'])
  })
})

test('a client that leaves in the middle of a stream ends the upstream call', async () => {
  const leave = new AbortController()
  const answer = streamText({ ...ask('test/endless'), abortSignal: leave.signal, onError: () => undefined })
  const kinds: string[] = []
  for await (const part of answer.fullStream) {
    kinds.push(part.type)
    if (part.type === 'text-delta') leave.abort()
  }
  expect(kinds.at(-1)).toBe('abort')
  await pair.untilCancelled('test/endless')
})

describe('an error', () => {
  test.each<[model: string, status: number, says: RegExp]>([
    ['test/bad-token', 502, /token/i],
    ['test/bad-request', 400, /temperature is too high/],
    ['test/busy', 429, /rate limit/i],
    ['../x', 400, /<org>\/<model>/],
  ])('of %s has its status and its message, and comes at once', async (model, statusCode, says) => {
    const error = await errorOf(generateText({ ...ask(model), maxRetries: 0 }))
    expect(error).toBeInstanceOf(APICallError)
    expect(error).toMatchObject({ statusCode })
    expect(error.message).toMatch(says)
  })

  test('carries the code in the body that it came with', async () => {
    const error = await errorOf(generateText({ ...ask('test/bad-token'), maxRetries: 0 }))
    expect(error).toMatchObject({ data: { error: { code: 'upstream_auth' } } })
  })

  test('of the key is a 401', async () => {
    const stranger = createOpenAICompatible({ name: 'hugway', apiKey: 'wrong', baseURL: pair.baseUrl })
    const error = await errorOf(generateText({ model: stranger('test/text'), prompt: 'hi' }))
    expect(error).toMatchObject({ statusCode: 401, isRetryable: false })
  })
})

describe.each(['test/cut', 'test/ends-early', 'test/breaks-inside'])(
  'after the first token of %s an error',
  (model) => {
    test('is in the full stream, which is then broken off and never says that it finished', async () => {
      const kinds: string[] = []
      const errors: string[] = []
      const read = async () => {
        for await (const part of stream(model).fullStream) {
          kinds.push(part.type)
          if (part.type === 'error') errors.push(JSON.stringify(part.error))
        }
      }
      await errorOf(read())
      expect(kinds).toContain('text-delta')
      expect(kinds).not.toContain('finish')
      expect(errors.join()).toMatch(/incomplete|gave up/)
    })

    test('is thrown to who reads text alone', async () => {
      const read = async () => {
        const pieces: string[] = []
        for await (const piece of stream(model).textStream) pieces.push(piece)
        return pieces
      }
      await errorOf(read())
    })

    test('rejects the whole text', async () => {
      await errorOf(stream(model).text)
    })
  },
)
