import OpenAI, { APIError, AuthenticationError, RateLimitError } from 'openai'
import type { ResponseInput, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ASK_WEATHER, REASONING, TEXT, TOOL_RESULT, WEATHER } from './support/cast.ts'
import { testRaisedErrors } from './support/raised-errors.ts'
import { API_KEY, errorOf, type Pair, startPair } from './support/start-pair.ts'

let pair: Pair
let client: OpenAI
beforeAll(async () => {
  pair = await startPair()
  client = new OpenAI({ apiKey: API_KEY, baseURL: pair.baseUrl })
})
afterAll(() => pair.close())

const respond = (model: string) => client.responses.create({ model, input: 'hi' })
const stream = (model: string) => client.responses.create({ model, input: 'hi', stream: true })

async function textIn(events: AsyncIterable<ResponseStreamEvent>): Promise<string> {
  let text = ''
  for await (const event of events) if (event.type === 'response.output_text.delta') text += event.delta
  return text
}

describe('an answer', () => {
  test('comes whole, with reasoning and usage', async () => {
    const { output, output_text: text, usage, status } = await respond('test/text')
    expect({ text, status }).toEqual({ text: TEXT, status: 'completed' })
    expect(output[0]).toMatchObject({ type: 'reasoning', summary: [{ type: 'summary_text', text: REASONING }] })
    expect(usage?.total_tokens).toBeGreaterThan(0)
  })

  test('comes streamed', async () => {
    expect(await textIn(await stream('test/text'))).toBe(TEXT)
  })

  test('comes through the helper that gathers a stream, which knows every event', async () => {
    const gathered = client.responses.stream({ model: 'test/text', input: 'hi' })
    const deltas: string[] = []
    gathered.on('response.output_text.delta', ({ delta }) => void deltas.push(delta))
    const response = await gathered.finalResponse()
    expect(response.output_text).toBe(TEXT)
    expect(deltas.join('')).toBe(TEXT)
    expect(response.usage?.total_tokens).toBeGreaterThan(0)
  })

  test('waits out a slow first token behind comments, which show nowhere', async () => {
    expect(await textIn(await stream('test/slow'))).toBe(TEXT)
  })

  test.each([false, true])('falls back unseen (streamed: %s)', async (streamed) => {
    const text = streamed
      ? await textIn(await stream('test/first-fails'))
      : (await respond('test/first-fails')).output_text
    expect(text).toBe(TEXT)
  })
})

describe('a tool call', () => {
  const tools = [{ type: 'function' as const, strict: false, ...WEATHER }]
  const asked = { role: 'user' as const, content: ASK_WEATHER }
  const model = 'Qwen/Qwen3-8B'

  test.each([false, true])('and its result make the round trip (streamed: %s)', async (streamed) => {
    const ask = (input: ResponseInput) =>
      streamed
        ? client.responses.stream({ model, input, tools }).finalResponse()
        : client.responses.create({ model, input, tools })
    const first = await ask([asked])
    const call = first.output.find((item) => item.type === 'function_call')
    if (call?.type !== 'function_call') throw new Error(`no tool was called: ${JSON.stringify(first.output)}`)
    expect(call.name).toBe(WEATHER.name)
    expect(JSON.parse(call.arguments)).toMatchObject({ city: 'Zürich' })
    const result = { type: 'function_call_output' as const, call_id: call.call_id, output: TOOL_RESULT }
    const last = await ask([asked, ...(first.output as ResponseInput), result])
    expect(last.output_text).toContain(TOOL_RESULT)
  })
})

describe('an error', () => {
  testRaisedErrors({
    pair: () => pair,
    send: respond,
    read: async (model) => textIn(await stream(model)),
    sendAsStranger: () =>
      new OpenAI({ apiKey: 'wrong', baseURL: pair.baseUrl }).responses.create({ model: 'test/text', input: 'hi' }),
    errors: { APIError, AuthenticationError, RateLimitError },
  })

  test('after the first token shows in the helper that gathers a stream', async () => {
    const gathered = client.responses.stream({ model: 'test/cut', input: 'hi' })
    const outcome = await gathered.finalResponse().catch((error: unknown) => error)
    // Some versions of the helper raise what others hand out.
    if (outcome instanceof Error) expect(outcome.message).toMatch(/incomplete|terminated/)
    else expect(outcome).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('incomplete') } })
  })

  test('of a stream that was held is raised', async () => {
    const error = await errorOf(textIn(await stream('test/held-bad')))
    expect(error).toBeInstanceOf(APIError)
    expect(error.message).toContain('too odd')
  })

  test('says what to send in place of a response that nobody stored', async () => {
    const error = await errorOf(client.responses.create({ model: 'test/text', input: 'hi', previous_response_id: 'r' }))
    expect(error).toMatchObject({ status: 400, param: 'previous_response_id' })
    expect(error.message).toContain('whole conversation')
    expect(await errorOf(client.responses.retrieve('resp_1'))).toMatchObject({ status: 404 })
  })
})

describe('a client that leaves', () => {
  test('in the middle of a stream ends the upstream call', async () => {
    for await (const event of await stream('test/endless')) {
      if (event.type === 'response.output_text.delta') break
    }
    await pair.untilCancelled('test/endless')
  })
})
