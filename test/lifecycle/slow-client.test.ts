import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

let simulator: Simulator
let gateway: Gateway

beforeAll(async () => {
  simulator = await startSimulator()
  const models = { 'huggingface/a/short': { timeouts: { totalMs: 3_000 } } }
  const config = { hugway: { timeouts: { idleMs: 2_000 }, models } }
  gateway = await startGateway({ upstreamUrl: simulator.url, config })
})

afterAll(async () => {
  await gateway?.close()
  await simulator?.close()
})

const PADDING = 'x'.repeat(20_000)
const event = (delta: object, finishReason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finishReason }] })}\n\n`
/** More than the sockets on the way hold, so that a client that does not read is waited for. */
const CHUNKS = [
  event({ role: 'assistant', content: '' }),
  ...Array.from({ length: 1_000 }, (_, index) => event({ content: `${index} ${PADDING}` })),
  event({}, 'stop'),
  'data: [DONE]\n\n',
]

async function openStream(model = 'a/slow'): Promise<IncomingMessage> {
  const headers = { authorization: 'Bearer test-key' }
  const asked = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', agent: false, headers })
  const messages = [{ role: 'user', content: 'x' }]
  asked.end(JSON.stringify({ model, stream: true, stream_options: { include_usage: true }, messages }))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return response
}

test.each<[title: string, provider: string]>([
  ['through the runtime’s pipe', 'groq'],
  ['event by event', 'unknown'],
])('a client that pauses for longer than the upstream may gets every byte, %s', async (_title, provider) => {
  const headers = { 'content-type': 'text/event-stream', 'x-inference-provider': provider }
  simulator.script(() => ({ kind: 'raw', headers, chunks: CHUNKS, delayMs: 2 }))
  const response = await openStream()
  response.pause()
  await sleep(4_000)
  let text = ''
  for await (const piece of response) text += piece
  expect(text.length).toBe(CHUNKS.join('').length)
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
})

test.each<[title: string, provider: string]>([
  ['through the runtime’s pipe', 'groq'],
  ['event by event', 'unknown'],
])('a client that never reads is ended by its times, with one record, %s', async (_title, provider) => {
  const headers = { 'content-type': 'text/event-stream', 'x-inference-provider': provider }
  simulator.script(() => ({ kind: 'raw', headers, chunks: CHUNKS, delayMs: 2 }))
  const records = () =>
    gateway.logs().filter(({ event: name, target }) => name === 'chat' && /short/.test(String(target)))
  const before = records().length
  const response = await openStream('a/short')
  response.pause()
  const isEnded = new Promise((resolve) => response.once('close', resolve))
  const startedAt = performance.now()
  while (records().length === before && performance.now() - startedAt < 15_000) await sleep(50)
  expect(records().slice(before)).toHaveLength(1)
  expect(['out_of_time', 'client_gone']).toContain(records().at(-1)?.['end'])
  response.resume()
  response.on('error', () => {})
  await isEnded
  await sleep(500)
  expect(records().slice(before)).toHaveLength(1)
})

const LESS = [...CHUNKS.slice(0, 40), ...CHUNKS.slice(-2)]
/** Signs of life of the gateway's. */
const SILENCE = /data: [^\n]*"delta":\{\},"finish_reason":null\}\]\}\n\n/g

test.each<[title: string, provider: string]>([
  ['through the runtime’s pipe', 'groq'],
  ['event by event', 'unknown'],
])('an answer whose provider never hangs up comes whole to a client that pauses, %s', async (_title, provider) => {
  const headers = { 'content-type': 'text/event-stream', 'x-inference-provider': provider }
  const [then, chunks] = ['hang' as const, LESS.slice(0, -1)]
  simulator.script(() => ({ kind: 'raw', headers, chunks, delayMs: 2, then }))
  const response = await openStream('a/open')
  response.pause()
  await sleep(7_000) // until the gateway has given the provider up
  let text = ''
  for await (const piece of response) text += piece
  expect(text.replace(SILENCE, '').length).toBe(LESS.join('').length)
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
})
