import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleDirectory } from '../support/build-bundle.ts'
import { type ScriptedKv, startScriptedKv } from '../support/scripted-kv.ts'
import { chatBody } from './bodies.ts'
import { makeCall } from './load.ts'
import { eventsOf } from './shape.ts'
import { type RunningWorker, startWorker } from './start-worker.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** The deployed Worker, and how often JavaScript has waited for a piece of a stream, or for one to be written. */
const COUNTED = `import worker from './worker.js'
let wakes = 0
const count = (type, method) => {
  const original = type.prototype[method]
  type.prototype[method] = function (...given) {
    wakes++
    return original.apply(this, given)
  }
}
for (const type of [ReadableStreamDefaultReader, ReadableStreamBYOBReader]) count(type, 'read')
count(WritableStreamDefaultWriter, 'write')
export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== '/wakes') return worker.fetch(request, env, ctx)
    const said = String(wakes)
    wakes = 0
    return new Response(said)
  },
}`
const EVENTS = 200

let upstream: Upstream
let kv: ScriptedKv
let worker: RunningWorker
beforeAll(async () => {
  upstream = await startUpstream()
  kv = await startScriptedKv()
  const text = readFileSync(join(await bundleDirectory(), 'worker.js'), 'utf8')
  const bindings = { HF_BASE_URL: upstream.url, HF_TOKEN: 'hf_test_token', HUGWAY_API_KEY: 'test-key' }
  worker = await startWorker({ modules: { 'counted.js': COUNTED, 'worker.js': text }, bindings, kvPort: kv.port })
})
afterAll(async () => {
  await worker.close()
  await kv.close()
  upstream.close()
})

/** Streams one answer of 200 tokens, each its own packet, and says how often that has woken JavaScript. */
async function wakesOfStream(provider: string, events = EVENTS): Promise<number> {
  await upstream.shape({ kind: 'stream', events, paceMs: 3, provider })
  await makeCall({ url: `${worker.url}/wakes`, method: 'GET', headers: {} })
  const headers = { 'content-type': 'application/json', authorization: 'Bearer test-key' }
  const body = chatBody(1_024, 'chat', {
    model: 'bench-org/Model',
    stream: true,
    stream_options: { include_usage: true },
  })
  const answer = await makeCall({ url: `${worker.url}/v1/chat/completions`, method: 'POST', headers, body })
  expect(answer).toMatchObject({ status: 200, events: eventsOf(events), hasEnd: true })
  return Number(await (await fetch(`${worker.url}/wakes`)).text())
}

test('a stream of an unknown provider wakes JavaScript for its first 8 packets, and then once in 40 ms', async () => {
  const wakes = await wakesOfStream('somebody-new')
  expect(wakes).toBeGreaterThan(2 * 8)
  expect(wakes).toBeLessThan(EVENTS / 2)
})

test('a stream of a known provider wakes it for its first 32 packets, and then once a second', async () => {
  expect(await wakesOfStream('groq')).toBeLessThan(2 * (32 + 4) + 10)
})

test('after many clean streams, only until the commit point', async () => {
  for (let count = 0; count < 50; count++) await wakesOfStream('groq', 1)
  expect(await wakesOfStream('groq')).toBeLessThan(20)
})
