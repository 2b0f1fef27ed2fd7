import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { admin, budgetOf, CENT, countedGateways, type Usage } from './support/counted-gateway.ts'

const counted = countedGateways()
/** The deployment's key is of a project with a budget of one cent; a key of the project `free` is bound by nothing. */
const PROJECTS = { default: budgetOf(0.01), free: {} }

const BODY = JSON.stringify({ messages: [{ role: 'user', content: 'hi' }], max_tokens: 100 })

async function chat(url: string, key = 'test-key') {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const began = Date.now()
  const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: BODY })
  const body = (await response.json()) as { readonly error?: { readonly code: string } }
  return { status: response.status, code: body.error?.code, ms: Date.now() - began }
}

const ledgerThat = (does: string) => `
import { DurableObject } from 'cloudflare:workers'
export class ProjectLedger extends DurableObject {
  async exchange() { ${does} }
  async report() { ${does} }
}
export default { fetch: () => new Response(null, { status: 404 }) }
`

describe.each([
  ['throws', ledgerThat("throw new Error('broken')")],
  ['does not answer', ledgerThat('await new Promise((resolve) => setTimeout(resolve, 60_000))')],
])('while an object %s', (_what, ledgerModule) => {
  test('a bounded key is refused within seconds, also a hundred times at once, and nobody is asked for it', async () => {
    const { upstream, gateway } = await counted.start({ projects: PROJECTS, ledgerModule })
    const all = await Promise.all(Array.from({ length: 100 }, () => chat(gateway.url)))
    expect(all.filter(({ status, code }) => status === 503 && code === 'ledger_unavailable')).toHaveLength(100)
    expect(Math.max(...all.map(({ ms }) => ms))).toBeLessThan(10_000)
    expect(upstream.calls()).toBe(0)
  }, 60_000)

  test('a key without bounds is served as ever', async () => {
    const { upstream, gateway } = await counted.start({ projects: PROJECTS, ledgerModule })
    const { key } = await admin<{ key: string }>(gateway, '/admin/keys', { name: 'free', project: 'free' })
    const { status, ms } = await chat(gateway.url, key)
    expect(status).toBe(200)
    expect(ms).toBeLessThan(2_000)
    expect(upstream.calls()).toBe(1)
  }, 60_000)
})

test('a deployment whose binding was taken away serves without limits, and says so', async () => {
  const { upstream, gateway } = await counted.start({ projects: PROJECTS, hasLedger: false })
  expect((await chat(gateway.url)).status).toBe(200)
  expect(upstream.calls()).toBe(1)
  expect(gateway.logs().filter(({ event }) => event === 'limits_not_held')).toHaveLength(1)
  expect(JSON.stringify(await admin(gateway, '/health'))).toMatch(/ledger|limits/i)
})

/** The real object: of its answers some are lost, some of its calls come twice, and its clock is set back by an hour. */
const FLAKY = `
import worker, { ProjectLedger as Real } from './worker.js'
const now = Date.now
let [calls, setBackMs] = [0, 0]
Date.now = () => now() - setBackMs
export class ProjectLedger extends Real {
  async exchange(call) {
    calls += 1
    if (calls === 20) setBackMs = 3_600_000
    if (calls % 7 === 0) await super.exchange(call)
    const answer = await super.exchange(call)
    if (calls % 5 === 0) throw new Error('its answer was lost')
    return answer
  }
}
export default worker
`

test('two thousand requests at once through several isolates pass no cent, while an object loses answers and hears calls twice', async () => {
  const { upstream, gateway } = await counted.start({ projects: PROJECTS, ledgerModule: FLAKY, isolates: 4 })
  const urls = Array.from({ length: 2_000 }, (_, index) => gateway.urls[index % 4] ?? '')
  const statuses = (await Promise.all(urls.map((url) => chat(url)))).map(({ status }) => status)
  expect(upstream.calls()).toBeGreaterThan(10)
  expect(statuses.filter((status) => status === 200)).toHaveLength(upstream.calls())
  expect(statuses.filter((status) => ![200, 402, 429, 503].includes(status))).toEqual([])
  expect(upstream.costNanoUsd()).toBeLessThanOrEqual(CENT)
  let usage = await admin<Usage>(gateway, '/admin/usage')
  for (let tries = 0; usage.total.requests < 2_000 && tries < 60; tries++) {
    await sleep(500)
    usage = await admin<Usage>(gateway, '/admin/usage')
  }
  const { total, unbooked } = usage
  expect({ ...total, unbooked }).toMatchObject({ requests: 2_000, costNanoUsd: upstream.endedNanoUsd(), unbooked: 0 })
  await chat(gateway.url)
  expect(upstream.costNanoUsd()).toBeLessThanOrEqual(CENT)
}, 120_000)
