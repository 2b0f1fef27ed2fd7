import { describe, expect, test } from 'vitest'
import { CLIENT_KEY, DONE, errorOf, FINISH, HELLO, HF_TOKEN, MESSAGES, sse, startGateway, type Upstream, useGateway, WHOLE } from './support/gateway.ts'

useGateway()

const CHAIN = { agents: { defaults: { model: { primary: 'a/first', fallbacks: ['b/second:groq'] } } } }
const ask = { messages: MESSAGES }
const stream = { ...ask, stream: true }

/** An upstream that gives one answer after the other. */
function inTurn(...answers: Upstream[]): Upstream {
  let turn = 0
  return (call) => {
    const answer = answers[turn++]
    if (!answer) throw new Error(`nothing is planned for request ${turn}`)
    return answer(call)
  }
}
const modelOf = ({ body }: { body: string }) => JSON.parse(body).model

describe('an answer', () => {
  test('that is streamed comes as it was sent', async () => {
    const { chat } = await startGateway(() => sse(HELLO, FINISH, DONE))
    const response = await chat(stream)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(await response.text()).toBe(HELLO + FINISH + DONE)
  })

  test('whose provider forgot [DONE] gets it', async () => {
    const { chat } = await startGateway(() => sse(HELLO, FINISH))
    expect(await (await chat(stream)).text()).toBe(HELLO + FINISH + DONE)
  })

  test('that is whole comes byte by byte', async () => {
    const { chat } = await startGateway(() => new Response(WHOLE))
    const response = await chat(ask)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.text()).toBe(WHOLE)
  })

  test('that came as JSON where a stream was asked for is told as one', async () => {
    const { chat } = await startGateway(() => new Response(WHOLE))
    const text = await (await chat(stream)).text()
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
    const { headers } = await chat(ask)
    expect(headers.get('x-hugway-target')).toBe('huggingface/b/second:groq')
    expect(headers.get('x-hugway-attempts')).toBe('2')
    expect(headers.get('x-hugway-provider')).toBe('groq')
  })

  test('from a provider with an odd name does not name it', async () => {
    const { chat } = await startGateway(() => new Response(WHOLE, { headers: { 'x-inference-provider': 'a b; c' } }))
    expect((await chat(ask)).headers.get('x-hugway-provider')).toBeNull()
  })
})

describe('the next target answers, and nobody notices, after', () => {
  const faults: [what: string, fault: Upstream][] = [
    ['a refused connection', () => Promise.reject(new TypeError('refused'))],
    ...[401, 402, 403, 404, 408, 409, 429, 500, 502, 503, 504, 529].map((status): [string, Upstream] => [
      `a ${status}`,
      () => new Response('{"error":"no"}', { status }),
    ]),
    ['a model that is not served', () => Response.json({ error: { message: 'x', code: 'model_not_supported' } }, { status: 400 })],
    ['a redirect', () => new Response(null, { status: 307, headers: { location: 'https://evil.test/' } })],
    ['an HTML page', () => new Response('<html></html>', { headers: { 'content-type': 'text/html' } })],
    ['an empty answer', () => new Response('')],
    ['an error inside a 200', () => new Response('data: {"error":{"message":"overloaded"}}\n\n')],
    ['an error as JSON inside a 200', () => new Response('{"error":"overloaded"}')],
    ['half an answer', () => new Response('{"choices":[{"mess')],
  ]
  test.each(faults)('%s', async (_what, fault) => {
    for (const [body, answer] of [[stream, sse], [ask, () => new Response(WHOLE)]] as const) {
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
    [400, { error: { message: 'bad temperature', type: 'invalid_request_error', param: 'temperature', code: 'bad' } }, { message: 'bad temperature', param: 'temperature', code: 'bad' }],
    [413, { error: 'too big' }, { message: 'too big', code: 'invalid_request' }],
    [422, { detail: [{ msg: 'field required' }] }, { message: 'field required', param: null }],
    [400, { error: { message: "This model's maximum context length is 10 tokens" } }, { code: 'context_length_exceeded', message: expect.stringContaining('maximum context length') }],
  ])('%i %j', async (status, body, expected) => {
    const { chat, configure, calls } = await startGateway(() => Response.json(body, { status }))
    await configure(CHAIN)
    const response = await chat(stream)
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
    const response = await chat(stream)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await errorOf(response)).attempts).toMatchObject([
      { target: 'huggingface/a/first', reason: 'billing', status: 402 },
      { target: 'huggingface/b/second:groq', reason: 'rate_limited', status: 429 },
    ])
  })

  test.each([401, 403])('a %i of the router is the operator’s trouble, never the client’s', async (status) => {
    const { chat } = await startGateway(() => new Response(`{"error":"bad token ${HF_TOKEN}"}`, { status }))
    const response = await chat(stream)
    expect(response.status).toBe(502)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'upstream_auth' } })
    expect(text).not.toContain(HF_TOKEN)
  })

  test('a redirect has not been followed', async () => {
    const location = 'https://evil.test/v1/chat/completions'
    const { chat, calls } = await startGateway(() => new Response(null, { status: 302, headers: { location } }))
    const response = await chat(ask)
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
    const response = await chat(stream)
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

describe('who is asked', () => {
  const document = {
    agents: { defaults: { model: { primary: 'a/first', fallbacks: ['b/second'] }, models: { 'd/named:fastest': { alias: 'Quick One' } } } },
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
    await chat({ ...ask, ...body }, headers)
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
    ['a header that says neither on nor off', '{"messages":[{"role":"user"}]}', { 'x-hugway-fallback': 'maybe' }, 400, 'invalid_request'],
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

describe('headers', () => {
  test('of the caller stay here', async () => {
    const { chat, calls } = await startGateway(() => new Response(WHOLE))
    await chat(ask, {
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
    expect([...(calls[0]?.headers.keys() ?? [])].sort()).toEqual(['accept', 'authorization', 'content-type', 'user-agent'])
    expect(calls[0]?.headers.get('authorization')).toBe(`Bearer ${HF_TOKEN}`)
    expect(calls[0]?.headers.get('user-agent')).toBe('hugway')
  })

  test.each<[what: string, body: Record<string, unknown>, answer: () => Response, names: string[]]>([
    ['a whole answer', ask, () => new Response(WHOLE), ['content-type', 'x-hugway-attempts', 'x-hugway-target', 'x-request-id']],
    ['a stream', stream, () => sse(), ['cache-control', 'content-type', 'x-hugway-attempts', 'x-hugway-target', 'x-request-id']],
    ['an error', ask, () => new Response('{"error":"x"}', { status: 422 }), ['content-type', 'x-request-id', 'x-should-retry']],
  ])('of the upstream stay there (%s)', async (_what, body, answer, names) => {
    const { chat } = await startGateway(() => {
      const response = answer()
      for (const name of ['set-cookie', 'server', 'via', 'x-powered-by', 'inference-id', 'x-amz-cf-id', 'retry-after', 'etag', 'x-request-id', 'content-disposition']) {
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
