import { describe, expect, test } from 'vitest'
import { readMessage, readMessagesStream } from '../../support/read-messages.ts'
import { fieldsOf } from '../../support/sse-answer.ts'
import {
  CHAIN,
  CLIENT_KEY,
  DONE,
  FINISH,
  HELLO,
  inTurn,
  modelOf,
  postingTo,
  sse,
  startGateway,
  useGateway,
  WHOLE,
} from '../support/gateway.ts'

useGateway()

async function start(upstream?: Parameters<typeof startGateway>[0]) {
  const gateway = await startGateway(upstream)
  const always = { model: 'a/b', messages: [{ role: 'user', content: 'hi' }] }
  const client = { 'anthropic-version': '2023-06-01' }
  const send = postingTo(gateway, '/v1/messages?beta=true', { ...always, max_tokens: 9 }, client)
  const count = postingTo(gateway, '/v1/messages/count_tokens?beta=true', always, client)
  return { ...gateway, count, send }
}

async function errorIn(response: Response) {
  const body = fieldsOf(await response.json())
  expect(body).toMatchObject({ type: 'error', request_id: response.headers.get('request-id') })
  return fieldsOf(body['error'])
}

describe('an answer', () => {
  test('that is streamed comes as events', async () => {
    const { send, calls } = await start(() => sse(HELLO, FINISH, DONE))
    const response = await send({ stream: true })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(readMessagesStream(await response.text())).toMatchObject({ text: 'Hello', end: 'end_turn' })
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual({
      model: 'a/b',
      messages: [{ role: 'user', content: 'hi' }],
      max_tokens: 9,
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('that is whole comes as a message', async () => {
    const { send } = await start(() => new Response(WHOLE))
    const body = fieldsOf(await (await send({})).json())
    expect(readMessage(body)).toMatchObject({ text: 'Hello', end: 'end_turn' })
    expect(body).toMatchObject({ type: 'message', role: 'assistant', model: 'a/b', id: expect.stringMatching(/^msg_/) })
  })

  test('falls back, and says who gave it', async () => {
    const upstream = inTurn(
      () => new Response('busy', { status: 500 }),
      () => sse(HELLO, FINISH, DONE),
    )
    const { send, configure, calls } = await start(upstream)
    await configure(CHAIN)
    const response = await send({ model: undefined, stream: true })
    expect(response.headers.get('x-hugway-target')).toBe('huggingface/b/second:groq')
    expect(readMessagesStream(await response.text()).end).toBe('end_turn')
    expect(calls.map(modelOf)).toEqual(['a/first', 'b/second:groq'])
  })

  test('is had under the name that Claude Code asks for by itself, where it is an alias', async () => {
    const { send, configure, calls } = await start(() => new Response(WHOLE))
    await configure({ agents: { defaults: { models: { 'huggingface/a/small': { alias: 'claude-haiku-5-5' } } } } })
    expect(fieldsOf(await (await send({ model: 'claude-haiku-5-5' })).json())).toMatchObject({
      model: 'claude-haiku-5-5',
    })
    expect(calls.map(modelOf)).toEqual(['a/small'])
  })

  test('that is cut ends with an error and without message_stop, and then cleanly', async () => {
    const { send } = await start(() => sse(HELLO))
    const text = await (await send({ stream: true })).text()
    const answer = readMessagesStream(text)
    expect(answer).toMatchObject({ text: 'Hello', end: undefined, error: expect.stringContaining('incomplete') })
  })
})

describe('what goes up differs by target', () => {
  const sentOf = (calls: readonly { readonly body: string }[]) => calls.map(({ body }) => JSON.parse(body))
  const busyThenWhole = () =>
    inTurn(
      () => new Response('busy', { status: 503 }),
      () => new Response(WHOLE),
    )

  test('max_tokens is clamped to what each can say, and skips none', async () => {
    const { send, configure, calls } = await start(busyThenWhole())
    const rows = [
      { id: 'huggingface/a/first', contextWindow: 4_096 },
      { id: 'huggingface/b/second:groq', maxTokens: 8_192 },
    ]
    await configure({ ...CHAIN, models: { providers: { huggingface: { models: rows } } } })
    expect((await send({ model: undefined, max_tokens: 32_000 })).status).toBe(200)
    const [first, second] = sentOf(calls)
    expect(first.max_tokens).toBeGreaterThan(3_000)
    expect(first.max_tokens).toBeLessThan(4_096)
    expect(second).toMatchObject({ model: 'b/second:groq', max_tokens: 8_192 })
  })

  test('what fits goes up as it came', async () => {
    const { send, calls } = await start(() => new Response(WHOLE))
    await send({ max_tokens: 128_000 })
    expect(sentOf(calls)).toMatchObject([{ max_tokens: 128_000 }])
  })

  test('how hard to think goes up to a model that can be told so, and to no other: it would refuse the request', async () => {
    const { send, configure, calls } = await start(busyThenWhole())
    await configure({
      agents: { defaults: { model: { primary: 'openai/gpt-oss-120b:groq', fallbacks: ['Qwen/Qwen3-32B:groq'] } } },
    })
    const asked = { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }
    expect((await send({ model: undefined, ...asked })).status).toBe(200)
    const [first, second] = sentOf(calls)
    expect(first).toMatchObject({ model: 'openai/gpt-oss-120b:groq', reasoning_effort: 'high', max_tokens: 9 })
    expect(second).toEqual({ model: 'Qwen/Qwen3-32B:groq', messages: [{ role: 'user', content: 'hi' }], max_tokens: 9 })
  })

  test('thoughts of earlier turns go up to models that are given them back, and to no other', async () => {
    const { send, configure, calls } = await start(busyThenWhole())
    await configure({
      agents: { defaults: { model: { primary: 'deepseek-ai/DeepSeek-V4', fallbacks: ['Qwen/Qwen3-8B'] } } },
    })
    const used = { type: 'tool_use', id: 't', name: 'f', input: {} }
    const content = [{ type: 'thinking', thinking: 'hm', signature: '' }, used]
    const result = { type: 'tool_result', tool_use_id: 't', content: 'done' }
    const messages = [
      { role: 'user', content: 'go' },
      { role: 'assistant', content },
      { role: 'user', content: [result] },
    ]
    expect((await send({ model: undefined, messages })).status).toBe(200)
    const [first, second] = sentOf(calls)
    expect(first.messages[1]).toMatchObject({ reasoning_content: 'hm', tool_calls: [{ id: 't' }] })
    expect(second.messages[1]).toEqual({ ...first.messages[1], reasoning_content: undefined })
    expect(JSON.stringify(second)).not.toContain('reasoning_content')
  })
})

describe('a key', () => {
  test('is taken as x-api-key as well', async () => {
    const { ask } = await start(() => new Response(WHOLE))
    const body = JSON.stringify({ model: 'a/b', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] })
    const call = (headers: Record<string, string>) => ask('/v1/messages', { method: 'POST', key: null, headers, body })
    expect((await call({ 'x-api-key': CLIENT_KEY })).status).toBe(200)
    expect((await call({ 'x-api-key': 'wrong' })).status).toBe(401)
    expect((await call({})).status).toBe(401)
    // What the Authorization header says goes first, as in every other place.
    expect((await call({ 'x-api-key': CLIENT_KEY, authorization: 'Bearer wrong' })).status).toBe(401)
  })
})

describe('errors come in Anthropic’s envelope', () => {
  test.each<
    [
      what: string,
      status: number,
      type: string,
      send: (gateway: Awaited<ReturnType<typeof start>>) => Promise<Response>,
    ]
  >([
    [
      'a wrong key',
      401,
      'authentication_error',
      ({ ask }) => ask('/v1/messages', { method: 'POST', key: 'wrong', body: '{}' }),
    ],
    ['no JSON', 400, 'invalid_request_error', ({ ask }) => ask('/v1/messages', { method: 'POST', body: '{' })],
    ['a bad block', 400, 'invalid_request_error', ({ send }) => send({ messages: [{ role: 'user', content: [{}] }] })],
    ['no such model', 400, 'invalid_request_error', ({ send }) => send({ model: '../x' })],
    ['a wrong method', 405, 'invalid_request_error', ({ ask }) => ask('/v1/messages')],
    ['no such route', 404, 'not_found_error', ({ ask }) => ask('/v1/messages/batches', { method: 'POST' })],
    ['a busy upstream', 503, 'overloaded_error', ({ send }) => send({})],
  ])('%s', async (_what, status, type, ask) => {
    const gateway = await start(() => new Response('busy', { status: 503 }))
    const response = await ask(gateway)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect((await errorIn(response))['type']).toBe(type)
  })

  test('a prompt that is too long, in the words on which Claude Code compacts', async () => {
    const message = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."
    const { send } = await start(() =>
      Response.json({ error: { message, code: 'context_length_exceeded' } }, { status: 400 }),
    )
    const response = await send({})
    expect(response.status).toBe(400)
    expect((await errorIn(response))['message']).toContain('prompt is too long: 9000 tokens > 8192 maximum')
  })
})

describe('count_tokens', () => {
  test('counts system, messages and tools without asking anybody, and without max_tokens', async () => {
    const { count, calls } = await start()
    const tokensOf = async (body: object) => fieldsOf(await (await count(body)).json())
    const { input_tokens: few } = await tokensOf({})
    const { input_tokens: more } = await tokensOf({ system: 'x'.repeat(400), tools: [{ name: 'f', input_schema: {} }] })
    expect(Number(few)).toBeGreaterThan(0)
    expect(Number(more)).toBeGreaterThan(Number(few) + 100)
    expect(calls).toEqual([])
  })

  test('counts a schema that is nested as deep as a body may be', async () => {
    const { count } = await start()
    const schema = JSON.parse(`${'{"a":'.repeat(60_000)}1${'}'.repeat(60_000)}`)
    const counted = await count({ tools: [{ name: 'f', input_schema: schema }] })
    expect(await counted.json()).toMatchObject({ input_tokens: expect.any(Number) })
  })

  test('takes a picture for a fixed number of tokens, however many bytes it has', async () => {
    const { count } = await start()
    const source = { type: 'base64', media_type: 'image/png', data: 'A'.repeat(400_000) }
    const messages = [{ role: 'user', content: [{ type: 'image', source }] }]
    const response = await count({ messages })
    const { input_tokens: tokens } = fieldsOf(await response.json())
    expect(tokens).toBeGreaterThan(1_000)
    expect(tokens).toBeLessThan(3_000)
  })

  test('refuses in Anthropic’s envelope', async () => {
    const { count } = await start()
    expect((await errorIn(await count({ messages: [] })))['type']).toBe('invalid_request_error')
  })
})
