import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import {
  COUNTED_CATALOG,
  COUNTED_MODEL,
  type CountingUpstream,
  startCountingUpstream,
} from '../support/counting-upstream.ts'
import { type Gateway, type GatewayOptions, readAhead, startGateway } from '../support/start-gateway.ts'

const closing: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close()
})

const CENT = 10_000_000
const config = (usd: number) => ({
  agents: { defaults: { model: COUNTED_MODEL } },
  hugway: { projects: { default: { budget: { usd, per: 'total' } } } },
})

async function start(usd: number, options: Partial<GatewayOptions> = {}, upstream?: CountingUpstream) {
  const counted = upstream ?? (await startCountingUpstream())
  if (!upstream) closing.push(counted)
  const gateway = await startGateway({ upstreamUrl: counted.url, config: config(usd), ...options })
  gateway.kv.set('catalog:v1', COUNTED_CATALOG)
  closing.push(gateway)
  await readAhead(gateway)
  return { upstream: counted, gateway }
}

const agent = new Agent({ keepAlive: true, maxSockets: 2_000 })
const BODY = JSON.stringify({ messages: [{ role: 'user', content: 'a burst' }], max_tokens: 100 })

/** The status of one chat; 0 where the connection broke. */
function chat(url: string, body = BODY): Promise<number> {
  return new Promise((resolve) => {
    const headers = { authorization: 'Bearer test-key', 'content-type': 'application/json' }
    const call = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('close', () => resolve(response.complete ? (response.statusCode ?? 0) : 0))
    })
    call.once('error', () => resolve(0))
    call.end(body)
  })
}

const burst = ({ urls }: Gateway, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => chat(urls[index % urls.length] ?? '')))

const countOf = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length

async function admin<T>({ url }: Gateway, path: string): Promise<T> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: 'Bearer test-admin-token' } })
  return (await response.json()) as T
}

type Usage = { readonly total: { readonly costNanoUsd: number; readonly requests: number }; readonly unbooked: number }

/** The ledger's sum of what ended whole, once everything that goes on after the answers is done. */
async function settledUsage(gateway: Gateway, wanted: number): Promise<Usage> {
  for (let tries = 0; ; tries++) {
    const usage = await admin<Usage>(gateway, '/admin/usage')
    if (usage.total.costNanoUsd === wanted || tries === 30) return usage
    await sleep(500)
  }
}

describe('a budget of one cent', () => {
  test('is not passed by two thousand requests at once through several isolates, and nothing is lost of it', async () => {
    const { upstream, gateway } = await start(0.01, { isolates: 4 })
    const statuses = await burst(gateway, 2_000)
    expect(upstream.costNanoUsd()).toBeLessThanOrEqual(CENT)
    expect(countOf(statuses, 200)).toBe(upstream.calls())
    expect(upstream.calls()).toBeGreaterThan(10)
    expect(countOf(statuses, 200) + countOf(statuses, 402) + countOf(statuses, 429)).toBe(2_000)
    const usage = await settledUsage(gateway, upstream.endedNanoUsd())
    expect(usage).toMatchObject({ total: { costNanoUsd: upstream.endedNanoUsd() }, unbooked: 0 })
    // What was held came back, so that the budget is used up to the last request that fits.
    for (let tries = 0; tries < 10; tries++) await chat(gateway.url)
    const [project] = (
      await admin<{ projects: { budget: { remainingNanoUsd: number } }[] }>(gateway, '/admin/projects')
    ).projects
    expect(upstream.costNanoUsd()).toBeLessThanOrEqual(CENT)
    expect(project?.budget.remainingNanoUsd).toBeLessThan(CENT / 2)
  }, 120_000)

  test('is not passed when workerd is killed in the middle, twice', async () => {
    const upstream = await startCountingUpstream(400)
    closing.push(upstream)
    const objectsPath = mkdtempSync(join(tmpdir(), 'hugway-objects-'))
    try {
      for (let life = 0; life < 3; life++) {
        const { gateway } = await start(0.01, { objectsPath, isolates: 2 }, upstream)
        const all = burst(gateway, 60)
        await sleep(150 + 100 * life)
        if (life < 2) process.kill(gateway.pid, 'SIGKILL')
        await all
        expect(upstream.costNanoUsd()).toBeLessThanOrEqual(CENT)
      }
      expect(upstream.calls()).toBeGreaterThan(0)
    } finally {
      for (const one of closing.splice(0).reverse()) await one.close()
      rmSync(objectsPath, { recursive: true, force: true })
    }
  }, 120_000)
})

test('five clients spend of one budget, and the ledger tells it to the nanodollar', async () => {
  const { upstream, gateway } = await start(10, { isolates: 3 })
  const client = async (index: number) => {
    for (let turn = 0; turn < 20; turn++) {
      const content = 'x'.repeat(1 + index * 37 + turn)
      const body = JSON.stringify({ messages: [{ role: 'user', content }], max_tokens: 10 + turn })
      expect(await chat(gateway.urls[(index + turn) % 3] ?? '', body)).toBe(200)
    }
  }
  await Promise.all([0, 1, 2, 3, 4].map(client))
  const usage = await settledUsage(gateway, upstream.costNanoUsd())
  expect(usage).toMatchObject({ total: { costNanoUsd: upstream.costNanoUsd(), requests: 100 }, unbooked: 0 })
}, 120_000)
