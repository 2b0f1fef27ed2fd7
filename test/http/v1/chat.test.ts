import { describe, expect, test } from 'vitest'
import {
  ASK,
  CHAIN,
  CLIENT_KEY,
  DONE,
  errorOf,
  FINISH,
  HELLO,
  HF_TOKEN,
  inTurn,
  modelOf,
  STREAM,
  sse,
  startGateway,
  useGateway,
  WHOLE,
} from '../support/gateway.ts'

useGateway()

describe('an answer', () => {
  test('that is streamed comes as it was sent', async () => {
    const { chat } = await startGateway(() => sse(HELLO, FINISH, DONE))
    const response = await chat(STREAM)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(await response.text()).toBe(HELLO + FINISH + DONE)
  })

  test('whose provider forgot [DONE] gets it', async () => {
    const { chat } = await startGateway(() => sse(HELLO, FINISH))
    expect(await (await chat(STREAM)).text()).toBe(HELLO + FINISH + DONE)
  })

  test('that is whole comes byte by byte', async () => {
    const { chat } = await startGateway(() => new Response(WHOLE))
    const response = await chat(ASK)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.text()).toBe(WHOLE)
  })

  test('that came as JSON where a stream was asked for is told as one', async () => {
    const { chat } = await startGateway(() => new Response(WHOLE))
    const text = await (await chat(STREAM)).text()
    expect(text).toContain('"delta":{"role":"assistant","content":"Hello"}')
    expect(text.endsWith(DONE)).toBe(true)
  })

  test('says who gave it and how many were asked', async () => {
    const upstream = inTurn(
      () => new Response('busy', { status: 500 }),
      () => new Response(WHOLE, { headers: { 'x-inference-provider': 'groq' } }),
    )
    const { chat, configure } = await startGateway(upstream)
    await configure(CHAIN)
    const { headers } = await chat(ASK)
    expect(headers.get('x-hugway-target')).toBe('huggingface/b/second:groq')
    expect(headers.get('x-hugway-attempts')).toBe('2')
    expect(headers.get('x-hugway-provider')).toBe('groq')
  })

  test('from a provider with an odd name does not name it', async () => {
    const { chat } = await startGateway(() => new Response(WHOLE, { headers: { 'x-inference-provider': 'a b; c' } }))
    expect((await chat(ASK)).headers.get('x-hugway-provider')).toBeNull()
  })
})

describe('who is asked', () => {
  const document = {
    agents: {
      defaults: {
        model: { primary: 'a/first', fallbacks: ['b/second'] },
        models: { 'd/named:fastest': { alias: 'Quick One' } },
      },
    },
    hugway: { models: { 'e/alone': { fallbacks: false } } },
  }
  test.each<[title: string, body: Record<string, unknown>, headers: Record<string, string>, asked: string[]]>([
    ['the primary and its fallbacks', {}, {}, ['a/first', 'b/second']],
    ['an alias', { model: 'quick one' }, {}, ['d/named:fastest', 'b/second']],
    ['a model that nobody lists', { model: 'huggingface/no/where:x' }, {}, ['no/where:x', 'b/second']],
    ['the request’s own list', { model: 'x/1', models: ['x/2', 'quick one'] }, {}, ['x/1', 'x/2', 'd/named:fastest']],
    ['a model without fallbacks', { model: 'e/alone' }, {}, ['e/alone']],
    ['nobody else, by the header', { model: 'x/1', models: ['x/2'] }, { 'x-hugway-fallback': 'OFF' }, ['x/1']],
  ])('%s', async (_title, body, headers, asked) => {
    const { chat, configure, calls } = await startGateway(() => new Response('no', { status: 500 }))
    await configure(document)
    await chat({ ...ASK, ...body }, headers)
    expect(calls.map(modelOf)).toEqual(asked)
  })
})

describe('what is refused is refused before anything is sent', () => {
  const big = `{"messages":[{"role":"user","content":"${'x'.repeat(3_000)}"}]}`
  test.each<[what: string, body: string, headers: Record<string, string>, status: number, code: string]>([
    ['no JSON', '{', {}, 400, 'invalid_request'],
    ['no messages', '{}', {}, 400, 'invalid_request'],
    ['a model that is none', '{"model":"gpt-4","messages":[{"role":"user"}]}', {}, 400, 'model_not_found'],
    ['a way up', '{"model":"huggingface/../x","messages":[{"role":"user"}]}', {}, 400, 'model_not_found'],
    [
      'a header that says neither on nor off',
      '{"messages":[{"role":"user"}]}',
      { 'x-hugway-fallback': 'maybe' },
      400,
      'invalid_request',
    ],
    ['too much', big, {}, 413, 'request_too_large'],
    ['too much, as it announces', '{}', { 'content-length': '999999' }, 413, 'request_too_large'],
  ])('%s', async (_what, body, headers, status, code) => {
    const { chat, configure, calls } = await startGateway()
    await configure({ hugway: { maxBodyBytes: 2_048 } })
    const response = await chat(body, headers)
    expect(response.status).toBe(status)
    expect((await errorOf(response)).code).toBe(code)
    expect(calls).toEqual([])
  })

  test('too much, in pieces that announce nothing', async () => {
    const { ask: send, configure, calls } = await startGateway()
    await configure({ hugway: { maxBodyBytes: 2_048 } })
    const body = new Response(big).body
    const response = await send('/v1/chat/completions', { method: 'POST', body })
    expect(response.status).toBe(413)
    expect(calls).toEqual([])
  })
})

test('a body that breaks off is the client’s trouble, not a bug', async () => {
  const { ask: send, calls } = await startGateway()
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error('the client broke off')) })
  const response = await send('/v1/chat/completions', { method: 'POST', body })
  expect(response.status).toBe(400)
  expect(calls).toEqual([])
})

describe('headers', () => {
  test('of the caller stay here', async () => {
    const { chat, calls } = await startGateway(() => new Response(WHOLE))
    await chat(ASK, {
      cookie: 'session=1',
      'x-forwarded-for': '10.0.0.1',
      'cf-connecting-ip': '10.0.0.1',
      'x-api-key': CLIENT_KEY,
      'user-agent': 'OpenAI/JS 7',
      'x-stainless-os': 'Linux',
      'x-hf-bill-to': 'somebody-else',
      host: 'evil.test',
      traceparent: '00-1',
    })
    expect([...(calls[0]?.headers.keys() ?? [])].sort()).toEqual([
      'accept',
      'authorization',
      'content-type',
      'user-agent',
    ])
    expect(calls[0]?.headers.get('authorization')).toBe(`Bearer ${HF_TOKEN}`)
    expect(calls[0]?.headers.get('user-agent')).toBe('hugway')
  })

  test.each<[what: string, body: Record<string, unknown>, answer: () => Response, names: string[]]>([
    [
      'a whole answer',
      ASK,
      () => new Response(WHOLE),
      ['content-type', 'x-hugway-attempts', 'x-hugway-config', 'x-hugway-target', 'x-request-id'],
    ],
    [
      'a stream',
      STREAM,
      () => sse(),
      ['cache-control', 'content-type', 'x-hugway-attempts', 'x-hugway-config', 'x-hugway-target', 'x-request-id'],
    ],
    [
      'an error',
      ASK,
      () => new Response('{"error":"x"}', { status: 422 }),
      ['content-type', 'x-hugway-config', 'x-request-id', 'x-should-retry'],
    ],
  ])('of the upstream stay there (%s)', async (_what, body, answer, names) => {
    const { chat } = await startGateway(() => {
      const response = answer()
      for (const name of [
        'set-cookie',
        'server',
        'via',
        'x-powered-by',
        'inference-id',
        'x-amz-cf-id',
        'retry-after',
        'etag',
        'x-request-id',
        'content-disposition',
      ]) {
        response.headers.set(name, 'theirs')
      }
      return response
    })
    const response = await chat(body)
    await response.text()
    expect([...response.headers.keys()].filter((name) => name !== 'content-length').sort()).toEqual(names)
    expect([...response.headers.values()].join()).not.toContain('theirs')
  })
})
