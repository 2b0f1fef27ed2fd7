import { describe, expect, test } from 'vitest'
import { formatSignInCode, SESSION_MS } from '../../../src/core/identity/session.ts'
import { createSigner } from '../../../src/gateway/session/signature.ts'
import { ADMIN_TOKEN, CLIENT_KEY, errorOf, type Gateway, startGateway, useGateway, WHOLE } from '../support/gateway.ts'

useGateway()

const OWN = { 'sec-fetch-site': 'same-origin' }

async function signIn(gateway: Gateway, body: unknown = { token: ADMIN_TOKEN }, origin = 'https://hugway.test') {
  const init = { method: 'POST', key: null, headers: OWN, body: JSON.stringify(body) }
  const response = await gateway.ask(`${origin}/admin/session`, init)
  const setCookie = response.headers.get('set-cookie') ?? ''
  return { response, setCookie, cookie: setCookie.split(';')[0] ?? '' }
}

const codeFor = (token: string, nonce: string, expiresAt = Date.now() + 60_000) =>
  createSigner(token).sign('sign-in code', formatSignInCode(expiresAt, nonce))

describe('a session', () => {
  test('opens /admin and /v1, and ends when the operator signs out', async () => {
    const gateway = await startGateway(() => new Response(WHOLE))
    const { response, setCookie, cookie } = await signIn(gateway)
    expect(response.status).toBe(201)
    expect(setCookie).toMatch(
      /^__Host-hugway-session=[\w.-]+; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure$/,
    )
    const headers = { ...OWN, cookie }
    expect((await gateway.ask('/admin/keys', { key: null, headers })).status).toBe(200)
    const chat = await gateway.ask('/v1/chat/completions', { method: 'POST', key: null, headers, body: BODY })
    expect(chat.status).toBe(200)
    await chat.text()
    await gateway.settled()
    const lines = gateway.logs.map((line) => JSON.parse(line))
    expect(lines.find(({ event }) => event === 'chat')).toMatchObject({
      caller: { kind: 'console', keyId: 'console', project: 'default' },
    })
    const out = await gateway.ask('/admin/session', { method: 'DELETE', key: null, headers })
    expect(out.headers.get('set-cookie')).toMatch(/^__Host-hugway-session=; .*Max-Age=0/)
  })

  test.each<[what: string, site: string | undefined]>([
    ['another site', 'cross-site'],
    ['a neighbour under the same domain', 'same-site'],
    ['a browser that says nothing', undefined],
    ['an address that was typed', 'none'],
  ])('writes nothing for %s', async (_who, site) => {
    const gateway = await startGateway()
    const { cookie } = await signIn(gateway)
    const headers = { cookie, ...(site && { 'sec-fetch-site': site }) }
    const body = JSON.stringify({ name: 'stolen' })
    const key = await gateway.ask('/admin/keys', { method: 'POST', key: null, headers, body })
    const chat = await gateway.ask('/v1/chat/completions', { method: 'POST', key: null, headers, body: BODY })
    expect([key.status, chat.status]).toEqual([401, 401])
    expect(gateway.calls).toEqual([])
  })

  test.each<[what: string, change: (cookie: string) => string]>([
    ['with a longer life', (cookie) => cookie.replace(/(\.\.)(\d)/, '$19')],
    ['of another kind', (cookie) => cookie.replace('=admin', '=key')],
    ['without a signature', (cookie) => cookie.replace(/\.[^.]+$/, '')],
    ['with a signature cut short', (cookie) => cookie.slice(0, -4)],
    ['under the name that the machine itself uses', (cookie) => cookie.replace('__Host-', '')],
  ])('%s is none', async (_what, change) => {
    const gateway = await startGateway()
    const { cookie } = await signIn(gateway)
    const headers = { ...OWN, cookie: change(cookie) }
    expect((await gateway.ask('/admin/keys', { key: null, headers })).status).toBe(401)
  })

  test('ends for everybody when the admin token is changed', async () => {
    const { cookie } = await signIn(await startGateway())
    const after = await startGateway(undefined, { HUGWAY_ADMIN_TOKEN: 'another-admin-token-0123456789' })
    expect((await after.ask('/admin/keys', { key: null, headers: { ...OWN, cookie } })).status).toBe(401)
  })

  test('lasts eight hours', async () => {
    const { response } = await signIn(await startGateway())
    const { session } = await response.json<{ session: { kind: string; expiresAt: string } }>()
    expect(session.kind).toBe('admin')
    expect(Math.abs(Date.parse(session.expiresAt) - Date.now() - SESSION_MS)).toBeLessThan(5_000)
  })

  test('is told by GET, and so is that there is none', async () => {
    const gateway = await startGateway()
    const { cookie } = await signIn(gateway)
    const ask = async (headers: Record<string, string>) =>
      (await gateway.ask('/admin/session', { key: null, headers })).json()
    expect(await ask({ ...OWN, cookie })).toMatchObject({ session: { kind: 'admin' } })
    expect(await ask(OWN)).toEqual({ session: null, access: false })
  })
})

describe('who signs in with a client key', () => {
  test.each<[what: string, keyOf: (gateway: Gateway) => Promise<string>, caller: object]>([
    ['of the deployment', async () => CLIENT_KEY, { kind: 'deployment_key' }],
    [
      'that was made',
      async (gateway) => {
        const made = await gateway.ask('/admin/keys', { method: 'POST', key: ADMIN_TOKEN, body: '{"name":"ann"}' })
        return (await made.json<{ key: string }>()).key
      },
      { kind: 'key', name: 'ann' },
    ],
  ])('%s may use the models and nothing of /admin', async (_what, keyOf, caller) => {
    const gateway = await startGateway(() => new Response(WHOLE))
    const { cookie } = await signIn(gateway, { token: await keyOf(gateway) })
    const headers = { ...OWN, cookie }
    expect((await gateway.ask('/admin/keys', { key: null, headers })).status).toBe(401)
    await (await gateway.ask('/v1/chat/completions', { method: 'POST', key: null, headers, body: BODY })).text()
    await gateway.settled()
    const lines = gateway.logs.map((line) => JSON.parse(line))
    expect(lines.find(({ event }) => event === 'chat')?.caller).toMatchObject(caller)
    expect(cookie).not.toContain(CLIENT_KEY)
  })

  test('is out once the key is revoked', async () => {
    const gateway = await startGateway(() => new Response(WHOLE))
    const made = await gateway.ask('/admin/keys', { method: 'POST', key: ADMIN_TOKEN, body: '{"name":"ann"}' })
    const { key, id } = await made.json<{ key: string; id: string }>()
    const { cookie } = await signIn(gateway, { token: key })
    await gateway.ask(`/admin/keys/${id}`, { method: 'DELETE', key: ADMIN_TOKEN })
    const init = { method: 'POST', key: null, headers: { ...OWN, cookie }, body: BODY }
    expect((await gateway.ask('/v1/chat/completions', init)).status).toBe(401)
  })
})

describe('a wrong try', () => {
  test('waits, is logged without what was tried, and sets no cookie', async () => {
    const gateway = await startGateway()
    const began = Date.now()
    const { response, setCookie } = await signIn(gateway, { token: 'wrong-token-000' })
    expect(response.status).toBe(401)
    expect(await errorOf(response)).toMatchObject({ code: 'sign_in_refused' })
    expect(setCookie).toBe('')
    expect(Date.now() - began).toBeGreaterThanOrEqual(240)
    expect(gateway.logs.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'sign_in_refused', by: 'token', wrongTries: 1 },
    ])
    expect(gateway.logs.join()).not.toContain('wrong-token-000')
  })

  test('does not hold up the right one', async () => {
    const gateway = await startGateway()
    const wrong = signIn(gateway, { token: 'wrong' })
    expect((await signIn(gateway)).response.status).toBe(201)
    await wrong
  })

  test.each([[{}], [{ token: '' }], [{ token: 7 }], [{ token: 'a', code: 'b' }], ['text']])(
    '%j is no try at all',
    async (body) => {
      const { response } = await signIn(await startGateway(), body)
      expect(response.status).toBe(400)
    },
  )
})

test('another site cannot sign anybody in or out', async () => {
  const gateway = await startGateway()
  for (const method of ['POST', 'DELETE']) {
    const headers = { 'sec-fetch-site': 'cross-site' }
    const body = method === 'POST' ? JSON.stringify({ token: ADMIN_TOKEN }) : null
    const response = await gateway.ask('/admin/session', { method, key: null, headers, body })
    expect([response.status, response.headers.get('set-cookie')]).toEqual([403, null])
  }
})

describe('the link that npm start prints', () => {
  const HOME = 'http://127.0.0.1:8787'

  test('signs in once, on this machine, without TLS', async () => {
    const gateway = await startGateway()
    const code = await codeFor(ADMIN_TOKEN, 'first')
    const { response, setCookie, cookie } = await signIn(gateway, { code }, HOME)
    expect(response.status).toBe(201)
    expect(setCookie).toMatch(/^hugway-session=/)
    expect(setCookie).not.toContain('Secure')
    const keys = await gateway.ask(`${HOME}/admin/keys`, { key: null, headers: { ...OWN, cookie } })
    expect(keys.status).toBe(200)
    expect((await signIn(gateway, { code }, HOME)).response.status).toBe(401)
  })

  test.each<[what: string, code: string | Promise<string>, origin: string]>([
    ['anywhere else', codeFor(ADMIN_TOKEN, 'b'), 'https://hugway.test'],
    ['after it has expired', codeFor(ADMIN_TOKEN, 'c', Date.now() - 1), HOME],
    ['with another token’s signature', codeFor('another', 'd'), HOME],
    ['as a session’s text', `admin..${Date.now() + 60_000}.x.y`, HOME],
  ])('opens nothing %s', async (_where, code, origin) => {
    const { response } = await signIn(await startGateway(), { code: await code }, origin)
    expect(response.status).toBe(401)
  })
})

test('without an admin token there is nothing to sign in to', async () => {
  const gateway = await startGateway(undefined, { HUGWAY_ADMIN_TOKEN: '' })
  expect((await signIn(gateway, { token: CLIENT_KEY })).response.status).toBe(503)
})

const BODY = JSON.stringify({ messages: [{ role: 'user', content: 'hi' }] })

describe('Cloudflare Access', () => {
  const ACCESS = { HUGWAY_ACCESS_ISSUER: 'https://team.cloudflareaccess.com', HUGWAY_ACCESS_AUDIENCE: 'tag' }

  test('that does not stand in front opens nothing, whatever header comes', async () => {
    const gateway = await startGateway()
    const headers = { ...OWN, 'cf-access-jwt-assertion': 'a.b.c' }
    const init = { method: 'POST', key: null, headers, body: '{"access":true}' }
    expect((await gateway.ask('/admin/session', init)).status).toBe(401)
    expect(gateway.calls).toEqual([])
  })

  test('is told to the page, and a header that is none is refused', async () => {
    const gateway = await startGateway(() => Response.json({ keys: [] }), ACCESS)
    expect(await (await gateway.ask('/admin/session', { key: null, headers: OWN })).json()).toMatchObject({
      access: true,
    })
    const { response } = await signIn(gateway, { access: true })
    expect((await errorOf(response)).message).toContain('Cloudflare Access did not vouch')
  })

  test.each([
    [{ HUGWAY_ACCESS_ISSUER: ACCESS.HUGWAY_ACCESS_ISSUER }],
    [{ HUGWAY_ACCESS_AUDIENCE: 'tag' }],
    [{ ...ACCESS, HUGWAY_ACCESS_ISSUER: 'http://team.test' }],
  ])('half set up (%o) is a problem that /health names', async (settings) => {
    const gateway = await startGateway(undefined, settings)
    expect(await (await gateway.ask('/health', { key: null })).text()).toContain('HUGWAY_ACCESS_')
  })
})
