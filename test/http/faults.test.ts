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

describe('who is to blame decides whether another target is asked', () => {
  const message = 'The model `m` has been decommissioned and is no longer supported.'
  const image =
    'Multimodal model input error: could not load image from https://example.com/cat.png: 404, message=Not Found'

  test.each<[what: string, status: number, body: unknown]>([
    [
      'a decommissioned model',
      400,
      { error: { message, type: 'invalid_request_error', code: 'model_decommissioned' } },
    ],
    ['an overloaded model', 422, { error: 'The model is currently overloaded' }],
    ['tokens per minute', 413, { error: { message: 'too large', code: 'rate_limit_exceeded' } }],
    ['missing credit', 400, { error: { message: 'insufficient credits' } }],
    ['a generation that failed', 424, { error: 'Request failed during generation', error_type: 'generation' }],
    ['a legal block', 451, { error: 'no' }],
    ['a 403 without a word', 403, { error: 'Forbidden' }],
  ])('%s (%i) is the target’s fault', async (_what, status, body) => {
    const { chat, configure } = await startGateway(
      inTurn(
        () => Response.json(body, { status }),
        () => sse(),
      ),
    )
    await configure(CHAIN)
    expect((await chat(STREAM)).headers.get('x-hugway-target')).toBe('huggingface/b/second:groq')
  })

  test.each<[what: string, status: number, body: unknown]>([
    ['an image that was not found', 400, { error: { message: image, type: 'invalid_request_error' } }],
    ['moderation', 403, { error: { message: 'Your input was flagged by our moderation system' } }],
    ['a media type', 415, { error: 'Unsupported media type' }],
    ['a field', 422, { detail: [{ msg: 'field required' }] }],
  ])('%s (%i) is the request’s: its own status five times, and the primary goes on', async (_what, status, body) => {
    const upstream: Upstream = ({ body: sent }) => (sent.includes('BAD') ? Response.json(body, { status }) : sse())
    const { chat, configure, calls } = await startGateway(upstream)
    await configure(CHAIN)
    for (let request = 0; request < 5; request++) {
      expect((await chat({ ...STREAM, messages: [{ role: 'user', content: 'BAD' }] })).status).toBe(status)
    }
    expect(calls).toHaveLength(5)
    expect((await chat(STREAM)).headers.get('x-hugway-target')).toBe('huggingface/a/first')
  })
})

test('the router’s request id is told with the failure, and stands in the log', async () => {
  const headers = { 'x-request-id': 'Root=1-upstream-id' }
  const upstream = () => Response.json({ error: { message: 'please report to us' } }, { status: 500, headers })
  const { chat, logs } = await startGateway(upstream)
  const response = await chat(ASK)
  expect(response.headers.get('x-request-id')).not.toBe('Root=1-upstream-id')
  expect((await errorOf(response)).attempts).toMatchObject([{ upstreamRequestId: 'Root=1-upstream-id' }])
  expect(logs.join()).toContain('Root=1-upstream-id')
})

describe('a token that looks like no other', () => {
  const token = 'tok-0123456789abcdef'
  test.each<[where: string, upstream: Upstream, body: unknown]>([
    ['an error', () => Response.json({ error: `bad ${token}` }, { status: 401 }), ASK],
    ['an error inside a 200', () => Response.json({ error: `bad ${token}` }), ASK],
    ['the first event', () => sse(`data: {"error":{"message":"${token}"}}\n\n`), STREAM],
    [
      'an event in the middle',
      () => sse(HELLO, `data: {"error":{"message":"${token}","param":"${token}"}}\n\n`),
      STREAM,
    ],
  ])('is not repeated from %s', async (_where, upstream, body) => {
    const { chat, logs, settled } = await startGateway(upstream, { HF_TOKEN: token })
    let text = ''
    const decoder = new TextDecoder()
    const read = async () => {
      for await (const piece of (await chat(body)).body ?? []) text += decoder.decode(piece, { stream: true })
    }
    await read().catch(() => {}) // the connection is broken off after the error
    await settled()
    expect(text).toContain('[redacted]')
    expect(text + logs.join()).not.toContain(token)
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
    ['by half of its JSON', [HELLO, 'data: {"choices":[{"del\n\n', FINISH]],
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
    expect(text).toMatch(/^data: .*"content":"Hello"/)
    expect(text).toMatch(/\n\ndata: \{.*"error":\{.*"message":"/)
    expect(text).not.toContain('[DONE]')
    expect(text).not.toContain('"finish_reason":"stop"')
    expect(calls).toHaveLength(1)
  })
})
