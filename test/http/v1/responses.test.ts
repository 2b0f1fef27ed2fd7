import { describe, expect, test } from 'vitest'
import { readResponse, readResponsesStream } from '../../support/read-responses.ts'
import {
  CHAIN,
  DONE,
  errorOf,
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
  const respond = postingTo(gateway, '/v1/responses', { model: 'a/b', input: 'hi' })
  return { ...gateway, respond }
}

describe('an answer', () => {
  test('that is streamed comes as events', async () => {
    const { respond, calls } = await start(() => sse(HELLO, FINISH, DONE))
    const response = await respond({ stream: true })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(readResponsesStream(await response.text())).toMatchObject({ text: 'Hello', end: 'completed' })
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual({
      model: 'a/b',
      messages: [{ role: 'user', content: 'hi' }],
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('that is whole comes as a response', async () => {
    const { respond } = await start(() => new Response(WHOLE))
    const body = (await (await respond({ instructions: 'be brief', metadata: { a: 'b' } })).json()) as object
    expect(readResponse({ ...body })).toMatchObject({ text: 'Hello', end: 'completed' })
    expect(body).toMatchObject({
      object: 'response',
      id: expect.stringMatching(/^resp_/),
      model: 'a/b',
      instructions: 'be brief',
      metadata: { a: 'b' },
      store: false,
    })
  })

  test('that came as JSON where a stream was asked for is told as one', async () => {
    const { respond } = await start(() => new Response(WHOLE))
    const text = await (await respond({ stream: true })).text()
    expect(readResponsesStream(text)).toMatchObject({ text: 'Hello', end: 'completed' })
  })

  test('falls back, and says who gave it', async () => {
    const upstream = inTurn(
      () => new Response('busy', { status: 500 }),
      () => sse(HELLO, FINISH, DONE),
    )
    const { respond, configure, calls } = await start(upstream)
    await configure(CHAIN)
    const response = await respond({ model: undefined, stream: true })
    expect(response.headers.get('x-hugway-target')).toBe('huggingface/b/second:groq')
    expect(readResponsesStream(await response.text()).end).toBe('completed')
    expect(calls.map(modelOf)).toEqual(['a/first', 'b/second:groq'])
  })

  test('that is cut ends with an error and a response that failed, and then cleanly: Codex tells of a break instead', async () => {
    const { respond } = await start(() => sse(HELLO))
    const text = await (await respond({ stream: true })).text()
    const answer = readResponsesStream(text)
    expect(answer).toMatchObject({ text: 'Hello', end: 'failed', error: expect.stringContaining('incomplete') })
  })

  test('names the hosted tools that its request lost, and the log does', async () => {
    const { respond, calls, logs } = await start(() => new Response(WHOLE))
    const response = await respond({ tools: [{ type: 'web_search' }, { type: 'a\nb' }] })
    expect(response.headers.get('x-hugway-dropped-tools')).toBe('web_search')
    expect(calls[0]?.body).not.toContain('tools')
    expect(logs.join()).toContain('"droppedTools":["web_search"]')
  })
})

describe('what is stored elsewhere is refused, saying what to send instead', () => {
  test.each([
    [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
    [{ input: [{ type: 'item_reference', id: 'msg_1' }] }, 'input[0]'],
    [{ background: true }, 'background'],
  ])('%j', async (body, param) => {
    const { respond, calls } = await start()
    const response = await respond(body)
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', param })
    expect(calls).toEqual([])
  })

  test.each([
    ['GET', '/v1/responses/resp_1'],
    ['DELETE', '/v1/responses/resp_1'],
    ['POST', '/v1/responses/resp_1/cancel'],
    ['GET', '/v1/responses/resp_1/input_items'],
    ['POST', '/v1/responses/compact'],
  ])('%s %s', async (method, path) => {
    const { ask } = await start()
    const response = await ask(path, { method })
    expect(response.status).toBe(404)
    expect((await errorOf(response)).message).toContain('store: false')
  })
})

test('a wrong key, a wrong method and a busy upstream are told in OpenAI’s envelope', async () => {
  const { ask, respond } = await start(() => new Response('busy', { status: 503 }))
  const wrong = await ask('/v1/responses', { method: 'POST', key: 'wrong', body: '{}' })
  expect([wrong.status, (await errorOf(wrong)).code]).toEqual([401, 'invalid_api_key'])
  expect((await ask('/v1/responses')).status).toBe(405)
  const busy = await respond({})
  expect(busy.status).toBe(503)
  expect(busy.headers.get('x-should-retry')).toBe('false')
  expect((await errorOf(busy)).code).toBe('overloaded')
})

test('an account without credit is told as OpenAI does: a 429 that names it, without a time to come back at', async () => {
  const { respond } = await start(() => Response.json({ error: 'no credit' }, { status: 402 }))
  const response = await respond({})
  expect(response.status).toBe(429)
  expect(response.headers.get('retry-after')).toBeNull()
  expect(response.headers.get('x-should-retry')).toBe('false')
  expect((await errorOf(response)).code).toBe('insufficient_quota')
})
