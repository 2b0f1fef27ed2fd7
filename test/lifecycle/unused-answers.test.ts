import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
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
  const statuses = await Promise.all(Array.from({ length: 2_000 }, (_, index) => chat(urls[index % urls.length] ?? '')))
  expect(upstream.costNanoUsd()).toBeLessThanOrEqual(BUDGET_NANO_USD)
  const answered = statuses.filter((status) => status === 200).length
  expect(answered).toBeGreaterThan(10)
  // Some were answered by their second call, and none was made that the ledger does not know.
  expect(upstream.calls()).toBeGreaterThan(answered)
  const admin = { headers: { authorization: 'Bearer test-admin-token' } }
  let told = 0
  for (let tries = 0; tries < 30 && told !== upstream.costNanoUsd(); tries++) {
    await sleep(500)
    const usage = (await (await fetch(`${gateway.url}/admin/usage`, admin)).json()) as {
      total: { costNanoUsd: number }
    }
    told = usage.total.costNanoUsd
  }
  expect(told).toBe(upstream.costNanoUsd())
  // The rest is free again.
  const text = await (await fetch(`${gateway.url}/admin/projects`, admin)).text()
  expect(JSON.parse(text).projects[0].budget).toMatchObject({ spentNanoUsd: told, heldNanoUsd: 0 })
}, 120_000)
