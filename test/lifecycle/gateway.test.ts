import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

let simulator: Simulator
let gateway: Gateway
beforeAll(async () => {
  simulator = await startSimulator({ tokenDelayMs: 1 })
  gateway = await startGateway({ upstreamUrl: simulator.url, config: { hugway: { holdMs: 1000 } } })
})
afterAll(async () => {
  await gateway.close()
  await simulator.close()
})

const ask = (more: object) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'Qwen/Qwen3-8B', messages: [{ role: 'user', content: 'hi' }], ...more }),
  })

test('what is deployed answers in bare workerd, whole', async () => {
  const response = await ask({ simulate: { fault: 'none', text: 'All of it.' } })
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'All of it.' } }] })
})

test('what is deployed answers in bare workerd, streamed', async () => {
  const response = await ask({ stream: true })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  expect(response.headers.get('x-hugway-target')).toBe('huggingface/Qwen/Qwen3-8B')
  expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/)
  expect(simulator.requests.at(-1)?.headers['authorization']).toBe('Bearer hf_test_token')
})

test('the Worker reads its configuration over the KV protocol, and its log lines are seen', async () => {
  await ask({})
  expect(gateway.kv.reads.get('config')).toBeGreaterThan(0)
  expect(gateway.logs()).toContainEqual(expect.objectContaining({ event: 'chat', end: 'whole' }))
})

test('the gateway that is closed is gone', async () => {
  const other = await startGateway({ upstreamUrl: simulator.url })
  await other.close()
  expect(() => process.kill(other.pid, 0)).toThrow()
})
