import { describe, expect, test } from 'vitest'
import type { Fault } from '../../src/core/routing/outcome.ts'
import { createRedact } from '../../src/huggingface/redact.ts'
import { createRouterClient, type Send } from '../../src/huggingface/router-client.ts'
import { type AttemptRequest, attemptChat } from '../../src/stream/attempt.ts'
import { bodyOf, FINISH, HELLO, realClock } from './support/streams.ts'

const limits = { headersMs: 100, answerMs: 200 }
const request: AttemptRequest = { body: new TextEncoder().encode('{}'), stream: true, choiceCount: 1, limits }
const whole: AttemptRequest = { ...request, stream: false }

/** One attempt at an upstream that answers as `send` does; `upstream` is the signal that it was given. */
async function attempt(
  send: Send,
  given: AttemptRequest = request,
  signal: AbortSignal = new AbortController().signal,
) {
  let upstream: AbortSignal | null | undefined
  const router = createRouterClient(
    (url, init) => {
      upstream = init.signal
      return send(url, init)
    },
    { baseUrl: 'https://router.test/v1', token: undefined, billTo: undefined },
  )
  const result = await attemptChat({ router, redact, clock: realClock, newId: () => 'made' }, given, signal)
  return { result, upstream }
}

const redact = createRedact(undefined)
const answers =
  (body: BodyInit | null, init?: ResponseInit): Send =>
  async () =>
    new Response(body, init)
const json = (value: unknown) => JSON.stringify(value)
const ANSWER =
  '{"id":"x","created":12345678901234567890,"choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}'

describe('an attempt that fails has let go of its connection, and says why', () => {
  const never: Send = () => new Promise(() => {})
  test.each<[title: string, send: Send, given: AttemptRequest, outcome: unknown]>([
    [
      'a refused connection',
      async () => Promise.reject(new TypeError('refused')),
      request,
      { kind: 'network', beforeHeaders: true },
    ],
    ['no headers', never, request, { kind: 'timeout', phase: 'headers' }],
    [
      'no time left',
      never,
      { ...request, limits: { headersMs: 0, answerMs: 0 } },
      { kind: 'timeout', phase: 'headers' },
    ],
    [
      'a status with a message',
      answers('{"error":"busy"}', { status: 503 }),
      request,
      { kind: 'status', status: 503, error: { message: 'busy' } },
    ],
    [
      'a status with a page',
      answers('<title>Oops</title>', { status: 502 }),
      request,
      { kind: 'status', status: 502, error: { message: 'Oops' } },
    ],
    [
      'a status with Retry-After',
      answers('', { status: 429, headers: { 'retry-after': '7' } }),
      request,
      { kind: 'status', status: 429, error: { message: 'HTTP 429 without a message' }, retryAfterMs: 7_000 },
    ],
    [
      'a status whose message never ends',
      async () => new Response(bodyOf('x', 10_000), { status: 500 }),
      { ...request, limits: { headersMs: 50, answerMs: 50 } },
      { kind: 'status', status: 500, error: { message: 'HTTP 500 without a message' } },
    ],
    [
      'a redirect',
      answers(null, { status: 302, headers: { location: 'https://evil.test' } }),
      request,
      { kind: 'status', status: 302, error: { message: 'HTTP 302 without a message' } },
    ],
    [
      'a 204',
      answers(null, { status: 204 }),
      request,
      { kind: 'status', status: 204, error: { message: 'HTTP 204 without a message' } },
    ],
    ['an empty 200', answers(''), request, { kind: 'bad_answer', detail: 'an empty answer' }],
    ['an empty 200, not streamed', answers(''), whole, { kind: 'bad_answer', detail: 'an empty answer' }],
    ['a 200 without a body', answers(null), request, { kind: 'bad_answer', detail: 'an empty answer' }],
    [
      'an HTML page with 200',
      answers('<html></html>'),
      whole,
      { kind: 'bad_answer', detail: 'an HTML page instead of an answer' },
    ],
    ['text with 200', answers('hello'), whole, { kind: 'bad_answer', detail: 'an answer that is not JSON' }],
    ['a JSON list', answers('[]'), whole, { kind: 'bad_answer', detail: 'an answer that is not a chat completion' }],
    [
      'an answer that holds nothing',
      answers('{"choices":[]}'),
      whole,
      { kind: 'bad_answer', detail: 'an answer that says nothing' },
    ],
    [
      'an answer whose message is empty',
      answers('{"choices":[{"message":{"content":""}}]}'),
      whole,
      { kind: 'bad_answer', detail: 'an answer that says nothing' },
    ],
    [
      'half of an answer',
      answers(ANSWER.slice(0, 50)),
      whole,
      { kind: 'bad_answer', detail: 'an answer that is not JSON' },
    ],
    [
      'an answer that broke off',
      answers(json({ choices: [{ message: { content: 'hi' }, finish_reason: 'error' }] })),
      whole,
      { kind: 'bad_answer', detail: 'an answer whose generation was broken off' },
    ],
    [
      'an error with 200',
      answers('{"error":{"message":"overloaded"}}'),
      whole,
      { kind: 'error_event', error: { message: 'overloaded' } },
    ],
    [
      'an error with 200 where a stream was asked for',
      answers('{"error":"overloaded"}'),
      request,
      { kind: 'error_event', error: { message: 'overloaded' } },
    ],
    [
      'a stream where JSON was asked for',
      answers(HELLO + FINISH),
      whole,
      { kind: 'bad_answer', detail: 'an answer that is not JSON' },
    ],
    [
      'an answer that is reset',
      async () => new Response(bodyOf('{"cho', new Error('reset'))),
      whole,
      { kind: 'network', beforeHeaders: false },
    ],
    [
      'an answer that stalls',
      async () => new Response(bodyOf('{"cho', 10_000)),
      whole,
      { kind: 'timeout', phase: 'first_token' },
    ],
    [
      'a stream that stalls',
      async () => new Response(bodyOf(': ping\n\n', 10_000)),
      request,
      { kind: 'timeout', phase: 'first_token' },
    ],
  ])('%s', async (_title, send, given, outcome) => {
    const { result, upstream } = await attempt(send, given)
    expect(result.outcome).toEqual({
      ...(outcome as Fault),
      reason: expect.any(String),
      blame: expect.any(String),
    })
    expect(upstream?.aborted).toBe(true)
  })

  test('a client that leaves is the reason, whatever the upstream does then', async () => {
    const client = new AbortController()
    setTimeout(() => client.abort(), 20)
    const send: Send = (_url, init) =>
      new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    const { result, upstream } = await attempt(send, request, client.signal)
    expect(result).toEqual({ outcome: { kind: 'client_gone', reason: 'client_gone', blame: 'nobody' } })
    expect(upstream?.aborted).toBe(true)
  })

  test('no token of an error with 200 is kept', async () => {
    const { result } = await attempt(answers('{"error":{"message":"hf_abcdefghijk"}}'), whole)
    expect(json(result)).not.toContain('hf_abcdefghijk')
  })
})

describe('an attempt that answers', () => {
  test('is a stream, whose connection stays open until it is cancelled', async () => {
    const { result, upstream } = await attempt(answers(HELLO + FINISH, { headers: { 'x-inference-provider': 'groq' } }))
    expect(result).toMatchObject({ answer: { kind: 'stream', provider: 'groq' } })
    expect(upstream?.aborted).toBe(false)
    if ('cancel' in result) result.cancel()
    expect(upstream?.aborted).toBe(true)
  })

  test('a stream ends its call when the client leaves', async () => {
    const client = new AbortController()
    const { upstream } = await attempt(answers(HELLO + FINISH), request, client.signal)
    client.abort()
    expect(upstream?.aborted).toBe(true)
  })

  test('is a whole answer, the very text that came', async () => {
    const { result } = await attempt(answers(ANSWER), whole)
    expect(result).toMatchObject({ answer: { kind: 'whole', answer: { text: ANSWER } } })
  })

  test('is the very text that came with tool calls too', async () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
    const text = ANSWER.replace('"content":"hi"', `"content":null, "tool_calls": [ ${json(call)} ]`)
    const { result } = await attempt(answers(text), whole)
    expect(result).toMatchObject({ answer: { answer: { text } } })
  })

  test('is normalized where clients would not understand it', async () => {
    const { result } = await attempt(answers(ANSWER.replace('"stop"', '"eos_token"')), whole)
    expect(result).toMatchObject({ answer: { answer: { fields: { choices: [{ finish_reason: 'stop' }] } } } })
  })

  test('is whole where a stream was asked for and JSON came', async () => {
    const { result } = await attempt(answers(ANSWER))
    expect(result).toMatchObject({ answer: { kind: 'whole', answer: { text: ANSWER } } })
  })

  test('may take as long for its headers as the first token may', async () => {
    const slow: Send = async () => {
      await realClock.wait(300)
      return new Response(given.stream ? HELLO + FINISH : ANSWER)
    }
    let given = { ...request, limits: { headersMs: 1_000, answerMs: 1_000 } }
    expect((await attempt(slow, given)).result).toHaveProperty('answer')
    given = { ...given, stream: false }
    expect((await attempt(slow, given)).result).toHaveProperty('answer')
  })

  test('is a first token that comes late after headers that came early, within one sum', async () => {
    const early: Send = async () => new Response(bodyOf(': ping\n\n', 300, HELLO + FINISH))
    const limits = { headersMs: 100, answerMs: 1_000 }
    expect((await attempt(early, { ...request, limits })).result).toHaveProperty('answer')
    expect((await attempt(early, { ...request, limits: { ...limits, answerMs: 200 } })).result).toMatchObject({
      outcome: { kind: 'timeout', phase: 'first_token' },
    })
  })
})

describe('an answer that is not used is paid for, so what was seen of it is kept', () => {
  const usage = { prompt_tokens: 9, completion_tokens: 7 }
  const told = { promptTokens: 9, completionTokens: 7 }
  const [idle, read] = [
    { prompt_tokens: 9, completion_tokens: 0 },
    { promptTokens: 9, completionTokens: 0 },
  ]
  const event = (value: unknown) => `data: ${json(value)}\n\n`
  const empty = event({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] })

  test.each<[title: string, body: string, given: AttemptRequest, unused: unknown]>([
    ['one that says nothing', json({ choices: [{ message: { content: '' } }], usage }), whole, { usage: told }],
    [
      'one that broke off',
      json({ choices: [{ message: { content: 'hi' }, finish_reason: 'error' }], usage }),
      whole,
      { usage: told, textLength: 2 },
    ],
    ['an error that names what it used', json({ error: 'no', usage }), whole, { usage: told }],
    ['half of one', ANSWER.slice(0, 50), whole, { usage: undefined, textLength: 50 }],
    ['a stream where JSON was asked for', HELLO, whole, { usage: undefined, textLength: HELLO.length }],
    ['an empty stream', empty + FINISH + event({ choices: [], usage: idle }), request, { usage: read, textLength: 0 }],
    ['a stream that was cut before it said anything', empty, request, { usage: undefined, textLength: 0 }],
    ['a stream whose generation broke off', empty + event({ error: 'no' }), request, { textLength: 0 }],
  ])('%s', async (_title, body, given, unused) => {
    const { result } = await attempt(answers(body, { headers: { 'x-inference-provider': 'novita' } }), given)
    expect(result).toMatchObject({ unused: { provider: 'novita', ...(unused as object) } })
  })

  test.each<[title: string, send: Send, given: AttemptRequest]>([
    ['a refusal', answers('{"error":"busy"}', { status: 503 }), request],
    ['an error with 200', answers('{"error":"busy"}'), whole],
    ['an error event', answers(event({ error: 'busy' })), request],
    ['an empty answer', answers(''), whole],
    ['somebody’s page', answers('<html></html>'), whole],
    ['a stream of nothing but pings', async () => new Response(bodyOf(': ping\n\n', 10_000)), request],
  ])('nothing is of %s', async (_title, send, given) => {
    const { result } = await attempt(send, given)
    expect(result).not.toMatchObject({ unused: expect.anything() })
  })
})

describe('the router’s own id of a request', () => {
  test.each<[what: string, body: string, init: ResponseInit]>([
    ['a failure', '{"error":"no"}', { status: 500 }],
    ['a bad answer', '', {}],
    ['an error inside a 200', '{"error":"no"}', {}],
  ])('is kept of %s', async (_what, body, init) => {
    const { result } = await attempt(answers(body, { ...init, headers: { 'x-request-id': 'Root=1-abc;d-e' } }))
    expect(result).toMatchObject({ outcome: { upstreamRequestId: 'Root=1-abc;d-e' } })
  })

  test.each<[what: string, headers: Record<string, string>, id: string | undefined]>([
    ['the router’s', { 'x-request-id': 'Root=1-a', 'x-amz-cf-id': 'cf' }, 'Root=1-a'],
    ['the network’s, where the router was not reached', { 'x-amz-cf-id': 'cf==' }, 'cf=='],
    ['none that would break a log', { 'x-request-id': 'a b' }, undefined],
    ['none that fills one', { 'x-request-id': 'a'.repeat(201) }, undefined],
  ])('is kept of an answer: %s', async (_what, headers, id) => {
    const { result } = await attempt(answers(ANSWER, { headers }), whole)
    expect('answer' in result && result.answer.upstreamRequestId).toBe(id)
  })
})
