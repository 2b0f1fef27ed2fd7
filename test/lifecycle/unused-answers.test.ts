import { Agent, request } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { COUNTED_CATALOG, COUNTED_MODEL, startCountingUpstream } from '../support/counting-upstream.ts'
import { startGateway } from '../support/start-gateway.ts'

const closing: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close()
})

const BUDGET_NANO_USD = 200_000_000
const agent = new Agent({ keepAlive: true, maxSockets: 2_000 })
const BODY = JSON.stringify({ messages: [{ role: 'user', content: 'a burst' }], max_tokens: 2_000 })

/** The status of one chat; 0 where the connection broke. */
function chat(url: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { authorization: 'Bearer test-key', 'content-type': 'application/json' }
    const call = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('close', () => resolve(response.complete ? (response.statusCode ?? 0) : 0))
    })
    call.once('error', () => resolve(0))
    call.end(BODY)
  })
}

test('a budget is not passed by two thousand requests of which a third are answered uselessly first', async () => {
  const upstream = await startCountingUpstream(50, (call) => call % 3 === 0)
  closing.push(upstream)
  const model = { primary: COUNTED_MODEL, fallbacks: [`${COUNTED_MODEL}:counter`] }
  const config = {
    agents: { defaults: { model } },
    hugway: { projects: { default: { budget: { usd: 0.2, per: 'total' } } } },
  }
  const gateway = await startGateway({ upstreamUrl: upstream.url, config, isolates: 4 })
  gateway.kv.set('catalog:v1', COUNTED_CATALOG)
  closing.push(gateway)
  const { urls } = gateway
  // Each isolate has read its configuration and the prices before the burst.
  for (const url of urls) expect(await chat(url)).toBe(200)
  const statuses = await Promise.all(Array.from({ length: 2_000 }, (_, index) => chat(urls[index % urls.length] ?? '')))
  expect(upstream.costNanoUsd()).toBeLessThanOrEqual(BUDGET_NANO_USD)
  const answered = statuses.filter((status) => status === 200).length
  expect(answered).toBeGreaterThan(10)
  // Some were answered by their second call, and none was made that the ledger does not know.
  expect(upstream.calls()).toBeGreaterThan(answered)
  const admin = { headers: { authorization: 'Bearer test-admin-token' } }
  const budget = async () =>
    JSON.parse(await (await fetch(`${gateway.url}/admin/projects`, admin)).text()).projects[0].budget
  // The rest is free again when the leases have ended.
  const settled = { spentNanoUsd: upstream.costNanoUsd(), heldNanoUsd: 0 }
  await vi.waitFor(async () => expect(await budget()).toMatchObject(settled), { timeout: 60_000, interval: 500 })
  const usage = JSON.parse(await (await fetch(`${gateway.url}/admin/usage`, admin)).text())
  expect(usage.total.costNanoUsd).toBe(upstream.costNanoUsd())
}, 120_000)
