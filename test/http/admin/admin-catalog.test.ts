import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, errorOf, startGateway, useGateway } from '../support/gateway.ts'

useGateway()

const row = (id: string, price = 1) => ({
  id,
  providers: [{ provider: 'groq', status: 'live', context_length: 1_000, pricing: { input: price, output: 1 } }],
})

/** A gateway whose router's list may be changed, and short ways to ask for the catalog. */
async function start(...rows: object[]) {
  const router: { answer: () => Response } = { answer: () => Response.json({ data: rows }) }
  const gateway = await startGateway(() => router.answer())
  const read = async (path = '') => (await gateway.ask(`/admin/catalog${path}`, { key: ADMIN_TOKEN })).json()
  const refresh = () => gateway.ask('/admin/catalog/refresh', { method: 'POST', key: ADMIN_TOKEN })
  const list = (...now: object[]) => {
    router.answer = () => Response.json({ data: now })
  }
  return { gateway, router, read, refresh, list }
}

describe('the catalog', () => {
  test('is the built-in one until the router was asked', async () => {
    const { read, refresh, gateway } = await start(row('a/1'), row('a/2'))
    expect(await read()).toEqual({ source: 'built_in', models: 10, fetchedAt: null, ageMs: null })
    expect(gateway.calls).toEqual([])
    const answer = { source: 'router', models: 2, fetchedAt: expect.any(String), ageMs: expect.any(Number) }
    expect(await (await refresh()).json()).toEqual({ ...answer, changes: null })
    expect(await read()).toEqual(answer)
  })

  test('that the router refuses to give stays as it was', async () => {
    const { read, refresh, router, gateway } = await start(row('a/1'))
    await refresh()
    router.answer = () => new Response('no', { status: 503 })
    const response = await refresh()
    expect(response.status).toBe(502)
    expect(await errorOf(response)).toMatchObject({
      code: 'catalog_refresh_failed',
      message: expect.stringContaining('503'),
    })
    expect(await read()).toMatchObject({ source: 'router', models: 1 })
    expect((await gateway.ask('/v1/models/a/1')).status).toBe(200)
  })
})

describe('the drift', () => {
  test('is nothing where nothing changed', async () => {
    const { read, refresh } = await start(row('deepseek-ai/DeepSeek-R1'))
    await refresh()
    await refresh()
    expect(await read('/drift')).toEqual({ at: null, since: null, changes: null, configuration: [] })
  })

  test('tells what changed and what of the configuration it broke, there and in the log', async () => {
    const { gateway, read, refresh, list } = await start(row('a/1'), row('a/2'), row('a/3'))
    await gateway.configure({
      agents: { defaults: { model: { primary: 'a/1', fallbacks: ['a/2'] }, models: { 'a/3': { alias: 'Three' } } } },
    })
    await refresh()
    list(row('a/1', 2), row('a/4'), { id: 'a/2', providers: [] })
    expect(await (await refresh()).json()).toMatchObject({ models: 3, changes: { gone: ['a/3'] } })
    const drift = await read('/drift')
    expect(drift).toEqual({
      at: expect.any(String),
      since: expect.any(String),
      changes: {
        gone: ['a/3'],
        added: ['a/4'],
        providersLost: [{ model: 'a/2', provider: 'groq' }],
        pricesUp: [{ model: 'a/1', provider: 'groq', field: 'input', from: 1, to: 2 }],
        contextsDown: [],
      },
      configuration: [
        { ref: 'huggingface/a/2', usedAs: ['fallback'], problem: 'no_live_provider' },
        { ref: 'huggingface/a/3', usedAs: ['alias "Three"'], problem: 'gone' },
      ],
    })
    const logged = gateway.logs.map((line) => JSON.parse(line)).filter(({ event }) => event === 'catalog_drift')
    expect(logged).toMatchObject([
      { gone: ['a/3'], pricesUp: 1, configuration: [{ problem: 'no_live_provider' }, { problem: 'gone' }] },
    ])
  })

  test('of the last refresh that changed something stays, also for another isolate', async () => {
    const first = await start(row('a/1'), row('a/2'))
    await first.refresh()
    first.list(row('a/1'))
    await first.refresh()
    await first.refresh()
    const second = await start(row('a/1'))
    expect(await second.read('/drift')).toMatchObject({ changes: { gone: ['a/2'] } })
    expect(await env.HUGWAY_KV.get('catalog:drift:v1', 'json')).toMatchObject({ changes: { gone: ['a/2'] } })
  })

  test('is found by the cron trigger as well', async () => {
    const { gateway, list, read } = await start(row('a/1'), row('a/2'))
    await gateway.runCron()
    list(row('a/1'))
    await gateway.runCron()
    expect(await read('/drift')).toMatchObject({ changes: { gone: ['a/2'] } })
    expect(gateway.logs.join()).toContain('catalog_drift')
  })

  test('that KV has in an unknown shape counts as none', async () => {
    await env.HUGWAY_KV.put('catalog:drift:v1', '{"changes": 7}')
    const { read } = await start()
    expect(await read('/drift')).toMatchObject({ at: null, changes: null })
  })
})
