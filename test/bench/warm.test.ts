import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bundleDirectory } from '../support/build-bundle.ts'
import { type ScriptedKv, startScriptedKv } from '../support/scripted-kv.ts'
import { routerModels } from './router-models.ts'
import { WHOLE_ANSWER } from './shape.ts'
import { type RunningWorker, startWorker } from './start-worker.ts'

/** The deployed Worker under a clock that a request to `/later?ms=` puts forward: nobody waits for an hour here. */
const CLOCK = `import worker from './worker.js'
let ahead = 0
const now = Date.now
Date.now = () => now() + ahead
export default {
  fetch(request, env, ctx) {
    const url = new URL(request.url)
    if (url.pathname !== '/later') return worker.fetch(request, env, ctx)
    ahead += Number(url.searchParams.get('ms'))
    return new Response(String(ahead))
  },
}`
const AT_ONCE = 64
/** How late KV and the router are while a value is renewed; whoever waited for one of them would show it. */
const LATE_MS = 1_200
const KV_KEY = 'a-key-of-kv'

let [chats, lists, lateMs] = [0, 0, 0]
const router = createServer(async (request, response) => {
  const isChat = request.method === 'POST'
  if (isChat) chats++
  else lists++
  request.resume()
  if (!isChat) await sleep(lateMs)
  response.setHeader('content-type', 'application/json')
  response.end(isChat ? WHOLE_ANSWER : JSON.stringify(routerModels()))
})

let kv: ScriptedKv
let worker: RunningWorker
beforeAll(async () => {
  await new Promise<void>((resolve) => router.listen(0, '127.0.0.1', resolve))
  kv = await startScriptedKv()
  kv.set('config', { hugway: { holdMs: 1_000 } })
  kv.set(`key:${createHash('sha256').update(KV_KEY).digest('hex')}`, { name: 'a client' })
  const modules = { 'clock.js': CLOCK, 'worker.js': readFileSync(join(await bundleDirectory(), 'worker.js'), 'utf8') }
  const HF_BASE_URL = `http://127.0.0.1:${(router.address() as AddressInfo).port}/v1`
  const bindings = { HF_BASE_URL, HF_TOKEN: 'hf_test_token', HUGWAY_API_KEY: 'test-key' }
  worker = await startWorker({ modules, bindings, kvPort: kv.port })
})
beforeEach(() => {
  kv.fault = undefined
  lateMs = 0
})
afterAll(async () => {
  await worker.close()
  await kv.close()
  router.closeAllConnections()
  router.close()
})

const later = (ms: number) => fetch(`${worker.url}/later?ms=${ms}`)
const headersOf = (key: string) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' })
const chat = (key = 'test-key') =>
  fetch(`${worker.url}/v1/chat/completions`, {
    method: 'POST',
    headers: headersOf(key),
    body: JSON.stringify({ model: 'Qwen/Qwen3-8B', messages: [{ role: 'user', content: 'hi' }] }),
  })
const list = (key = 'test-key') => fetch(`${worker.url}/v1/models`, { headers: headersOf(key) })
const readsOf = () => [...kv.reads.values()].reduce((sum, reads) => sum + reads, 0)

/** So many calls at once: their statuses, and how long the slowest took. */
async function crowd(call: () => Promise<Response>): Promise<{ statuses: number[]; slowestMs: number }> {
  const one = async () => {
    const startedAt = performance.now()
    const response = await call()
    await response.arrayBuffer()
    return { status: response.status, ms: performance.now() - startedAt }
  }
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, one))
  return {
    statuses: [...new Set(answers.map(({ status }) => status))],
    slowestMs: Math.max(...answers.map(({ ms }) => ms)),
  }
}

test('a chat in a warm isolate reads nothing of KV and makes one call', async () => {
  await crowd(chat)
  await crowd(() => chat(KV_KEY))
  await crowd(list)
  const before = { reads: readsOf(), chats, lists }
  for (const call of [chat, () => chat(KV_KEY), list]) expect(await crowd(call)).toMatchObject({ statuses: [200] })
  expect({ reads: readsOf(), chats, lists }).toEqual({ ...before, chats: before.chats + 2 * AT_ONCE })
})

// Copies serve while they are renewed only up to an age that bounds how long a change may go unseen: a minute for the
// configuration, half of one for a key. After an hour both are read first, so there the router alone is late.
test.each<[what: string, afterMs: number, call: () => Promise<Response>, key: string]>([
  ['the configuration', 20_000, chat, 'config'],
  ['a client key', 20_000, () => chat(KV_KEY), 'key:'],
  ['the catalog', 3_600_000, list, 'catalog'],
])('when %s runs out under 64 requests at once nobody waits and nobody fails', async (_what, afterMs, call, key) => {
  const isWarm = await crowd(call)
  await sleep(50)
  const readsOfKey = () =>
    [...kv.reads].filter(([name]) => name.startsWith(key)).reduce((sum, [, reads]) => sum + reads, 0)
  const before = readsOfKey()
  await later(afterMs)
  if (key !== 'catalog') kv.fault = { kind: 'slow', ms: LATE_MS }
  lateMs = LATE_MS
  const { statuses, slowestMs } = await crowd(call)
  expect([isWarm.statuses, statuses]).toEqual([[200], [200]])
  expect(slowestMs).toBeLessThan(LATE_MS)
  expect(readsOfKey() - before, 'it is renewed, and not by everyone').toBe(1)
  await sleep(2 * LATE_MS + 300) // until it is
  kv.fault = undefined
  expect(await crowd(call)).toMatchObject({ statuses: [200] })
})
