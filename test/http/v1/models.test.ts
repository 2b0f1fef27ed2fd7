import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { errorOf, HF_TOKEN, startGateway, type Upstream, useGateway } from '../support/gateway.ts'

useGateway()

type Row = { id: string; name: string; context_length?: number }
const LISTED = [
  { id: 'a/b', object: 'model', owned_by: 'a', providers: [{ provider: 'p', status: 'live', context_length: 9_000 }] },
  { id: 'Qwen/Qwen3-8B', object: 'model', owned_by: 'Qwen' },
]
const list: Upstream = () => Response.json({ object: 'list', data: LISTED })
const idsOf = async (response: Response) => (await response.json<{ data: Row[] }>()).data.map(({ id }) => id)

describe('GET /v1/models', () => {
  test('is the router’s list, in ref form, fetched once with the token and kept in KV', async () => {
    const { ask, calls, settled } = await startGateway(list)
    const response = await ask('/v1/models')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject({
      object: 'list',
      data: [
        { ...LISTED[0], id: 'huggingface/a/b', name: 'B', context_length: 9_000 },
        { ...LISTED[1], id: 'huggingface/Qwen/Qwen3-8B', name: 'Qwen3 8B' },
      ],
    })
    await ask('/v1/models')
    await settled()
    expect(calls).toMatchObject([{ url: 'https://router.test/v1/models', method: 'GET', redirect: 'manual' }])
    expect(calls[0]?.headers.get('authorization')).toBe(`Bearer ${HF_TOKEN}`)
    expect(await env.HUGWAY_KV.get('catalog:v1', 'json')).toMatchObject({ models: LISTED })
  })

  test('is in Anthropic’s shape for a client that names a version of that API, one model too, and an unknown one', async () => {
    const { ask } = await startGateway(list)
    const headers = { 'anthropic-version': '2023-06-01' }
    const response = await ask('/v1/models?limit=1000', { headers })
    expect(response.headers.get('vary')).toBe('anthropic-version')
    const model = { type: 'model', id: 'huggingface/a/b', display_name: 'B', created_at: '1970-01-01T00:00:00.000Z' }
    const body = await response.json<{ data: Row[] }>()
    expect(body).toMatchObject({ has_more: false, first_id: body.data[0]?.id, last_id: body.data.at(-1)?.id })
    expect(body.data).toContainEqual(model)
    expect(await (await ask('/v1/models/a/b', { headers })).json()).toEqual(model)
    const unknown = await ask('/v1/models/no/such', { headers })
    expect(unknown.status).toBe(404)
    expect(await unknown.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
  })

  test('is KV’s list in a new isolate, without asking the router', async () => {
    await (await startGateway(list)).ask('/v1/models')
    const { ask, calls } = await startGateway(() => new Response('down', { status: 503 }))
    expect(await idsOf(await ask('/v1/models'))).toContain('huggingface/a/b')
    expect(calls).toEqual([])
  })

  test('is fetched once by five callers who come at once to a new isolate', async () => {
    const { ask, calls } = await startGateway(list)
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask('/v1/models')))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(calls).toHaveLength(1)
  })

  test.each<[what: string, upstream: Upstream]>([
    ['refuses', () => Promise.reject(new TypeError('refused'))],
    ['says 500', () => new Response('x', { status: 500 })],
    ['says 429', () => new Response('x', { status: 429 })],
    ['sends a page', () => new Response('<html></html>', { headers: { 'content-type': 'text/html' } })],
    ['sends half of it', () => new Response('{"data":[{"id":"a/b"')],
    ['sends nothing', () => new Response(null)],
    ['sends an empty list', () => Response.json({ data: [] })],
    ['sends another shape', () => Response.json([{ id: 'a/b' }])],
    ['sends somebody else', () => new Response(null, { status: 302, headers: { location: 'https://evil.test/' } })],
  ])('is the built-in one when the router %s, and the router is not asked by every caller', async (_what, upstream) => {
    const { ask, calls, logs } = await startGateway(upstream)
    const response = await ask('/v1/models')
    expect(response.status).toBe(200)
    expect(await idsOf(response)).toHaveLength(10)
    await ask('/v1/models')
    await ask('/v1/models')
    expect(calls).toHaveLength(1)
    expect(await env.HUGWAY_KV.get('catalog:v1')).toBeNull()
    expect(logs.join()).not.toContain(HF_TOKEN)
  })

  test('stays the last good one when the router sends nonsense to the cron trigger', async () => {
    await (await startGateway(list)).ask('/v1/models')
    const broken = await startGateway(() => Response.json({ data: 'soon' }))
    await broken.runCron()
    expect(await idsOf(await broken.ask('/v1/models'))).toContain('huggingface/a/b')
  })

  test('is renewed by the cron trigger, so that no caller waits', async () => {
    const { ask, runCron, calls } = await startGateway(list)
    await runCron()
    expect(await idsOf(await ask('/v1/models'))).toContain('huggingface/a/b')
    expect(calls).toHaveLength(1)
  })

  test.each<[value: string]>([['{"fetchedAt":9e15,"models":[{"id":"x/future"}]}'], ['{"models":[]}'], ['<html>']])(
    'is fetched anew where KV holds %s',
    async (value) => {
      await env.HUGWAY_KV.put('catalog:v1', value)
      const { ask } = await startGateway(list)
      expect(await idsOf(await ask('/v1/models'))).toContain('huggingface/a/b')
    },
  )

  test('has the aliases as names, and rows for the suffixes that the configuration names', async () => {
    const { ask, configure } = await startGateway(list)
    await configure({
      agents: { defaults: { models: { 'a/b': { alias: 'Bee' }, 'a/b:fastest': { alias: 'Quick Bee' } } } },
    })
    const { data } = await (await ask('/v1/models')).json<{ data: Row[] }>()
    expect(data.filter(({ id }) => id.includes('a/b')).map(({ id, name }) => [id, name])).toEqual([
      ['huggingface/a/b', 'Bee'],
      ['huggingface/a/b:fastest', 'Quick Bee'],
    ])
  })

  test('is the configuration’s own, and asks nobody, where that replaces it', async () => {
    const { ask, configure, calls } = await startGateway(list)
    await configure({ models: { mode: 'replace', providers: { huggingface: { models: [{ id: 'my/tune' }] } } } })
    expect(await idsOf(await ask('/v1/models'))).toEqual(['huggingface/my/tune'])
    expect(calls).toEqual([])
  })
})

describe('the tag of the list', () => {
  test.each<[title: string, header: (etag: string) => string, status: number]>([
    ['itself', (etag) => etag, 304],
    ['made weak by compression', (etag) => `W/${etag}`, 304],
    ['among others', (etag) => `"x", ${etag}`, 304],
    ['any', () => '*', 304],
    ['another', () => '"x"', 200],
  ])('(%s) saves the body where it is known', async (_title, header, status) => {
    const { ask } = await startGateway(list)
    const etag = (await ask('/v1/models')).headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\da-f]{32}"$/)
    const response = await ask('/v1/models', { headers: { 'if-none-match': header(etag) } })
    expect([response.status, response.headers.get('etag')]).toEqual([status, etag])
    if (status === 304) expect(await response.text()).toBe('')
  })

  test('changes with the configuration', async () => {
    const { ask, configure } = await startGateway(list)
    const before = (await ask('/v1/models')).headers.get('etag')
    await configure({ agents: { defaults: { models: { 'a/b': { alias: 'Bee' } } } } })
    expect((await ask('/v1/models')).headers.get('etag')).not.toBe(before)
  })
})

describe('GET /v1/models/<name>', () => {
  const CONFIG = { agents: { defaults: { models: { 'a/b:fastest': { alias: 'Quick Bee' } } } } }
  test.each<[path: string, id: string]>([
    ['a/b', 'huggingface/a/b'],
    ['huggingface/a/b', 'huggingface/a/b'],
    ['a%2Fb', 'huggingface/a/b'],
    ['huggingface%2fa%2fb', 'huggingface/a/b'],
    ['a/b:fastest', 'huggingface/a/b:fastest'],
    ['a%2Fb%3Afastest', 'huggingface/a/b:fastest'],
    ['a/b:some-provider', 'huggingface/a/b:some-provider'],
    ['Quick%20Bee', 'huggingface/a/b:fastest'],
    ['quick%20%20bee', 'huggingface/a/b:fastest'],
    ['default', 'huggingface/deepseek-ai/DeepSeek-R1'],
  ])('%s is %s', async (path, id) => {
    const { ask, configure } = await startGateway(list)
    await configure(CONFIG)
    const response = await ask(`/v1/models/${path}`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ id })
  })

  test.each<[path: string, status: number, code: string]>([
    ['no/where', 404, 'model_not_found'],
    ['gpt-4', 400, 'model_not_found'],
    ['a/b/c', 400, 'model_not_found'],
    ['a%252Fb', 400, 'model_not_found'],
    ['%2e%2e%2fadmin', 400, 'model_not_found'],
    ['a/b%00', 400, 'model_not_found'],
    ['a%2Fb%3Ax%3Ay', 400, 'model_not_found'],
    ['%', 400, 'invalid_request'],
    ['%ff', 400, 'invalid_request'],
    [`a/${'b'.repeat(300)}`, 400, 'model_not_found'],
  ])('%s is a %i %s', async (path, status, code) => {
    const { ask } = await startGateway(list)
    const response = await ask(`/v1/models/${path}`)
    expect(response.status).toBe(status)
    expect(await errorOf(response)).toMatchObject({ code, param: 'model' })
  })
})
