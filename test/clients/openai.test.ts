import OpenAI, { APIError, AuthenticationError, BadRequestError, RateLimitError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ASK_WEATHER, REASONING, TEXT, TOOL_RESULT, WEATHER } from './support/cast.ts'
import { testRaisedErrors } from './support/raised-errors.ts'
import { readStream } from './support/read-openai.ts'
import { API_KEY, errorOf, type Pair, startPair } from './support/start-pair.ts'

let pair: Pair
let client: OpenAI
beforeAll(async () => {
  pair = await startPair()
  client = new OpenAI({ apiKey: API_KEY, baseURL: pair.baseUrl })
})
afterAll(() => pair.close())

const messages = [{ role: 'user' as const, content: 'hi' }]
const chat = (model: string) => client.chat.completions.create({ model, messages })
const stream = (model: string) => client.chat.completions.create({ model, messages, stream: true })

describe('an answer', () => {
  test('comes whole, with reasoning and usage', async () => {
    const { choices, usage } = await chat('test/text')
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: TEXT, reasoning_content: REASONING },
    })
    expect(usage?.total_tokens).toBeGreaterThan(0)
  })

  test('comes streamed, with reasoning and usage though nobody asked for it', async () => {
    const { text, reasoning, finishReasons, usage, events } = await readStream(await stream('test/text'))
    expect({ text, reasoning, finishReasons }).toEqual({ text: TEXT, reasoning: REASONING, finishReasons: ['stop'] })
    expect(usage?.total_tokens).toBeGreaterThan(0)
    expect(events).toBeGreaterThan(5)
  })

  test('comes through the helper that gathers a stream', async () => {
    const gathered = client.chat.completions.stream({ model: 'test/text', messages })
    expect(await gathered.finalContent()).toBe(TEXT)
    expect((await gathered.totalUsage()).total_tokens).toBeGreaterThan(0)
  })

  test('says where it came from in headers', async () => {
    const { response } = await client.chat.completions.create({ model: 'test/first-fails', messages }).withResponse()
    expect(response.headers.get('x-hugway-target')).toBe('huggingface/test/text')
    expect(response.headers.get('x-request-id')).toBeTruthy()
  })

  test.each(['The Talker', 'the talker', 'huggingface/test/text', 'test/text'])('is had for %s', async (model) => {
    expect((await chat(model)).choices[0]?.message.content).toBe(TEXT)
  })

  test('is had for no model at all: the primary', async () => {
    const body: object = { messages }
    await client.post('/chat/completions', { body })
    expect(pair.simulator.requests.at(-1)?.model).toBe('Qwen/Qwen3-8B')
  })

  test('waits out a slow first token behind heartbeats, which show nowhere', async () => {
    const { text, reasoning, heartbeats } = await readStream(await stream('test/slow'))
    expect({ text, reasoning }).toEqual({ text: TEXT, reasoning: REASONING })
    expect(heartbeats).toBeGreaterThan(0)
  })

  test('has its tool call after heartbeats', async () => {
    const { calls, heartbeats, finishReasons } = await readStream(await stream('test/slow-call'))
    expect(calls).toMatchObject([{ name: WEATHER.name, arguments: '{"city":"Zürich"}' }])
    expect(finishReasons).toEqual(['tool_calls'])
    expect(heartbeats).toBeGreaterThanOrEqual(3)
    const helper = client.chat.completions.stream({ model: 'test/slow-call', messages })
    const { id, choices } = await helper.finalChatCompletion()
    expect(id).toMatch(/./)
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { role: 'assistant', tool_calls: [{ id: expect.any(String), function: { name: WEATHER.name } }] },
    })
  })

  test.each([false, true])('falls back unseen (streamed: %s)', async (streamed) => {
    const text = streamed
      ? (await readStream(await stream('test/first-fails'))).text
      : (await chat('test/first-fails')).choices[0]?.message.content
    expect(text).toBe(TEXT)
  })
})

describe('a tool call', () => {
  const tools = [{ type: 'function' as const, function: { ...WEATHER } }]
  const asked = { role: 'user' as const, content: ASK_WEATHER }
  const model = 'Qwen/Qwen3-8B'

  test('and its result make the round trip', async () => {
    const first = await client.chat.completions.create({ model, messages: [asked], tools })
    const [choice] = first.choices
    const call = choice?.message.tool_calls?.[0]
    if (choice?.finish_reason !== 'tool_calls' || call?.type !== 'function') throw new Error('no tool was called')
    expect(call.function.name).toBe(WEATHER.name)
    expect(JSON.parse(call.function.arguments)).toMatchObject({ city: 'Zürich' })
    const result = { role: 'tool' as const, tool_call_id: call.id, content: TOOL_RESULT }
    const last = await client.chat.completions.create({ model, messages: [asked, choice.message, result], tools })
    expect(last.choices[0]?.message.content).toContain(TOOL_RESULT)
  })

  test('is run by the helper that runs tools, streamed', async () => {
    const seen: string[] = []
    const run = client.chat.completions.runTools({
      model,
      stream: true,
      messages: [asked],
      tools: [
        {
          type: 'function',
          function: {
            ...WEATHER,
            function: (text: string) => {
              seen.push(text)
              return TOOL_RESULT
            },
          },
        },
      ],
    })
    expect(await run.finalContent()).toContain(TOOL_RESULT)
    expect(seen.map((text) => JSON.parse(text).city)).toEqual(['Zürich'])
  })
})

describe('a client that leaves', () => {
  test('in the middle of a stream ends the upstream call', async () => {
    const endless = await stream('test/endless')
    for await (const chunk of endless) {
      if (chunk.choices[0]?.delta.content) break // breaking off aborts the request
    }
    await pair.untilCancelled('test/endless')
  })

  test('before the first token ends the upstream call', async () => {
    const leave = new AbortController()
    const waiting = errorOf(
      client.chat.completions.create({ model: 'test/silent', messages, stream: true }, { signal: leave.signal }),
    )
    await expect.poll(() => pair.requestsFor('test/silent').length).toBe(1)
    leave.abort()
    await waiting.catch(() => undefined)
    await pair.untilCancelled('test/silent')
  })
})

describe('the model list', () => {
  test('holds what the router lists, under refs and names', async () => {
    const models = (await client.models.list()).data
    expect(models.length).toBeGreaterThan(10)
    expect(models.find(({ id }) => id === 'huggingface/deepseek-ai/DeepSeek-R1')).toMatchObject({
      object: 'model',
      name: 'DeepSeek R1',
    })
  })

  test.each(['huggingface/Qwen/Qwen3-8B', 'DeepSeek R1'])(
    'gives one, %s, whose slashes the SDK encodes',
    async (name) => {
      const { id } = await client.models.retrieve(name)
      expect(id).toMatch(/^huggingface\/(Qwen\/Qwen3-8B|deepseek-ai\/DeepSeek-R1)$/)
    },
  )

  test('has no such model: a 404 with its code', async () => {
    const error = await errorOf(client.models.retrieve('huggingface/no/such'))
    expect(error).toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

describe('an error', () => {
  testRaisedErrors({
    pair: () => pair,
    send: chat,
    read: async (model) => {
      for await (const _chunk of await stream(model));
    },
    sendAsStranger: () =>
      new OpenAI({ apiKey: 'wrong', baseURL: pair.baseUrl }).chat.completions.create({ model: 'test/text', messages }),
    errors: { APIError, AuthenticationError, RateLimitError },
  })

  test('of the upstream’s token is not one of the client’s key, and is not tried again', async () => {
    const error = await errorOf(chat('test/bad-token'))
    expect(error).toBeInstanceOf(APIError)
    expect(error).not.toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ status: 502, code: 'upstream_auth' })
    expect(pair.requestsFor('test/bad-token')).toHaveLength(1)
  })

  test('in the request keeps the upstream’s own words', async () => {
    const error = await errorOf(chat('test/bad-request'))
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ status: 400, code: 'x', param: 'temperature' })
    expect(error.message).toContain('temperature is too high')
  })

  test('in the model’s name quotes the accepted form', async () => {
    expect((await errorOf(chat('../x'))).message).toContain('<org>/<model>')
  })

  test.each(['test/cut', 'test/ends-early', 'test/breaks-inside'])(
    'after the first token of %s leaves what was read',
    async (model) => {
      const seen: string[] = []
      const read = async () => {
        for await (const chunk of await stream(model)) seen.push(chunk.choices[0]?.delta.content ?? '')
      }
      await errorOf(read())
      expect(TEXT.startsWith(seen.join(''))).toBe(true)
      expect(seen.join('').length).toBeGreaterThan(0)
    },
  )

  test.each(['test/cut', 'test/breaks-inside'])('in a whole answer of %s is raised, too', async (model) => {
    expect(await errorOf(chat(model))).toBeInstanceOf(APIError)
  })
})
