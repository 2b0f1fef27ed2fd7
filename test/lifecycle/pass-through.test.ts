import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

let simulator: Simulator
let gateway: Gateway

beforeAll(async () => {
  simulator = await startSimulator()
  const config = { hugway: { timeouts: { idleMs: 1_000 } } }
  gateway = await startGateway({ upstreamUrl: simulator.url, config })
})

afterAll(async () => {
  await gateway?.close()
  await simulator?.close()
})

const event = (data: object | string) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const word = (content: string, more: object = {}) => event({ choices: [{ index: 0, delta: { content } }], ...more })
const FIRST = event({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Words:' } }] })
const words = (count: number, more?: object) => [
  FIRST,
  ...Array.from({ length: count }, (_, at) => word(` word${at}`, more)),
]
const finish = (reason: string) => event({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })
const DONE = event('[DONE]')
const END = [finish('stop'), DONE]

type Options = { readonly provider?: string; readonly delayMs?: number; readonly then?: 'end' | 'reset' | 'hang' }

/** What a client gets of a stream that the runtime passes through, and whether it was cut. */
async function readStream(
  chunks: readonly string[],
  { provider = 'groq', delayMs = 8, then = 'end' }: Options = {},
): Promise<{ text: string; isCut: boolean; tookMs: number }> {
  const headers = { 'content-type': 'text/event-stream', 'x-inference-provider': provider }
  simulator.script(() => ({ kind: 'raw', headers, chunks, delayMs, then }))
  const startedAt = performance.now()
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key' },
    body: JSON.stringify({
      model: 'a/passed',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'x' }],
    }),
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

describe('a provider that has sent fifty clean streams is not looked at after the commit point', () => {
  /** Each test has a provider of its own, for one that is not clean loses the trust. */
  async function wellKnown(provider: string): Promise<string> {
    for (let count = 0; count < 50; count++) await readStream([FIRST, ...END], { provider, delayMs: 0 })
    return provider
  }

  test('its whole answers are whole', async () => {
    const provider = await wellKnown('one-that-is-fine')
    const chunks = [...words(10), ...END]
    expect(await readStream(chunks, { provider })).toMatchObject({ text: chunks.join(''), isCut: false })
  })

  test('a missing [DONE] is added', async () => {
    const provider = await wellKnown('one-without-done')
    const chunks = [...words(10), finish('stop')]
    expect(await readStream(chunks, { provider })).toMatchObject({ text: chunks.join('') + DONE, isCut: false })
  })

  test.each<[what: string, then: 'end' | 'reset' | 'hang', why: RegExp]>([
    ['an early end', 'end', /closed the stream early/],
    ['a reset', 'reset', /closed the stream early/],
    ['silence', 'hang', /fell silent/],
  ])('%s ends in an error event and a cut', async (what, then, why) => {
    const provider = await wellKnown(`one-with-${what.replace(' ', '-')}`)
    const { text, isCut } = await readStream(words(10), { provider, then })
    expect(isCut).toBe(true)
    expect(text).not.toContain('[DONE]')
    expect(text.startsWith(words(10).join(''))).toBe(true)
    expect(text.slice(words(10).join('').length)).toMatch(/"error":\{/)
    expect(text.slice(words(10).join('').length)).toMatch(why)
  })

  test('a finish reason that no client knows goes through once, and is translated from then on', async () => {
    const provider = await wellKnown('one-that-changes')
    const chunks = [...words(10), finish('eos_token'), DONE]
    expect((await readStream(chunks, { provider })).text).toContain('eos_token')
    expect((await readStream(chunks, { provider })).text).toContain('"finish_reason":"stop"')
  })
})
