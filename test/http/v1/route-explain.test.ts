import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { CATALOG_KEY } from '../../../src/kv/schema.ts'
import { ADMIN_TOKEN, ASK, errorOf, STREAM, sse, startGateway, useGateway } from '../support/gateway.ts'

useGateway()

const MODELS = [
  {
    id: 'a/b',
    providers: [
      { provider: 'groq', status: 'live', pricing: { input: 1, output: 3 }, throughput: 300 },
      { provider: 'novita', status: 'live', pricing: { input: 0.5, output: 1 }, supports_tools: false },
    ],
  },
]

async function start() {
  await env.HUGWAY_KV.put(CATALOG_KEY, JSON.stringify({ fetchedAt: Date.now() - 1_000, models: MODELS }))
  return startGateway(() => sse())
}

const explain = (gateway: Awaited<ReturnType<typeof start>>, body: unknown) =>
  gateway.ask('/v1/route/explain', { method: 'POST', body: JSON.stringify(body) })

describe('an explanation', () => {
  test('names what the name meant, who is asked and why, what was dropped, and what it may cost', async () => {
    const gateway = await start()
    await gateway.configure({
      agents: { defaults: { models: { 'a/b': { alias: 'Quick' } } } },
      hugway: { routing: { resolve: 'own' } },
    })
    const body = { ...ASK, model: 'quick', tools: [{}], max_tokens: 100 }
    const response = await explain(gateway, body)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      asked: 'quick',
      means: { ref: 'huggingface/a/b', as: 'alias' },
      targets: [{ target: 'huggingface/a/b:groq', breaker: 'closed' }],
      skipped: [{ target: 'huggingface/a/b:novita', reason: 'no_tools', because: 'does not take tools' }],
      models: [
        {
          resolvedBy: 'own',
          rankedBy: 'fastest',
          candidates: [{ target: 'huggingface/a/b:groq', tokensPerSecond: 300, estimatedUsd: expect.any(Number) }],
          dropped: [{ target: 'huggingface/a/b:novita', reason: 'no_tools' }],
        },
      ],
      estimates: { answerTokens: 100, maxAnswerTokens: 100 },
      bounds: { totalMs: 600_000, project: 'default' },
      config: expect.stringMatching(/\S/),
    })
    expect(gateway.calls).toEqual([])
  })

  test('of a ref that goes up as it is written tells whom the router may choose', async () => {
    const gateway = await start()
    const response = await explain(gateway, { ...ASK, model: 'a/b' })
    expect(await response.json()).toMatchObject({
      targets: [{ target: 'huggingface/a/b' }],
      models: [{ resolvedBy: 'router', routerMayChoose: [{ provider: 'groq' }, { provider: 'novita' }] }],
    })
  })

  test('is refused as the request itself would be', async () => {
    const gateway = await start()
    const response = await explain(gateway, { ...ASK, model: 'a/b', provider: { sort: 'x' } })
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ param: 'provider.sort' })
  })
})

test('the scoreboard shows what was seen of a provider', async () => {
  const gateway = await start()
  const scoreboard = async () => (await gateway.ask('/admin/scoreboard', { key: ADMIN_TOKEN })).json()
  expect(await scoreboard()).toEqual({ rows: [] })
  await (await gateway.chat({ ...STREAM, model: 'a/b:groq' })).text()
  await gateway.settled()
  expect(await scoreboard()).toEqual({
    rows: [
      {
        model: 'huggingface/a/b',
        provider: 'groq',
        attempts: 1,
        firstTokenMs: { p50: expect.any(Number), p95: expect.any(Number) },
        tokensPerSecond: null,
        failedShare: 0,
        brokenShare: 0,
        badToolShare: null,
        price: { input: 1, output: 3 },
        since: expect.stringMatching(/^\d{4}-/),
      },
    ],
  })
  expect((await gateway.ask('/admin/scoreboard')).status).toBe(401)
})
