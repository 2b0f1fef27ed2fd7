import { describe, expect, test } from 'vitest'
import {
  ASK,
  CHAIN,
  errorOf,
  FINISH,
  HELLO,
  HF_TOKEN,
  inTurn,
  modelOf,
  STREAM,
  sse,
  startGateway,
  type Upstream,
  useGateway,
  WHOLE,
} from './support/gateway.ts'

useGateway()

describe('the next target answers, and nobody notices, after', () => {
  const faults: [what: string, fault: Upstream][] = [
    ['a refused connection', () => Promise.reject(new TypeError('refused'))],
    ...[401, 402, 403, 404, 408, 409, 429, 500, 502, 503, 504, 529].map((status): [string, Upstream] => [
      `a ${status}`,
      () => new Response('{"error":"no"}', { status }),
    ]),
    [
      'a model that is not served',
      () => Response.json({ error: { message: 'x', code: 'model_not_supported' } }, { status: 400 }),
    ],
    ['a redirect', () => new Response(null, { status: 307, headers: { location: 'https://evil.test/' } })],
    ['an HTML page', () => new Response('<html></html>', { headers: { 'content-type': 'text/html' } })],
    ['an empty answer', () => new Response('')],
    ['an error inside a 200', () => new Response('data: {"error":{"message":"overloaded"}}\n\n')],
    ['an error as JSON inside a 200', () => new Response('{"error":"overloaded"}')],
    ['half an answer', () => new Response('{"choices":[{"mess')],
  ]
  test.each(faults)('%s', async (_what, fault) => {
    for (const [body, answer] of [
      [STREAM, sse],
      [ASK, () => new Response(WHOLE)],
    ] as const) {
      const { chat, configure, calls, settled } = await startGateway(inTurn(fault, () => answer()))
      await configure(CHAIN)
      const response = await chat(body)
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('Hello')
      expect(calls.map(modelOf)).toEqual(['a/first', 'b/second:groq'])
      await settled()
    }
  })
})

describe('a request that is itself at fault is not tried elsewhere', () => {
  test.each<[status: number, body: unknown, expected: Record<string, unknown>]>([
    [
      400,
      { error: { message: 'bad temperature', type: 'invalid_request_error', param: 'temperature', code: 'bad' } },
      { message: 'bad temperature', param: 'temperature', code: 'bad' },
    ],
    [413, { error: 'too big' }, { message: 'too big', code: 'invalid_request' }],
    [422, { detail: [{ msg: 'field required' }] }, { message: 'field required', param: null }],
    [
      400,
      { error: { message: "This model's maximum context length is 10 tokens" } },
      { code: 'context_length_exceeded', message: expect.stringContaining('maximum context length') },
    ],
  ])('%i %j', async (status, body, expected) => {
    const { chat, configure, calls } = await startGateway(() => Response.json(body, { status }))
    await configure(CHAIN)
    const response = await chat(STREAM)
    expect(response.status).toBe(status)
    expect(await errorOf(response)).toMatchObject(expected)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(calls).toHaveLength(1)
  })
})

describe('when every target fails', () => {
  test('the error lists each with its reason', async () => {
    const upstream = inTurn(
      () => Response.json({ error: 'You have depleted your monthly included credits.' }, { status: 402 }),
      () => new Response('{"error":"slow down"}', { status: 429, headers: { 'retry-after': '7' } }),
    )
    const { chat, configure } = await startGateway(upstream)
    await configure(CHAIN)
    const response = await chat(STREAM)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await errorOf(response)).attempts).toMatchObject([
      { target: 'huggingface/a/first', reason: 'billing', status: 402 },
      { target: 'huggingface/b/second:groq', reason: 'rate_limited', status: 429 },
    ])
  })

  test.each([401, 403])('a %i of the router is the operator’s trouble, never the client’s', async (status) => {
    const { chat } = await startGateway(() => new Response(`{"error":"bad token ${HF_TOKEN}"}`, { status }))
    const response = await chat(STREAM)
    expect(response.status).toBe(502)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'upstream_auth' } })
    expect(text).not.toContain(HF_TOKEN)
  })

  test('a redirect has not been followed', async () => {
    const location = 'https://evil.test/v1/chat/completions'
    const { chat, calls } = await startGateway(() => new Response(null, { status: 302, headers: { location } }))
    const response = await chat(ASK)
    expect(response.status).toBe(502)
    expect(await response.text()).not.toContain('evil.test')
    expect(calls.map(({ url }) => url)).toEqual(['https://router.test/v1/chat/completions'])
  })
})

describe('a stream that breaks after its first token', () => {
  test.each<[what: string, pieces: string[]]>([
    ['by an end', [HELLO]],
    ['in the middle of an event', [HELLO, 'data: {"choices":[{"del']],
    ['by an error', [HELLO, 'data: {"error":{"message":"overloaded"}}\n\n']],
    ['by nonsense', [HELLO, 'data: <html>\n\n', FINISH]],
    ['by a reason that says so', [HELLO, FINISH.replace('stop', 'network_error')]],
  ])('(%s) does not look whole', async (_what, pieces) => {
    const { chat, configure, calls } = await startGateway(() => sse(...pieces))
    await configure(CHAIN)
    const response = await chat(STREAM)
    let text = ''
    const read = async () => {
      const decoder = new TextDecoder()
      for await (const piece of response.body ?? []) text += decoder.decode(piece, { stream: true })
    }
    await read().catch(() => {}) // the connection is broken off after the error
    expect(text.startsWith(HELLO)).toBe(true)
    expect(text).toMatch(/\n\ndata: \{.*"error":\{.*"message":"/)
    expect(text).not.toContain('[DONE]')
    expect(text).not.toContain('"finish_reason":"stop"')
    expect(calls).toHaveLength(1)
  })
})
