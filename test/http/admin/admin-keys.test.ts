import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, errorOf, startGateway, useGateway } from '../support/gateway.ts'

useGateway()

type Made = { id: string; key: string; name: string; expiresAt: string | null; replaces?: { id: string } }

/** A gateway without a key of its own, and a way to ask for keys. */
async function start() {
  const gateway = await startGateway(undefined, { HUGWAY_API_KEY: '' })
  const admin = (path: string, method = 'GET', body?: unknown) =>
    gateway.ask(`/admin/keys${path}`, {
      method,
      key: ADMIN_TOKEN,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const create = async (body: unknown) => (await admin('', 'POST', body)).json<Made>()
  const opens = async (key: string) => (await gateway.ask('/v1/models', { key })).status
  return { gateway, admin, create, opens }
}

test('a key is made, opens /v1 at once, is rotated and revoked', async () => {
  const { admin, opens } = await start()
  expect(await opens('guess')).toBe(503) // "no key configured" is remembered now
  const response = await admin('', 'POST', { name: 'laptop', expiresInDays: 90 })
  expect(response.status).toBe(201)
  expect(response.headers.get('cache-control')).toBe('no-store')
  const made = await response.json<Made>()
  expect(made).toEqual({
    id: expect.stringMatching(/^k_[\w-]{12}$/),
    name: 'laptop',
    key: expect.stringMatching(/^hw_[\w-]{43}$/),
    createdAt: expect.any(String),
    expiresAt: expect.any(String),
    project: 'default',
  })
  expect(await opens(made.key)).toBe(200)
  const rotated = await admin(`/${made.id}/rotate`, 'POST', { overlapDays: 1 })
  expect(rotated.status).toBe(201)
  const next = await rotated.json<Made>()
  expect(next.replaces).toMatchObject({ id: made.id })
  expect([await opens(made.key), await opens(next.key)]).toEqual([200, 200])
  const revoked = await admin(`/${made.id}`, 'DELETE')
  expect(await revoked.json()).toMatchObject({ id: made.id, status: 'revoked' })
  expect([await opens(made.key), await opens(next.key)]).toEqual([401, 200])
})

test('no answer and no line of the log but the first has a key or a hash in it', async () => {
  const { gateway, admin, create } = await start()
  const made = await create({ name: 'laptop' })
  const hashes = (await env.HUGWAY_KV.list({ prefix: 'key:' })).keys.map(({ name }) => name.slice(4))
  expect(hashes).toHaveLength(1)
  const rotated = await (await admin(`/${made.id}/rotate`, 'POST')).text()
  const told = [
    await (await admin('')).text(),
    rotated,
    await (await admin(`/${made.id}`, 'DELETE')).text(),
    await (await admin('')).text(),
    await (await admin('/k_none', 'DELETE')).text(),
    ...gateway.logs,
  ].join()
  for (const secret of [made.key, ...hashes, ...hashes.map((hash) => hash.slice(0, 8))])
    expect(told).not.toContain(secret)
  expect(await (await admin('')).json()).toMatchObject({
    keys: [{ status: 'active' }, { id: made.id, status: 'revoked' }],
  })
})

describe('a request for a key is refused by the field', () => {
  test.each<[what: string, body: unknown, param: string | null]>([
    ['without a name', {}, 'name'],
    ['with an empty name', { name: ' ' }, 'name'],
    ['with a long name', { name: 'x'.repeat(101) }, 'name'],
    ['with a name of two lines', { name: 'a\nb' }, 'name'],
    ['with a key for a name', { name: 'hf_AbCdEfGhIjKlMnOp' }, 'name'],
    ['with a number for a name', { name: 7 }, 'name'],
    ['with an expiry in words', { name: 'x', expiresAt: 'tomorrow' }, 'expiresAt'],
    ['with an expiry on no day', { name: 'x', expiresAt: '2027-13-40' }, 'expiresAt'],
    ['with an expiry that has passed', { name: 'x', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    ['with half a day', { name: 'x', expiresInDays: 0.5 }, 'expiresInDays'],
    ['with no day', { name: 'x', expiresInDays: 0 }, 'expiresInDays'],
    ['with two expiries', { name: 'x', expiresInDays: 1, expiresAt: '2999-01-01' }, 'expiresAt'],
    ['with an unknown field', { name: 'x', scopes: [] }, 'scopes'],
    ['that is a list', [], 'the body'],
    ['that is no JSON', '{', null],
  ])('%s', async (_what, body, param) => {
    const { admin } = await start()
    const response = await admin('', 'POST', body)
    expect(response.status).toBe(400)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'invalid_request', param } })
    expect(text).not.toContain('hf_AbCd')
    expect((await env.HUGWAY_KV.list()).keys).toEqual([])
  })

  test.each<[what: string, body: unknown, param: string]>([
    ['an overlap of less than nothing', { overlapDays: -1 }, 'overlapDays'],
    ['an overlap of years', { overlapDays: 366 }, 'overlapDays'],
    ['an overlap in words', { overlapDays: '7' }, 'overlapDays'],
  ])('%s', async (_what, body, param) => {
    const { admin, create } = await start()
    const { id } = await create({ name: 'x' })
    const response = await admin(`/${id}/rotate`, 'POST', body)
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ param })
  })
})

test.each<[method: string, path: string, status: number, code: string]>([
  ['DELETE', '/k_none', 404, 'unknown_key'],
  ['POST', '/k_none/rotate', 404, 'unknown_key'],
])('%s %s is a %i', async (method, path, status, code) => {
  const { admin } = await start()
  const response = await admin(path, method)
  expect(response.status).toBe(status)
  expect(await errorOf(response)).toMatchObject({ code })
})

test('a revoked key is not rotated', async () => {
  const { admin, create } = await start()
  const { id } = await create({ name: 'x' })
  await admin(`/${id}`, 'DELETE')
  const response = await admin(`/${id}/rotate`, 'POST')
  expect(response.status).toBe(409)
  expect(await errorOf(response)).toMatchObject({ code: 'key_not_active' })
})
