import { expect, test, vi } from 'vitest'
import {
  ASK,
  CHAIN,
  CLIENT_KEY,
  DONE,
  FINISH,
  type Gateway,
  HELLO,
  inTurn,
  STREAM,
  sse,
  startGateway,
  type Upstream,
  useGateway,
  WHOLE,
} from '../support/gateway.ts'

useGateway()

const USAGE = { prompt_tokens: 12, completion_tokens: 34, prompt_tokens_details: { cached_tokens: 5 } }
const whole: Upstream = () =>
  Response.json({ ...JSON.parse(WHOLE), usage: USAGE }, { headers: { 'x-inference-provider': 'groq' } })
const failing = (status: number, message = 'no'): Upstream => {
  return () => Response.json({ error: { message } }, { status })
}
/** Hangs until the gateway gives the call up. */
const silent: Upstream = ({ signal }) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
const USAGE_CHUNK = `data: {"id":"x","choices":[],"usage":${JSON.stringify(USAGE)}}\n\n`
const CALLER = { kind: 'deployment_key', keyId: 'deployment', name: 'HUGWAY_API_KEY', project: 'default' }
const FIRST = 'huggingface/a/first'
const SECOND = 'huggingface/b/second:groq'

/** Asks, reads the answer to its end in whichever way that comes, and waits for the work behind it. */
async function chatTo(gateway: Gateway, body: unknown, headers: Record<string, string> = {}): Promise<number> {
  const response = await gateway.chat(body, headers)
  await response.text().catch(() => 'broken off')
  await gateway.settled()
  return response.status
}

/** Every record that was written; a key in one of them would be a leak. */
function recordsOf({ logs }: Gateway): Record<string, unknown>[] {
  const lines = logs.map((line) => JSON.parse(line)).filter(({ event }) => event === 'chat')
  expect(JSON.stringify(lines)).not.toContain(CLIENT_KEY)
  return lines
}

type Case = {
  readonly name: string
  readonly upstream: Upstream
  readonly body: unknown
  readonly hugway?: object
  readonly headers?: Record<string, string>
  readonly record: Record<string, unknown>
}

const CASES: Case[] = [
  {
    name: 'a whole answer',
    upstream: whole,
    body: { ...ASK, model: 'a/first' },
    record: {
      end: 'whole',
      target: FIRST,
      provider: 'groq',
      askedModel: 'a/first',
      attempts: 1,
      stream: false,
      held: false,
      promptTokens: 12,
      completionTokens: 34,
      cachedTokens: 5,
    },
  },
  {
    name: 'a stream',
    upstream: () => sse(HELLO, FINISH, USAGE_CHUNK, DONE),
    body: { ...STREAM, stream_options: { include_usage: true } },
    record: { end: 'whole', stream: true, held: false, promptTokens: 12, completionTokens: 34 },
  },
  {
    name: 'a stream that began with heartbeats',
    upstream: async () => {
      await new Promise((resolve) => setTimeout(resolve, 120))
      return sse(HELLO, FINISH, DONE)
    },
    body: STREAM,
    hugway: { holdMs: 20 },
    record: { end: 'whole', held: true, target: FIRST },
  },
  {
    name: 'a fallback',
    upstream: inTurn(failing(503), whole),
    body: ASK,
    record: {
      end: 'whole',
      target: SECOND,
      attempts: 2,
      failedAttempts: [expect.objectContaining({ target: FIRST, reason: 'overloaded', status: 503 })],
    },
  },
  {
    name: 'a request that the upstream refuses',
    upstream: failing(422, 'temperature must be a number'),
    body: ASK,
    record: { end: 'refused', target: FIRST, attempts: 1 },
  },
  {
    name: 'a request that is too long for every target',
    upstream: failing(400, "This model's maximum context length is 10 tokens"),
    body: ASK,
    record: { end: 'context_overflow', errorCode: 'context_length_exceeded' },
  },
  {
    name: 'targets that all fail',
    upstream: failing(500),
    body: ASK,
    record: { end: 'all_failed', attempts: 2, errorCode: 'upstream_error' },
  },
  {
    name: 'targets that are all silent',
    upstream: silent,
    body: ASK,
    hugway: { timeouts: { headersMs: 20, firstTokenMs: 20, totalMs: 60 } },
    record: { end: 'timed_out', errorCode: 'timeout' },
  },
  {
    name: 'a held stream whose targets all fail',
    upstream: async () => {
      await new Promise((resolve) => setTimeout(resolve, 60))
      return Response.json({ error: 'no' }, { status: 500 })
    },
    body: STREAM,
    hugway: { holdMs: 10 },
    record: { end: 'all_failed', held: true, stream: true },
  },
  {
    name: 'a stream that is cut',
    upstream: () => sse(HELLO),
    body: STREAM,
    record: { end: 'cut', target: FIRST },
  },
  {
    name: 'an error inside a stream',
    upstream: () => sse(HELLO, 'data: {"error":{"message":"out of memory"}}\n\n'),
    body: STREAM,
    record: { end: 'upstream_error' },
  },
  { name: 'a body that is no JSON', upstream: whole, body: '{"mess', record: { end: 'bad_request', attempts: 0 } },
  {
    name: 'a body that is too large',
    upstream: whole,
    body: { ...ASK, x: 'x'.repeat(3_000) },
    hugway: { maxBodyBytes: 2_000 },
    record: { end: 'bad_request', errorCode: 'request_too_large' },
  },
  {
    name: 'a name that means nothing',
    upstream: whole,
    body: { ...ASK, model: 'no such alias' },
    record: { end: 'bad_request', askedModel: 'no such alias', errorCode: 'model_not_found' },
  },
  {
    name: 'a header with a value of no meaning',
    upstream: whole,
    body: ASK,
    headers: { 'x-hugway-fallback': 'perhaps' },
    record: { end: 'bad_request', errorCode: 'invalid_request' },
  },
]

test.each(CASES)('$name leaves one record', async ({ upstream, body, hugway = {}, headers, record }) => {
  const gateway = await startGateway(upstream)
  await gateway.configure({ ...CHAIN, hugway })
  gateway.logs.length = 0
  await chatTo(gateway, body, headers)
  expect(recordsOf(gateway)).toEqual([
    expect.objectContaining({ surface: 'chat', caller: CALLER, durationMs: expect.any(Number), ...record }),
  ])
})

test('a missing setting leaves one record', async () => {
  const gateway = await startGateway(whole, { HF_TOKEN: '' })
  expect(await chatTo(gateway, ASK)).toBe(503)
  expect(recordsOf(gateway)).toMatchObject([{ end: 'not_configured', caller: CALLER, attempts: 0 }])
})

test('a client that leaves before anybody answered leaves one record', async () => {
  const gateway = await startGateway(silent)
  const leave = new AbortController()
  const asked = gateway.ask('/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify(ASK),
    signal: leave.signal,
  })
  setTimeout(() => leave.abort(), 30)
  await asked.catch(() => 'left')
  await gateway.settled()
  expect(recordsOf(gateway)).toMatchObject([{ end: 'client_gone', caller: CALLER, attempts: 1 }])
})

test('an upstream that quotes the prompt in its error brings it into no log line', async () => {
  const gateway = await startGateway(failing(500, 'cannot make sense of "my diary"'))
  const response = await gateway.chat(ASK)
  expect(await response.text()).toContain('my diary')
  await gateway.settled()
  expect(recordsOf(gateway)).toMatchObject([{ failedAttempts: [{ reason: 'server_error', status: 500 }] }])
  expect(gateway.logs.join()).not.toContain('my diary')
})

test('a client that leaves in the middle of an answer leaves one record', async () => {
  const endless: Upstream = () => {
    const beat = new TextEncoder().encode(HELLO)
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        controller.enqueue(beat)
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  const gateway = await startGateway(endless)
  const response = await gateway.chat(STREAM)
  const reader = response.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  await gateway.settled()
  expect(recordsOf(gateway)).toMatchObject([{ end: 'client_gone', caller: CALLER, target: expect.any(String) }])
})

test('a bug leaves one record, with more than the client is told', async () => {
  const gateway = await startGateway(() => {
    const broken = new Response('{}')
    Object.defineProperty(broken, 'status', {
      get: () => {
        throw new TypeError('planted')
      },
    })
    return broken
  })
  await gateway.configure({ hugway: { holdMs: 600_000 } })
  gateway.logs.length = 0
  expect(await chatTo(gateway, STREAM)).toBe(500)
  const records = recordsOf(gateway)
  expect(records).toMatchObject([{ end: 'internal_error', errorCode: 'internal_error' }])
  expect(JSON.stringify(records[0]?.['failure'])).toContain('planted')
  expect(gateway.logs).toHaveLength(1)
})

test('a key of KV is named by its id and name', async () => {
  const gateway = await startGateway(whole)
  const made = await gateway.ask('/admin/keys', {
    method: 'POST',
    key: 'admin-token-0123456789',
    body: JSON.stringify({ name: 'laptop' }),
  })
  const { id, key } = await made.json<{ id: string; key: string }>()
  await chatTo(gateway, ASK, { authorization: `Bearer ${key}` })
  const [record] = recordsOf(gateway)
  expect(record?.['caller']).toEqual({ kind: 'key', keyId: id, name: 'laptop', project: 'default' })
  expect(JSON.stringify(record)).not.toContain(key)
})

test.each<[what: string, upstream: Upstream, body: object]>([
  ['a whole answer', whole, { ...ASK, model: 'a/first' }],
  ['a stream', () => sse(HELLO, FINISH, DONE), { ...STREAM, model: 'a/first' }],
  [
    'a stream that was tried again',
    inTurn(failing(503), () => sse(HELLO, FINISH, DONE)),
    { ...STREAM, model: 'a/first' },
  ],
  ['a stream that nobody began', failing(400), { ...STREAM, model: 'a/first' }],
])(
  '%s leaves no listener behind: one that stays keeps what it knows of the request until a full collection',
  async (_what, upstream, body) => {
    const gateway = await startGateway(upstream)
    const added = vi.spyOn(EventTarget.prototype, 'addEventListener')
    const removed = vi.spyOn(EventTarget.prototype, 'removeEventListener')
    try {
      await chatTo(gateway, body)
      const listeners = ({ mock }: typeof added | typeof removed) => mock.calls.map(([, listener]) => listener)
      expect(listeners(added)).not.toEqual([])
      expect(new Set(listeners(removed))).toEqual(new Set(listeners(added)))
    } finally {
      added.mockRestore()
      removed.mockRestore()
    }
  },
)
