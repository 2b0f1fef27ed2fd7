import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import {
  ADMIN_TOKEN,
  CLIENT_KEY,
  errorOf,
  type Gateway,
  MESSAGES,
  startGateway,
  useGateway,
  WHOLE,
} from '../support/gateway.ts'

useGateway()

const documentOf = (primary: string) => ({ agents: { defaults: { model: primary } } })
const PATCH = 'application/merge-patch+json'
const ID = /^\d{8}T\d{9}Z-[\da-f]{8}$/

type Sent = { method?: string; body?: unknown; headers?: Record<string, string> }

/** A gateway and short ways to ask its `/admin/config`. */
async function start() {
  const gateway = await startGateway(() => new Response(WHOLE))
  const admin = (path = '', { method = 'GET', body, headers = {} }: Sent = {}) =>
    gateway.ask(`/admin/config${path}`, {
      method,
      key: ADMIN_TOKEN,
      headers,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const put = (primary: string, headers = {}) => admin('', { method: 'PUT', body: documentOf(primary), headers })
  const patch = (body: unknown, headers = {}) =>
    admin('', { method: 'PATCH', body, headers: { 'content-type': PATCH, ...headers } })
  const versions = async (query = '') => (await admin(`/versions${query}`)).json<Versions>()
  const stored = () => env.HUGWAY_KV.get('config', 'json')
  const text = () => env.HUGWAY_KV.get('config')
  return { gateway, admin, put, patch, versions, stored, text }
}

type Versions = { active: string; versions: { id: string; action: string; active: boolean }[]; next: string | null }

const tagOf = (response: Response) => response.headers.get('etag') ?? ''
const nameOf = (response: Response) => response.headers.get('x-hugway-config')

describe('the tag', () => {
  test('of what was read lets it be written back, and no other does', async () => {
    const { admin, put, stored, versions } = await start()
    const before = await admin()
    expect(tagOf(before)).toBe('"built-in"')
    const first = await put('a/1', { 'if-match': tagOf(before) })
    expect(tagOf(first)).toMatch(/^"\d{8}T\d{9}Z-[\da-f]{8}"$/)
    expect(tagOf(await admin())).toBe(tagOf(first))
    expect((await put('a/2', { 'if-match': tagOf(first) })).status).toBe(200)
    const lost = await put('a/3', { 'if-match': tagOf(first) })
    expect(lost.status).toBe(412)
    expect(await errorOf(lost)).toMatchObject({ code: 'config_changed', type: 'invalid_request_error' })
    expect(await stored()).toEqual(documentOf('a/2'))
    expect((await versions()).versions).toHaveLength(2)
  })

  test.each<[what: string, header: (tag: string) => string, status: number]>([
    ['among others', (tag) => `"x", ${tag}`, 200],
    ['that compression made weak', (tag) => `W/${tag}`, 200],
    ['of anything that is stored', () => '*', 200],
    ['without its quotes', (tag) => tag.replaceAll('"', ''), 200],
    ['that is none', () => '', 412],
    ['of another', () => '"x"', 412],
  ])('%s is understood', async (_what, header, status) => {
    const { put } = await start()
    const tag = tagOf(await put('a/1'))
    expect((await put('a/2', { 'if-match': header(tag) })).status).toBe(status)
  })

  test('of anything finds nothing where nothing is stored', async () => {
    const { put } = await start()
    expect((await put('a/1', { 'if-match': '*' })).status).toBe(412)
  })

  test('guards against an edit by hand', async () => {
    const { put, stored } = await start()
    const tag = tagOf(await put('a/1'))
    await env.HUGWAY_KV.put('config', JSON.stringify(documentOf('a/hand')))
    expect((await put('a/2', { 'if-match': tag })).status).toBe(412)
    expect(await stored()).toEqual(documentOf('a/hand'))
  })

  test('lets a document that somebody broke by hand be replaced', async () => {
    await env.HUGWAY_KV.put('config', '{"agent": {}}')
    const { admin, put } = await start()
    const broken = await admin()
    expect([nameOf(broken), broken.headers.get('x-hugway-config-source')]).toEqual(['built-in', 'built_in'])
    expect((await put('a/1', { 'if-match': tagOf(broken) })).status).toBe(200)
  })
})

describe('the configuration in use is named', () => {
  test('in every answer, whatever it is', async () => {
    const { gateway, put } = await start()
    expect(nameOf(await gateway.ask('/v1/models'))).toBe('built-in')
    const version = nameOf(await put('a/1'))
    expect(version).toMatch(ID)
    const answers = [
      gateway.ask('/v1/models'),
      gateway.ask('/v1/nothing'),
      gateway.ask('/v1/models', { key: 'wrong' }),
      gateway.chat({ messages: MESSAGES }),
      gateway.chat('{'),
      gateway.ask('/admin/targets', { key: ADMIN_TOKEN }),
      gateway.ask('/admin/nothing', { key: ADMIN_TOKEN }),
    ]
    for (const answer of await Promise.all(answers)) expect(nameOf(answer), answer.url).toBe(version)
  })

  test('as unversioned after an edit by hand', async () => {
    await env.HUGWAY_KV.put('config', JSON.stringify(documentOf('a/hand')))
    const { gateway } = await start()
    expect(nameOf(await gateway.ask('/v1/models'))).toBe('unversioned')
  })
})

describe('a patch', () => {
  test.each([PATCH, 'application/json', 'application/json; charset=utf-8'])('of type %s is merged in', async (type) => {
    const { patch, admin, stored } = await start()
    await admin('', { method: 'PUT', body: { ...documentOf('a/1'), hugway: { holdMs: 5, maxBodyBytes: 2_048 } } })
    const response = await patch({ hugway: { holdMs: null, timeouts: { idleMs: 9 } } }, { 'content-type': type })
    expect(response.status).toBe(200)
    const merged = { ...documentOf('a/1'), hugway: { maxBodyBytes: 2_048, timeouts: { idleMs: 9 } } }
    expect(await response.json()).toEqual(merged)
    expect(await stored()).toEqual(merged)
  })

  test('is checked as a whole with what it meets', async () => {
    const { patch, put, stored } = await start()
    await put('a/1')
    const response = await patch({ hugway: { holdMs: -1 }, agent: {} })
    expect(response.status).toBe(400)
    const { problems } = (await errorOf(response)) as unknown as { problems: { path: string }[] }
    expect(problems.map(({ path }) => path).sort()).toEqual(['agent', 'hugway.holdMs'])
    expect(await stored()).toEqual(documentOf('a/1'))
  })

  test('meets a document that was edited by hand', async () => {
    const { patch, put, text, versions } = await start()
    await put('a/1')
    await env.HUGWAY_KV.put('config', `{hugway: {holdMs: 7}} // mine`)
    await patch({ hugway: { maxBodyBytes: 2_048 } })
    expect(await text()).toBe(`{hugway: {holdMs: 7, maxBodyBytes: 2048}} // mine`)
    expect((await versions()).versions.map(({ action }) => action)).toEqual(['patch', 'by_hand', 'put'])
  })

  test('loses nothing of another that comes at the same time', async () => {
    const { patch, stored } = await start()
    const patches = [{ hugway: { holdMs: 7 } }, { hugway: { maxBodyBytes: 2_048 } }, documentOf('a/1')]
    const answers = await Promise.all(patches.map((one) => patch(one)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await stored()).toEqual({ ...documentOf('a/1'), hugway: { holdMs: 7, maxBodyBytes: 2_048 } })
  })

  test.each<[what: string, body: string, headers: Record<string, string>, status: number, code: string]>([
    ['with a stale tag', '{}', { 'if-match': '"x"' }, 412, 'config_changed'],
    ['of another type', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['that is no JSON', '{', {}, 400, 'invalid_config'],
    ['that is a list', '[]', {}, 400, 'invalid_config'],
    ['with a trap', '{"__proto__": {}}', {}, 400, 'invalid_config'],
    ['with a secret', '{"$schema": "hf_AbCdEfGhIjKlMnOp"}', {}, 400, 'invalid_config'],
    ['over a megabyte', `{"$schema": "${'x'.repeat(1024 * 1024)}"}`, {}, 413, 'request_too_large'],
  ])('%s is refused, and nothing is written', async (_what, body, headers, status, code) => {
    const { patch, put, stored } = await start()
    await put('a/1')
    const response = await patch(body, headers)
    expect(response.status).toBe(status)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error: { code } })
    expect(text).not.toContain('hf_AbCd')
    expect(await stored()).toEqual(documentOf('a/1'))
  })
})

describe('a check', () => {
  test.each<[what: string, body: string, status: number, answer: object]>([
    ['finds nothing in a good one', `{hugway: {holdMs: 1}}`, 200, { valid: true }],
    [
      'finds everything in a bad one',
      `{a: 1, hugway: {holdMs: -1}}`,
      400,
      { error: { code: 'invalid_config', problems: [{ path: 'hugway.holdMs' }, { path: 'a' }] } },
    ],
  ])('%s, and writes nothing', async (_what, body, status, answer) => {
    const { admin } = await start()
    const response = await admin('/validate', { method: 'POST', body })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject(answer)
    expect((await env.HUGWAY_KV.list()).keys).toEqual([])
  })
})

describe('the history', () => {
  test('lists who wrote what and when, newest first, by pages', async () => {
    const { put, versions } = await start()
    const ids: (string | null)[] = []
    for (const primary of ['a/1', 'a/2', 'a/3']) ids.unshift(nameOf(await put(primary)))
    const first = await versions('?limit=2')
    expect(first).toEqual({
      active: ids[0],
      versions: [
        { id: ids[0], at: expect.any(String), author: 'admin token', action: 'put', active: true },
        { id: ids[1], at: expect.any(String), author: 'admin token', action: 'put', active: false },
      ],
      next: ids[1],
    })
    const second = await versions(`?limit=2&before=${first.next}`)
    expect(second).toMatchObject({ versions: [{ id: ids[2] }], next: null })
  })

  test.each(['0', '101', '-1', 'x', '1.5', ''])('refuses a limit of "%s"', async (limit) => {
    const { admin } = await start()
    const response = await admin(`/versions?limit=${limit}`)
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ param: 'limit' })
  })

  test('has each document as it was', async () => {
    const { put, admin, versions } = await start()
    const id = nameOf(await put('a/1'))
    await env.HUGWAY_KV.put('config', `{agents: {defaults: {model: 'a/hand'}}} // mine`)
    await put('a/2')
    expect(await (await admin(`/versions/${id}`)).json()).toMatchObject({
      id,
      active: false,
      document: documentOf('a/1'),
    })
    const hand = (await versions()).versions[1]
    expect(await (await admin(`/versions/${hand?.id}`)).json()).toMatchObject({
      action: 'by_hand',
      document: documentOf('a/hand'),
      text: expect.stringContaining('// mine'),
    })
  })

  test('says what is wrong with one that was broken by hand', async () => {
    const { put, admin, versions } = await start()
    await env.HUGWAY_KV.put('config', '{"agent": {')
    await put('a/2')
    const hand = (await versions()).versions[1]
    expect(await (await admin(`/versions/${hand?.id}`)).json()).toMatchObject({
      document: null,
      problem: expect.stringContaining('invalid end of input'),
    })
  })

  test.each(['20260101T000000000Z-00000000', 'nothing', '..%2f..%2fconfig', 'x'.repeat(600)])(
    'has no version %s',
    async (id) => {
      const { put, admin } = await start()
      await put('a/1')
      const response = await admin(`/versions/${id}`)
      expect(response.status).toBe(404)
      expect(await errorOf(response)).toMatchObject({ code: 'unknown_version' })
    },
  )
})

describe('a rollback', () => {
  const rollBack = ({ admin }: Awaited<ReturnType<typeof start>>, body: unknown, headers = {}) =>
    admin('/rollback', { method: 'POST', body, headers })

  test('makes a new version of the old document, which is in use at once', async () => {
    const started = await start()
    const first = nameOf(await started.put('a/1'))
    const second = await started.put('a/2')
    const response = await rollBack(started, { to: first }, { 'if-match': tagOf(second) })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(documentOf('a/1'))
    const { active, versions } = await started.versions()
    expect(active).toBe(nameOf(response))
    expect(versions).toMatchObject([
      { id: active, action: 'rollback', of: first, active: true },
      { id: nameOf(second), active: false },
      { id: first, active: false },
    ])
    await chatWith(started.gateway, 'a/1')
  })

  test('to what is no longer accepted is refused', async () => {
    const started = await start()
    await env.HUGWAY_KV.put('config', '{"agent": {}}')
    await started.put('a/1')
    const hand = (await started.versions()).versions[1]
    const response = await rollBack(started, { to: hand?.id })
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ code: 'invalid_config' })
    expect(await started.stored()).toEqual(documentOf('a/1'))
  })

  test.each<[what: string, body: unknown, headers: Record<string, string>, status: number, param: string | null]>([
    ['nowhere', {}, {}, 400, 'to'],
    ['a number', { to: 7 }, {}, 400, 'to'],
    ['a version that is not there', { to: '20260101T000000000Z-00000000' }, {}, 404, 'to'],
    ['a version and more', { to: 'x', force: true }, {}, 400, 'force'],
    ['what is no JSON', '{', {}, 400, null],
  ])('to %s is refused by the field', async (_what, body, headers, status, param) => {
    const started = await start()
    const response = await rollBack(started, body, headers)
    expect(response.status).toBe(status)
    expect(await errorOf(response)).toMatchObject({ param })
  })

  test('over a newer version than was read is refused', async () => {
    const started = await start()
    const first = await started.put('a/1')
    await started.put('a/2')
    const response = await rollBack(started, { to: nameOf(first) }, { 'if-match': tagOf(first) })
    expect(response.status).toBe(412)
  })
})

async function chatWith({ chat, calls }: Gateway, model: string): Promise<void> {
  await chat({ messages: MESSAGES })
  expect(JSON.parse(calls.at(-1)?.body ?? '')).toMatchObject({ model })
}

describe('the admin’s routes', () => {
  const ROUTES: [method: string, path: string, allow: string][] = [
    ['DELETE', '/admin/config', 'GET, PUT, PATCH'],
    ['GET', '/admin/config/validate', 'POST'],
    ['POST', '/admin/config/versions', 'GET'],
    ['DELETE', '/admin/config/versions/x', 'GET'],
    ['GET', '/admin/config/rollback', 'POST'],
    ['DELETE', '/admin/keys', 'GET, POST'],
    ['GET', '/admin/keys/x', 'PATCH, DELETE'],
    ['GET', '/admin/keys/x/rotate', 'POST'],
    ['POST', '/admin/catalog', 'GET'],
    ['GET', '/admin/catalog/refresh', 'POST'],
    ['POST', '/admin/catalog/drift', 'GET'],
  ]

  test.each(ROUTES)('%s %s is a 405 that allows %s', async (method, path, allow) => {
    const { ask } = await startGateway()
    const response = await ask(path, { method, key: ADMIN_TOKEN })
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
    expect(await errorOf(response)).toMatchObject({ code: 'method_not_allowed' })
  })

  test.each(ROUTES)('%s %s takes no client’s key, nor none', async (_method, path, allow) => {
    const { ask } = await startGateway()
    for (const method of allow.split(', ')) {
      for (const key of [CLIENT_KEY, null]) expect((await ask(path, { method, key })).status).toBe(401)
    }
    expect((await env.HUGWAY_KV.list()).keys).toEqual([])
  })
})

describe('a document with comments', () => {
  const WRITTEN = `{
  // chosen on Monday
  agents: { defaults: { model: 'a/1' } },
  hugway: {
    holdMs: 7, // short: the team is impatient
  },
}
`

  test('comes back as it was written to whoever asks for it so, and as JSON to everybody else', async () => {
    const { admin } = await start()
    const put = await admin('', { method: 'PUT', body: WRITTEN })
    const asWritten = await admin('', { headers: { accept: 'application/json5' } })
    expect(asWritten.headers.get('content-type')).toBe('application/json5; charset=utf-8')
    expect(tagOf(asWritten)).toBe(tagOf(put))
    expect(new TextDecoder().decode(await asWritten.arrayBuffer())).toBe(WRITTEN)
    expect(await (await admin()).json()).toEqual({ ...documentOf('a/1'), hugway: { holdMs: 7 } })
  })

  test('keeps them over a patch, a version and a rollback', async () => {
    const { admin, patch, text, versions } = await start()
    const first = nameOf(await admin('', { method: 'PUT', body: WRITTEN }))
    await patch({ hugway: { holdMs: null, maxBodyBytes: 2_048 }, agents: { defaults: { model: 'a/2' } } })
    expect(await text()).toBe(`{
  // chosen on Monday
  agents: { defaults: { model: "a/2" } },
  hugway: {
    maxBodyBytes: 2048,
  },
}
`)
    expect(await (await admin(`/versions/${first}`)).json()).toMatchObject({ text: WRITTEN })
    await admin('/rollback', { method: 'POST', body: { to: first } })
    expect(await text()).toBe(WRITTEN)
    expect((await versions()).versions.map(({ action }) => action)).toEqual(['rollback', 'patch', 'put'])
  })
})

describe('a model that the router does not list', () => {
  const MODELS = { fetchedAt: Date.now(), models: [{ id: 'Qwen/Qwen3-8B' }, { id: 'a/1' }] }

  test('is written with a warning that names the nearest one', async () => {
    await env.HUGWAY_KV.put('catalog:v1', JSON.stringify(MODELS))
    const { admin, put, stored, patch } = await start()
    const answer = await (await put('qwen/Qwen3-8b')).json<{ warnings: unknown }>()
    expect(answer).toEqual({
      ...documentOf('qwen/Qwen3-8b'),
      warnings: [
        {
          path: 'agents.defaults.model',
          message: `"huggingface/qwen/Qwen3-8b" is not on the router's list; did you mean "huggingface/Qwen/Qwen3-8B"?`,
        },
      ],
    })
    expect(await stored()).toEqual(documentOf('qwen/Qwen3-8b'))
    const checked = await admin('/validate', { method: 'POST', body: documentOf('a/2') })
    expect(await checked.json()).toMatchObject({ valid: true, warnings: [{ path: 'agents.defaults.model' }] })
    expect(await (await patch(documentOf('a/1'))).json()).toEqual(documentOf('a/1'))
  })

  test('is no news where no list is at hand', async () => {
    const { put } = await start()
    expect(await (await put('a/2')).json()).toEqual(documentOf('a/2'))
  })
})

test('a label of two models is kept, and refused only when it is asked for, with the refs that it could mean', async () => {
  const { admin, gateway } = await start()
  const models = { 'huggingface/a/1': { alias: 'R1' }, 'huggingface/a/1:together': { alias: 'r1' } }
  const put = await admin('', { method: 'PUT', body: { agents: { defaults: { models } } } })
  expect(put.status).toBe(200)
  expect(await put.json()).toMatchObject({ warnings: [{ message: expect.stringMatching(/^"r1" is the alias of/) }] })
  const list = await (await gateway.ask('/v1/models')).json<{ data: { id: string; name: string }[] }>()
  const names = list.data.filter(({ id }) => id.startsWith('huggingface/a/')).map(({ name }) => name)
  expect(names).toEqual(['R1', 'r1'])
  expect((await gateway.chat({ model: 'huggingface/a/1', messages: MESSAGES })).status).toBe(200)
  const refused = await gateway.chat({ model: 'R1', messages: MESSAGES })
  expect(refused.status).toBe(400)
  expect(await errorOf(refused)).toMatchObject({
    code: 'ambiguous_model',
    param: 'model',
    message: '"R1" is the alias of huggingface/a/1 and of huggingface/a/1:together. Send one of these as "model".',
  })
})
