import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { openChat } from '../support/raw-client.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

let simulator: Simulator
let gateway: Gateway

beforeAll(async () => {
  simulator = await startSimulator()
  const timeouts = { headersMs: 500, firstTokenMs: 500, idleMs: 1_000, totalMs: 3_000 }
  gateway = await startGateway({ upstreamUrl: simulator.url, config: { hugway: { timeouts, holdMs: 10_000 } } })
})

afterAll(async () => {
  await gateway?.close()
  await simulator?.close()
})

const word = (content: string, finishReason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finishReason }] })}\n\n`
const END = [word('', 'stop'), 'data: [DONE]\n\n']
const body = (model: string, simulate?: object) => ({
  model,
  models: [model, 'b/fallback'],
  stream: true,
  messages: [{ role: 'user', content: 'x' }],
  ...(simulate && { simulate }),
})
const targetOf = async (model: string) => (await openChat(gateway.url, body(model)).done).headers['x-hugway-target']

async function stateOf(target: string): Promise<unknown> {
  const headers = { authorization: 'Bearer test-admin-token' }
  const response = await fetch(`${gateway.url}/admin/targets`, { headers })
  const { targets } = (await response.json()) as { targets: { target: string; state: string }[] }
  return targets.find((one) => one.target === `huggingface/${target}`)
}

describe('clients that read nothing until their time is out', () => {
  const PADDING = 'x'.repeat(20_000)
  test.each<[title: string, provider: string]>([
    ['through the runtime’s pipe', 'groq'],
    ['event by event', 'unknown'],
  ])('cost the target nothing, %s', async (_title, provider) => {
    const model = `a/slow-${provider}`
    const headers = { 'content-type': 'text/event-stream', 'x-inference-provider': provider }
    const chunks = [...Array.from({ length: 1_000 }, (_, at) => word(`${at} ${PADDING}`)), ...END]
    simulator.script(() => ({ kind: 'raw', headers, chunks, delayMs: 1 }))
    const clients = Array.from({ length: 6 }, () => openChat(gateway.url, body(model)))
    await Promise.all(clients.map((client) => client.afterEvents(1)))
    for (const client of clients) client.pause()
    await sleep(10_000)
    for (const client of clients) client.reset()
    simulator.script(() => ({ kind: 'raw', headers, chunks: [word('Hello'), ...END] }))
    await sleep(500)
    expect(await stateOf(model)).not.toMatchObject({ state: 'open' })
    expect(await targetOf(model)).toBe(`huggingface/${model}`)
  })
})

test('streams that are still coming when their time is up say nothing of the target', async () => {
  simulator.script(() => undefined)
  const model = 'a/endless'
  const fault = { fault: 'endless', delayMs: 20 }
  const answers = await Promise.all(Array.from({ length: 6 }, () => openChat(gateway.url, body(model, fault)).done))
  for (const { body: text } of answers) expect(text).toContain('took longer than its total time')
  expect(await stateOf(model)).toBeUndefined()
})

test('a client that resets as the probe of a half-open breaker gives the probe back', async () => {
  const model = 'a/probed'
  const answer = {
    kind: 'raw',
    headers: { 'content-type': 'text/event-stream' },
    chunks: [word('Hello'), ...END],
  } as const
  simulator.script(({ model: asked }) => (asked === model ? { kind: 'raw', status: 500, chunks: ['{}'] } : answer))
  for (let request = 0; request < 5; request++) await targetOf(model)
  expect(await stateOf(model)).toMatchObject({ state: 'open' })
  await sleep(10_100)
  simulator.script(() => undefined)
  const probe = openChat(gateway.url, body(model, { fault: 'no_headers' }))
  await sleep(200)
  expect(await stateOf(model)).toMatchObject({ state: 'probing' })
  probe.reset()
  await sleep(500)
  expect(await stateOf(model)).toMatchObject({ state: 'half_open' })
  simulator.script(() => answer)
  expect(await targetOf(model)).toBe(`huggingface/${model}`)
}, 30_000)

test('a client that resets while KV is slow leaves one record, and nobody is asked for it', async () => {
  const cold = await startGateway({ upstreamUrl: simulator.url })
  try {
    cold.kv.fault = { kind: 'slow', ms: 800 }
    const asked = simulator.requests.length
    const chat = openChat(cold.url, { ...body('a/left-early'), stream: false })
    await sleep(300)
    chat.reset()
    await sleep(1_500)
    const records = cold.logs().filter(({ event }) => event === 'chat')
    expect(records).toMatchObject([{ end: 'client_gone', attempts: 0 }])
    expect(simulator.requests.length).toBe(asked)
  } finally {
    await cold.close()
  }
})

test.each([true, false])('a client that resets before the answer leaves one record (streamed: %s)', async (stream) => {
  simulator.script(() => undefined)
  const model = `a/left-${stream}`
  const chat = openChat(gateway.url, { ...body(model, { fault: 'no_headers' }), stream })
  await sleep(300)
  chat.reset()
  await sleep(700)
  const records = gateway.logs().filter(({ event, askedModel }) => event === 'chat' && askedModel === model)
  expect(records).toMatchObject([{ end: 'client_gone', attempts: 1 }])
  expect(simulator.requests.at(-1)?.closedAt).toBeDefined()
})
