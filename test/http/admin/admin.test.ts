import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, errorOf, type Gateway, MESSAGES, startGateway, useGateway, WHOLE } from '../support/gateway.ts'

useGateway()

const put = ({ ask }: Gateway, body: BodyInit) => ask('/admin/config', { method: 'PUT', key: ADMIN_TOKEN, body })
const get = ({ ask }: Gateway) => ask('/admin/config', { key: ADMIN_TOKEN })
const DOCUMENT = { agents: { defaults: { model: 'a/b' } } }

describe('the configuration', () => {
  test('is read as it is in use, and where it came from stands beside it', async () => {
    const gateway = await startGateway()
    const response = await get(gateway)
    expect(response.headers.get('x-hugway-config-source')).toBe('built_in')
    expect(await response.json()).toEqual({})
  })

  test('that is put is in use at once, here and in KV', async () => {
    const gateway = await startGateway(() => new Response(WHOLE))
    const response = await put(gateway, `{agents: {defaults: {model: 'a/b',}}} // JSON5`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(DOCUMENT)
    const read = await get(gateway)
    expect(read.headers.get('x-hugway-config-source')).toBe('kv')
    expect(await read.json()).toEqual(DOCUMENT)
    await gateway.chat({ messages: MESSAGES })
    expect(JSON.parse(gateway.calls[0]?.body ?? '')).toMatchObject({ model: 'a/b' })
    expect(await env.HUGWAY_KV.get('config')).toBe(`{agents: {defaults: {model: 'a/b',}}} // JSON5`)
  })

  test('that was read can be put back', async () => {
    const gateway = await startGateway()
    await gateway.configure({ ...DOCUMENT, hugway: { holdMs: 5 } })
    const text = await (await get(gateway)).text()
    expect((await put(gateway, text)).status).toBe(200)
    expect(await (await get(gateway)).text()).toBe(text)
  })

  test('that is wrong is refused with every problem, and nothing is written', async () => {
    const gateway = await startGateway()
    await gateway.configure(DOCUMENT)
    const response = await put(gateway, '{agents: {defaults: {model: 7, modelsx: {}}}, hugway: {holdMs: -1}}')
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('did you mean "models"?'),
      problems: [{ path: 'agents.defaults.model' }, { path: 'agents.defaults.modelsx' }, { path: 'hugway.holdMs' }],
    })
    expect(await env.HUGWAY_KV.get('config', 'json')).toEqual(DOCUMENT)
  })

  test('over a megabyte is refused', async () => {
    const response = await put(await startGateway(), `{"$schema": "${'x'.repeat(1024 * 1024)}"}`)
    expect(response.status).toBe(413)
  })

  test.each<[what: string, body: string]>([
    ['a price 100,000 lists deep', deepPrice(100_000)],
    ['half a million lists', '['.repeat(500_000)],
    ['bytes that are no text', '\0\u0001\ufffd'],
  ])('of %s never breaks the service', async (_what, body) => {
    const gateway = await startGateway()
    const response = await put(gateway, body)
    expect([200, 400]).toContain(response.status)
    expect((await gateway.ask('/health')).status).toBe(200)
  })

  test('that KV does not take is not in use', async () => {
    const refuse = async () => {
      throw new Error('429')
    }
    const nothing = async () => ({ value: null, metadata: null })
    const kv = { get: async () => null, getWithMetadata: nothing, put: refuse } as unknown as KVNamespace
    const gateway = await startGateway(undefined, { HUGWAY_KV: kv })
    const response = await put(gateway, JSON.stringify(DOCUMENT))
    expect(response.status).toBe(503)
    expect(await errorOf(response)).toMatchObject({ code: 'config_not_stored' })
    expect(await (await get(gateway)).json()).toEqual({})
  })

  test('that somebody broke by hand is told to the admin, with its problem', async () => {
    await env.HUGWAY_KV.put('config', '{"agent": {}}')
    const response = await get(await startGateway())
    expect(response.headers.get('x-hugway-config-source')).toBe('built_in')
    expect(response.headers.get('x-hugway-config-problem')).toContain('did you mean "agents"')
  })
})

test('the targets are shown with what is known of them', async () => {
  const gateway = await startGateway(() => new Response('{"error":"no"}', { status: 500 }))
  for (let request = 0; request < 5; request++) await gateway.chat({ model: 'a/b', messages: MESSAGES })
  const response = await gateway.ask('/admin/targets', { key: ADMIN_TOKEN })
  expect(await response.json()).toMatchObject({
    targets: [{ target: 'huggingface/a/b', state: 'open', consecutiveFailures: 5, lastReason: 'server_error' }],
  })
})

function deepPrice(depth: number): string {
  const cost = `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`
  return `{"models":{"providers":{"huggingface":{"models":[{"id":"a/b","cost":${cost}}]}}}}`
}
