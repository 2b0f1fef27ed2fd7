import { describe, expect, test } from 'vitest'
import { createRouterClient, type RouterAccess } from '../../src/huggingface/router-client.ts'

const BODY = new TextEncoder().encode('{"a":1}')

/** Makes both calls and keeps what was sent. */
async function callsOf(access: Partial<RouterAccess>) {
  const calls: { url: string; init: RequestInit }[] = []
  const send = async (url: string, init: RequestInit) => {
    calls.push({ url, init })
    return new Response()
  }
  const client = createRouterClient(send, {
    baseUrl: 'https://router.test/v1',
    token: undefined,
    billTo: undefined,
    ...access,
  })
  const { signal } = new AbortController()
  await client.postChat(BODY, true, signal)
  await client.postChat(BODY, false, signal)
  await client.getModels(signal)
  return { calls, signal }
}

describe('a call to the router', () => {
  test('goes to one of two places, with the body as it is', async () => {
    const { calls, signal } = await callsOf({})
    expect(calls.map(({ url, init }) => [init.method ?? 'GET', url, init.body])).toEqual([
      ['POST', 'https://router.test/v1/chat/completions', BODY],
      ['POST', 'https://router.test/v1/chat/completions', BODY],
      ['GET', 'https://router.test/v1/models', undefined],
    ])
    for (const { init } of calls) expect(init.signal).toBe(signal)
  })

  test('follows no redirect: the token would go along', async () => {
    const { calls } = await callsOf({ token: 'hf_x' })
    expect(calls.map(({ init }) => init.redirect)).toEqual(['manual', 'manual', 'manual'])
  })

  test('carries the token and the payer where there are any, and nothing that nobody set', async () => {
    const { calls } = await callsOf({ token: 'hf_x', billTo: 'my-org' })
    const common = { 'user-agent': 'hugway', authorization: 'Bearer hf_x', 'x-hf-bill-to': 'my-org' }
    const json = { ...common, 'content-type': 'application/json' }
    expect(calls.map(({ init }) => init.headers)).toEqual([
      { ...json, accept: 'text/event-stream, application/json' },
      { ...json, accept: 'application/json' },
      common,
    ])
    const bare = await callsOf({})
    expect(bare.calls[2]?.init.headers).toEqual({ 'user-agent': 'hugway' })
  })
})
