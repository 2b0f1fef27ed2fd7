import { describe, expect, test } from 'vitest'
import {
  ADMIN_TOKEN,
  CHAIN,
  DONE,
  FINISH,
  type Gateway,
  HELLO,
  MESSAGES,
  sse,
  startGateway,
  useGateway,
  WHOLE,
} from '../support/gateway.ts'

useGateway()

const LONG = () => sse(...Array.from({ length: 8 }, () => HELLO), FINISH, DONE)

/** Asks as the console does: by a session's cookie. */
async function rehearse(gateway: Gateway, fault: string, body: object = { stream: true }) {
  const own = { 'sec-fetch-site': 'same-origin' }
  const signIn = { method: 'POST', key: null, headers: own, body: JSON.stringify({ token: ADMIN_TOKEN }) }
  const cookie = (await gateway.ask('/admin/session', signIn)).headers.get('set-cookie')?.split(';')[0] ?? ''
  const response = await gateway.ask('/v1/chat/completions', {
    method: 'POST',
    key: null,
    headers: { ...own, cookie, 'x-hugway-rehearse': fault },
    body: JSON.stringify({ messages: MESSAGES, ...body }),
  })
  const text = await readAll(response)
  await gateway.settled()
  const record = gateway.logs.map((line) => JSON.parse(line)).find(({ event }) => event === 'chat')
  return { response, text, record }
}

/** What a client has of an answer, also of one whose connection is broken off behind its error. */
async function readAll(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true })
  } catch {
    // The text before it is what counts.
  }
  return text
}

const targetsOf = async (gateway: Gateway) =>
  (await gateway.ask('/admin/targets', { key: ADMIN_TOKEN })).json<{ targets: unknown[] }>()

describe('a fault before the first token', () => {
  test.each([
    ['429', 'rate_limited'],
    ['error', 'server_error'],
    ['cut:0', 'unreachable'],
  ])('%s is met by the fallback, and is in the record', async (fault, reason) => {
    const gateway = await startGateway(() => LONG())
    await gateway.configure(CHAIN)
    const { response, text, record } = await rehearse(gateway, fault)
    expect(response.headers.get('x-hugway-target')).toBe('huggingface/b/second:groq')
    expect(text).toContain('[DONE]')
    expect(record).toMatchObject({
      rehearsed: expect.stringContaining(fault),
      failedAttempts: [{ target: 'huggingface/a/first', reason }],
    })
  })
})

test('a cut after three events ends the stream by an error, as a real one does', async () => {
  const gateway = await startGateway(() => LONG())
  const { record } = await rehearse(gateway, 'cut:3')
  expect(record).toMatchObject({ end: 'cut', rehearsed: 'cut:3', attempts: 1 })
})

test('a cut of an answer without a stream is met by the fallback', async () => {
  const gateway = await startGateway(() => new Response(WHOLE, { headers: { 'content-type': 'application/json' } }))
  await gateway.configure(CHAIN)
  const { response } = await rehearse(gateway, 'cut', {})
  expect(response.headers.get('x-hugway-target')).toBe('huggingface/b/second:groq')
})

describe('a stall', () => {
  const TIMES = { headersMs: 200, firstTokenMs: 200, idleMs: 300, totalMs: 2_000 }
  const events = () => LONG()
  const whole = () => new Response(WHOLE, { headers: { 'content-type': 'application/json' } })

  /** Rehearses it under these times, and tells how long it took. */
  async function rehearseStall(fault: string, upstream: () => Response, body: object) {
    const gateway = await startGateway(upstream)
    await gateway.configure({ ...CHAIN, hugway: { timeouts: TIMES } })
    const startedAt = performance.now()
    const answer = await rehearse(gateway, fault, body)
    return { ...answer, tookMs: performance.now() - startedAt, targets: await targetsOf(gateway) }
  }

  test.each([
    ['before the first token', 'stall:0', events, { stream: true }, TIMES.headersMs + TIMES.firstTokenMs],
    // The first target has all the time but what the second needs.
    ['in an answer without a stream', 'stall', whole, {}, TIMES.totalMs],
  ])('%s is met by the fallback when its time is over', async (_where, fault, upstream, body, withinMs) => {
    const { response, text, record, tookMs, targets } = await rehearseStall(fault, upstream, body)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-hugway-target')).toBe('huggingface/b/second:groq')
    expect(text).toContain('Hello')
    expect(record).toMatchObject({
      end: 'whole',
      rehearsed: expect.stringContaining('stall'),
      failedAttempts: [{ target: 'huggingface/a/first', reason: 'timeout' }],
    })
    expect(tookMs).toBeGreaterThan(TIMES.idleMs)
    expect(tookMs).toBeLessThan(withinMs + 1_500)
    expect(targets).toEqual({ targets: [] })
  })

  test('after some tokens ends the stream by an error that a person can read', async () => {
    const { response, text, record, tookMs, targets } = await rehearseStall('stall:3', events, { stream: true })
    expect(response.status).toBe(200)
    const last = JSON.parse(text.trim().split('data: ').at(-1) ?? '')
    expect(last.error).toMatchObject({ code: 'stream_interrupted', message: expect.stringContaining('it fell silent') })
    expect(text.match(/Hello/g)).toHaveLength(3)
    expect(text).not.toContain('[DONE]')
    expect(record).toMatchObject({ end: 'stalled', rehearsed: 'stall:3', attempts: 1 })
    expect(tookMs).toBeLessThan(TIMES.idleMs + 1_500)
    expect(targets).toEqual({ targets: [] })
  })
})

test.each(['429', 'error', 'cut:0', 'cut:3'])(
  '%s tells nothing of the provider: its breaker has seen nothing',
  async (fault) => {
    const gateway = await startGateway(() => LONG())
    for (let count = 0; count < 6; count++) await rehearse(gateway, fault)
    expect(await targetsOf(gateway)).toEqual({ targets: [] })
  },
)

test('nobody rehearses with a client key', async () => {
  const gateway = await startGateway(() => LONG())
  const response = await gateway.chat({ messages: MESSAGES }, { 'x-hugway-rehearse': '429' })
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('sign in there with the admin token')
  expect(gateway.calls).toEqual([])
})

test('a fault that is none is refused before anybody is asked', async () => {
  const gateway = await startGateway(() => LONG())
  const { response } = await rehearse(gateway, 'fire')
  expect(response.status).toBe(400)
  expect(gateway.calls).toEqual([])
})
