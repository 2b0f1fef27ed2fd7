import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { ADMIN_TOKEN, CLIENT_KEY, HF_TOKEN, LEDGER, startGateway, useGateway } from '../support/gateway.ts'

useGateway()

type Health = { status: string; settings: string[]; config: { source: string; problem?: string } }

test('a deployment that is in order says so, without a key', async () => {
  const { ask } = await startGateway(undefined, LEDGER)
  const response = await ask('/health', { key: null })
  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await response.json()).toEqual({
    status: 'ok',
    settings: [],
    upstream: 'other',
    config: { source: 'built_in' },
    catalog: { source: 'not_read_yet' },
    ledger: 'ok',
  })
})

test('a deployment that cannot hold limits says so', async () => {
  const { ask } = await startGateway()
  expect(await (await ask('/health', { key: null })).json()).toMatchObject({ status: 'ok', ledger: 'not_bound' })
})

test.each([
  ['hugging_face', { HF_BASE_URL: '' }],
  ['simulator', { HF_TOKEN: 'hf_simulated' }],
])('nobody takes one upstream for another: %s', async (upstream, settings) => {
  const { ask } = await startGateway(undefined, settings)
  expect(await (await ask('/health', { key: null })).json()).toMatchObject({ upstream })
})

test('a deployment that lacks something names it', async () => {
  const { ask } = await startGateway(undefined, { HF_TOKEN: '', HUGWAY_ADMIN_TOKEN: '', HF_BASE_URL: 'ftp://hush@x' })
  const text = await (await ask('/health', { key: null })).text()
  const health: Health = JSON.parse(text)
  expect(health.status).toBe('not_configured')
  expect(health.settings.join()).toMatch(/HF_TOKEN.*HUGWAY_ADMIN_TOKEN.*HF_BASE_URL/)
  expect(text).not.toContain('hush')
})

test('a document that somebody broke is a problem that is told, but not what stands in it', async () => {
  await env.HUGWAY_KV.put('config', `{"secret-word": "${HF_TOKEN}"}`)
  const { ask, logs } = await startGateway()
  const text = await (await ask('/health', { key: null })).text()
  expect(JSON.parse(text)).toMatchObject({
    status: 'degraded',
    config: { source: 'built_in', problem: expect.stringContaining('broken') },
  })
  expect(text).not.toContain('secret-word')
  expect(logs.map((line) => JSON.parse(line))).toMatchObject([{ event: 'config_broken' }])
  expect(logs.join()).not.toContain(HF_TOKEN)
})

test('nothing secret is told', async () => {
  const { ask, configure } = await startGateway()
  await configure({ models: { providers: { huggingface: { apiKey: 'HF_TOKEN' } } } })
  await ask('/v1/models')
  const text = await (await ask('/health', { key: null })).text()
  for (const secret of [CLIENT_KEY, ADMIN_TOKEN, HF_TOKEN, 'router.test']) expect(text).not.toContain(secret)
})
