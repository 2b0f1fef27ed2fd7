import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { TEXT } from './support/cast.ts'
import { readStream } from './support/read-openai.ts'
import { API_KEY, playCast } from './support/start-pair.ts'
import { startWranglerDev, type WranglerDev } from './support/start-wrangler-dev.ts'

let simulator: Simulator
let dev: WranglerDev
let client: OpenAI
beforeAll(async () => {
  simulator = await startSimulator({ tokenDelayMs: 1 })
  playCast(simulator)
  dev = await startWranglerDev(simulator.url)
  client = new OpenAI({ apiKey: API_KEY, baseURL: `${dev.url}/v1` })
})
afterAll(async () => {
  await dev.close()
  await simulator.close()
})

const order = { model: 'test/text', messages: [{ role: 'user' as const, content: 'hi' }] }

test('wrangler dev answers a chat', async () => {
  const { choices, usage } = await client.chat.completions.create(order)
  expect(choices[0]?.message.content).toBe(TEXT)
  expect(usage?.total_tokens).toBeGreaterThan(0)
})

test('wrangler dev answers a stream, token by token', async () => {
  const { text, finishReasons, events } = await readStream(
    await client.chat.completions.create({ ...order, stream: true }),
  )
  expect({ text, finishReasons }).toEqual({ text: TEXT, finishReasons: ['stop'] })
  expect(events).toBeGreaterThan(5)
})

test('wrangler dev lists models, and keeps the list in its local KV', async () => {
  const lists = () => simulator.requests.filter(({ path }) => path === '/v1/models').length
  expect((await client.models.list()).data.length).toBeGreaterThan(10)
  const asked = lists()
  expect((await client.models.retrieve('huggingface/Qwen/Qwen3-8B')).id).toBe('huggingface/Qwen/Qwen3-8B')
  expect(lists()).toBe(asked)
})
