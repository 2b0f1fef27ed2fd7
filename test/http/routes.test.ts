import { describe, expect, test, vi } from 'vitest'
import { ADMIN_TOKEN, CLIENT_KEY, errorOf, MESSAGES, startGateway, useGateway, WHOLE } from './support/gateway.ts'

useGateway()

describe('what is not served is told in OpenAI’s envelope', () => {
  test.each<[method: string, path: string, key: string | null, status: number, code: string, allow: string | null]>([
    ['POST', '/', null, 405, 'method_not_allowed', 'GET'],
    ['GET', '/console/', null, 404, 'unknown_route', null],
    ['GET', '/favicon.ico', null, 404, 'unknown_route', null],
    ['GET', '/v1/unknown', CLIENT_KEY, 404, 'unknown_route', null],
    ['POST', '/v1/completions', CLIENT_KEY, 404, 'unknown_route', null],
    ['GET', '/admin/unknown', ADMIN_TOKEN, 404, 'unknown_route', null],
    ['GET', '/v1/chat/completions', CLIENT_KEY, 405, 'method_not_allowed', 'POST'],
    ['DELETE', '/v1/models', CLIENT_KEY, 405, 'method_not_allowed', 'GET'],
    ['POST', '/v1/models/a/b', CLIENT_KEY, 405, 'method_not_allowed', 'GET'],
    ['POST', '/health', null, 405, 'method_not_allowed', 'GET'],
    ['POST', '/admin/config', ADMIN_TOKEN, 405, 'method_not_allowed', 'GET, PUT, PATCH'],
    ['DELETE', '/admin/targets', ADMIN_TOKEN, 405, 'method_not_allowed', 'GET'],
    ['GET', '/v1/models', null, 401, 'invalid_api_key', null],
    ['GET', '/v1/unknown', null, 401, 'invalid_api_key', null],
    ['POST', '/v1/chat/completions', 'wrong', 401, 'invalid_api_key', null],
    ['POST', '/v1/chat/completions', ADMIN_TOKEN, 401, 'invalid_api_key', null],
    ['GET', '/admin/config', CLIENT_KEY, 401, 'invalid_api_key', null],
    ['PUT', '/admin/config', null, 401, 'invalid_api_key', null],
    ['GET', '/admin/targets', 'wrong', 401, 'invalid_api_key', null],
  ])('%s %s (key: %s) is a %i %s', async (method, path, key, status, code, allow) => {
    const { ask, calls } = await startGateway()
    const response = await ask(path, { method, key })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('allow')).toBe(allow)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await errorOf(response)).toMatchObject({
      code,
      message: expect.stringMatching(/\S/),
      type: expect.any(String),
      param: null,
    })
    expect(calls).toEqual([])
  })
})

describe('a key', () => {
  test.each<[what: string, header: string]>([
    ['of another scheme', `Basic ${CLIENT_KEY}`],
    ['without a scheme', CLIENT_KEY],
    ['with something before it', `x${CLIENT_KEY}`],
    ['with something after it', `Bearer ${CLIENT_KEY}x`],
    ['of another case', `Bearer ${CLIENT_KEY.toUpperCase()}`],
    ['cut short', `Bearer ${CLIENT_KEY.slice(0, -1)}`],
    ['twice', `Bearer ${CLIENT_KEY} ${CLIENT_KEY}`],
    ['of 8 KB', `Bearer ${'k'.repeat(8_192)}`],
    ['that is empty', 'Bearer '],
  ])('%s opens nothing', async (_what, authorization) => {
    const { ask, calls } = await startGateway()
    const response = await ask('/v1/chat/completions', { method: 'POST', headers: { authorization }, body: '{}' })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(calls).toEqual([])
  })

  test('whose scheme is spelt in small letters opens', async () => {
    const { ask } = await startGateway()
    const response = await ask('/v1/models', { headers: { authorization: `bearer ${CLIENT_KEY}` } })
    expect(response.status).toBe(200)
  })
})

describe('the request id', () => {
  test.each<[what: string, given: string]>([
    ['a UUID', '0b5c9d3e-1111-4222-8333-444455556666'],
    ['of the router’s kind', 'Root=1-abc;uuid:7'],
  ])('%s comes back', async (_what, given) => {
    const { ask } = await startGateway()
    for (const path of ['/health', '/v1/models', '/nowhere', '/v1/models/no/where']) {
      expect((await ask(path, { headers: { 'x-request-id': given } })).headers.get('x-request-id')).toBe(given)
    }
  })

  test.each<[what: string, given: string | undefined]>([
    ['no', undefined],
    ['a long', 'x'.repeat(129)],
    ['a spaced', 'a b'],
    ['a quoted', '"><script>'],
    ['a slashed', '../../etc'],
  ])('%s id is replaced by one of ours', async (_what, given) => {
    const { ask } = await startGateway()
    const response = await ask('/health', { headers: given === undefined ? {} : { 'x-request-id': given } })
    expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  })

  test('is in the log and in the answer of a chat', async () => {
    const { chat, logs, settled } = await startGateway(() => new Response(WHOLE))
    const response = await chat({ messages: MESSAGES }, { 'x-request-id': 'mine-7' })
    expect(response.headers.get('x-request-id')).toBe('mine-7')
    await response.text()
    await settled()
    expect(logs.map((line) => JSON.parse(line))).toMatchObject([{ event: 'chat', requestId: 'mine-7', end: 'whole' }])
  })
})

test('HEAD is answered like GET, without the body', async () => {
  const { ask } = await startGateway()
  const response = await ask('/health', { method: 'HEAD' })
  expect([response.status, await response.text()]).toEqual([200, ''])
})

test('a bug is a 500 with the request id and nothing else, and the log has the rest', async () => {
  const { ask, logs } = await startGateway(() => Response.json({ data: [{ id: 'a/b' }] }))
  vi.spyOn(crypto.subtle, 'digest').mockRejectedValue(new TypeError('hush'))
  const response = await ask('/v1/models', { headers: { 'x-request-id': 'mine-8' } })
  expect(response.status).toBe(500)
  expect(response.headers.get('x-request-id')).toBe('mine-8')
  expect(await response.json()).toEqual({
    error: { message: expect.any(String), type: 'server_error', param: null, code: 'internal_error' },
  })
  expect(logs.map((line) => JSON.parse(line))).toMatchObject([
    {
      event: 'request_failed',
      requestId: 'mine-8',
      failure: { kind: 'bug', error: expect.stringContaining('TypeError') },
    },
  ])
})

test('a line break in a model’s path is no model, and no header', async () => {
  const { ask } = await startGateway()
  const response = await ask('/v1/models/a/b%0d%0ax-evil:1', { method: 'GET', key: CLIENT_KEY })
  expect(response.status).toBe(400)
  expect(await errorOf(response)).toMatchObject({ code: 'model_not_found', param: 'model' })
  expect(response.headers.get('x-evil')).toBeNull()
})
