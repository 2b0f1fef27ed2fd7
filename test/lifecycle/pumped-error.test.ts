import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

let simulator: Simulator
let gateway: Gateway

beforeAll(async () => {
  simulator = await startSimulator()
  gateway = await startGateway({ upstreamUrl: simulator.url })
})

afterAll(async () => {
  await gateway?.close()
  await simulator?.close()
})

const event = (data: object | string) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const word = (content: string, more: object = {}) => event({ choices: [{ index: 0, delta: { content } }], ...more })
const words = (count: number, more?: object) => Array.from({ length: count }, (_, at) => word(` word${at}`, more))
const END = [event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }), event('[DONE]')]

/** What a client gets of a stream that the runtime pumps, and whether it was cut. */
async function readStream(chunks: readonly string[]): Promise<{ text: string; isCut: boolean; tookMs: number }> {
  const headers = { 'content-type': 'text/event-stream', 'x-inference-provider': 'groq' }
  simulator.script(() => ({ kind: 'raw', headers, chunks, delayMs: 8 }))
  const startedAt = performance.now()
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key' },
    body: JSON.stringify({ model: 'a/pumped', stream: true, messages: [{ role: 'user', content: 'x' }] }),
  })
  let text = ''
  let isCut = false
  try {
    for await (const piece of response.body ?? []) text += new TextDecoder().decode(piece)
  } catch {
    isCut = true
  }
  return { text, isCut, tookMs: performance.now() - startedAt }
}

test('a provider that goes on after its error is cut off, and not waited for', async () => {
  const { text, isCut, tookMs } = await readStream([
    ...words(60),
    event({ error: { message: 'the provider is overloaded' } }),
    ...words(1_000),
    ...END,
  ])
  expect(text).toContain('the provider is overloaded')
  expect(text).not.toContain('[DONE]')
  expect(isCut).toBe(true)
  expect(tookMs).toBeLessThan(5_000) // all of it would take eight seconds and a half
  await sleep(100)
  expect(gateway.logs()).toContainEqual(expect.objectContaining({ event: 'chat', end: 'upstream_error' }))
})

test.each<[what: string, beside: object]>([
  ['null', { error: null }],
  ['an empty text', { error: '' }],
  ['a measure of that name', { timings: { error: { margin: 1 } } }],
])('what only looks like an error beside every event is none: %s', async (_what, beside) => {
  const { text, isCut } = await readStream([...words(180, beside), ...END])
  expect(isCut).toBe(false)
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
})

test('words about errors are none', async () => {
  const { text, isCut } = await readStream([
    ...words(60),
    word('{"error": {"message": "x"}}\nevent: error\n'),
    ...words(40),
    ...END,
  ])
  expect(isCut).toBe(false)
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
})
