import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { currentModels, refreshCatalog } from '../../../src/gateway/catalog/refresh-catalog.ts'
import { createRouterClient } from '../../../src/huggingface/router-client.ts'
import { type CatalogMemory, createCatalogStore } from '../../../src/kv/catalog-store.ts'
import { keepLog, keepWork, manualClock, probeKv } from '../../kv/support/deps.ts'

beforeEach(() => reset())

const MINUTE = 60_000
const list = (id: string) => () => Response.json({ data: [{ id }] })

function isolate(answer: () => Response | Promise<Response>) {
  const clock = manualClock()
  const probe = probeKv()
  const { log, lines } = keepLog()
  const work = keepWork()
  const memory: CatalogMemory = {}
  const upstream = { answer, asked: 0, signals: [] as (AbortSignal | null | undefined)[] }
  const send = async (_url: string, init: RequestInit) => {
    upstream.asked++
    upstream.signals.push(init.signal)
    return upstream.answer()
  }
  const router = createRouterClient(send, { baseUrl: 'https://router.test/v1', token: undefined, billTo: undefined })
  const deps = { store: createCatalogStore(probe.kv, memory, clock), memory, router, clock, log }
  const ids = async () => (await currentModels(deps, { waitUntil: work.later }))?.map(({ id }) => id)
  return { clock, probe, lines, work, upstream, deps, ids }
}

describe('the list', () => {
  test('is asked for once in ten minutes, and KV not even that often', async () => {
    const { ids, clock, upstream, probe } = isolate(list('a/1'))
    expect(await ids()).toEqual(['a/1'])
    probe.calls.length = 0
    await clock.pass(10 * MINUTE - 1)
    expect(await ids()).toEqual(['a/1'])
    expect([upstream.asked, probe.calls]).toEqual([1, []])
  })

  test('is waited for by everybody while the first one fetches it: nobody gets the built-in one instead', async () => {
    const { ids, clock, upstream } = isolate(
      () => new Promise((resolve) => setTimeout(() => resolve(list('a/1')()), 30)),
    )
    const all = Promise.all([ids(), ids(), ids()])
    for (let step = 0; step < 40; step++) await clock.pass(50)
    expect(await all).toEqual([['a/1'], ['a/1'], ['a/1']])
    expect(upstream.asked).toBe(1)
  })

  test('that cannot be fetched is waited for no longer than the first one tries', async () => {
    const { ids, clock, upstream } = isolate(
      () => new Promise((resolve) => setTimeout(() => resolve(new Response('down', { status: 503 })), 30)),
    )
    const startedAt = clock.now()
    let waitedUntil = 0
    const waited = Promise.all([ids(), ids()]).then((lists) => {
      waitedUntil = clock.now()
      return lists
    })
    for (let step = 0; step < 99; step++) await clock.pass(50)
    expect(await waited).toEqual([undefined, undefined])
    expect(waitedUntil - startedAt).toBeLessThan(3_000)
    expect(upstream.asked).toBe(1)
  })

  test('is served old while it is renewed, by one request for all', async () => {
    const { ids, clock, upstream, work } = isolate(list('a/1'))
    await ids()
    upstream.answer = list('a/2')
    await clock.pass(10 * MINUTE)
    expect(await Promise.all([ids(), ids(), ids()])).toEqual([['a/1'], ['a/1'], ['a/1']])
    await work.done()
    expect(await ids()).toEqual(['a/2'])
    expect(upstream.asked).toBe(2)
  })

  test('that another isolate has renewed is taken from KV', async () => {
    const { ids, clock, upstream, work } = isolate(list('a/1'))
    await ids()
    await clock.pass(10 * MINUTE)
    await env.HUGWAY_KV.put('catalog:v1', JSON.stringify({ fetchedAt: clock.now(), models: [{ id: 'a/theirs' }] }))
    await ids()
    await work.done()
    expect(await ids()).toEqual(['a/theirs'])
    expect(upstream.asked).toBe(1)
  })

  test('outlives a router that is down for days, which is asked twice a minute at most', async () => {
    const { ids, clock, upstream, work, lines } = isolate(list('a/1'))
    await ids()
    upstream.answer = () => new Response('down', { status: 503 })
    await clock.pass(3 * 24 * 60 * MINUTE)
    for (let request = 0; request < 10; request++) {
      expect(await ids()).toEqual(['a/1'])
      await work.done()
    }
    expect(upstream.asked).toBe(2)
    expect(lines).toMatchObject([{ event: 'catalog_refresh_failed', reason: 'HTTP 503' }])
    await clock.pass(30_000)
    await ids()
    await work.done()
    expect(upstream.asked).toBe(3)
  })

  test('is not waited for longer than five seconds by the first to ask', async () => {
    const { ids, clock } = isolate(() => new Promise<Response>(() => {}))
    const first = ids()
    await clock.pass(5_000)
    expect(await first).toBeUndefined()
  })

  test('is given up after twenty seconds, and the call with it', async () => {
    const { deps, clock, upstream, lines } = isolate(() => new Promise<Response>(() => {}))
    const refreshed = refreshCatalog(deps)
    await clock.pass(20_000)
    expect(await refreshed).toBeUndefined()
    expect(upstream.signals[0]?.aborted).toBe(true)
    expect(lines).toMatchObject([{ reason: 'no answer in time' }])
  })

  test('is served even where KV is down', async () => {
    const { ids, probe, lines } = isolate(list('a/1'))
    probe.fault = 'down'
    expect(await ids()).toEqual(['a/1'])
    expect(lines).toMatchObject([{ event: 'catalog_write_failed' }])
  })
})
