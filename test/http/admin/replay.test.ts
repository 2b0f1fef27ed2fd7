import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { CATALOG_KEY } from '../../../src/kv/schema.ts'
import { ADMIN_TOKEN, ASK, errorOf, LEDGER, startGateway, useGateway, WHOLE } from '../support/gateway.ts'

useGateway()

const offer = (provider: string, input: number) => ({ provider, status: 'live', pricing: { input, output: input } })
const MODELS = [{ id: 'a/b', providers: [offer('groq', 3), offer('novita', 1)] }]

test('a draft is held against the latest requests, without their content and without asking anybody', async () => {
  await env.HUGWAY_KV.put(CATALOG_KEY, JSON.stringify({ fetchedAt: Date.now() - 1_000, models: MODELS }))
  const gateway = await startGateway(
    () => new Response(WHOLE, { headers: { 'content-type': 'application/json' } }),
    LEDGER,
  )
  await gateway.chat({ ...ASK, model: 'a/b' })
  await gateway.chat({ ...ASK, model: 'a/b:groq' })
  await gateway.settled()
  gateway.calls.length = 0
  const validate = (query: string) =>
    gateway.ask(`/admin/config/validate${query}`, {
      method: 'POST',
      key: ADMIN_TOKEN,
      body: JSON.stringify({ hugway: { routing: { provider: { sort: 'price' } } } }),
    })
  expect(await (await validate('?replay=1')).json()).toMatchObject({
    valid: true,
    replay: {
      requests: 2,
      unchanged: 1,
      elsewhere: [{ asked: 'a/b', from: 'huggingface/a/b', to: 'huggingface/a/b:novita', requests: 1 }],
      refused: [],
    },
  })
  expect(await (await validate('?replay=1&last=1')).json()).toMatchObject({ replay: { requests: 1, unchanged: 1 } })
  expect(await (await validate('')).json()).not.toHaveProperty('replay')
  const refused = await validate('?replay=1&last=0')
  expect([refused.status, (await errorOf(refused)).param]).toEqual([400, 'last'])
  expect(gateway.calls).toEqual([])
})
