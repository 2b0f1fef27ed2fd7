import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { type CatalogMemory, createCatalogStore } from '../../src/kv/catalog-store.ts'
import { manualClock, probeKv } from './support/deps.ts'

beforeEach(() => reset())

function isolate() {
  const probe = probeKv()
  const clock = manualClock()
  const memory: CatalogMemory = {}
  return { probe, clock, memory, store: createCatalogStore(probe.kv, memory, clock) }
}

const models = [{ id: 'a/b', extra: { kept: [1] } }]

describe('a catalog', () => {
  test('that was written is read elsewhere, with everything in it', async () => {
    const { store, clock } = isolate()
    await store.write({ fetchedAt: clock.now(), models })
    expect(await isolate().store.read()).toEqual({ fetchedAt: clock.now(), models })
  })

  test('lives for a week', async () => {
    const { store, clock } = isolate()
    await store.write({ fetchedAt: clock.now(), models })
    const { keys } = await env.HUGWAY_KV.list()
    const leftSeconds = (keys[0]?.expiration ?? 0) - Date.now() / 1_000
    expect(leftSeconds).toBeGreaterThan(7 * 24 * 3_600 - 60)
    expect(leftSeconds).toBeLessThanOrEqual(7 * 24 * 3_600 + 1)
  })

  test('is remembered without asking KV', async () => {
    const { store, clock, probe } = isolate()
    expect(store.remembered()).toBeUndefined()
    await store.write({ fetchedAt: clock.now(), models })
    expect(store.remembered()).toEqual({ fetchedAt: clock.now(), models })
    expect(probe.calls).toEqual(['put catalog:v1'])
  })

  test('of KV that is older than the one in memory does not replace it', async () => {
    const { store, clock } = isolate()
    await env.HUGWAY_KV.put('catalog:v1', JSON.stringify({ fetchedAt: clock.now() - 1, models: [{ id: 'old/one' }] }))
    await store.write({ fetchedAt: clock.now(), models }).catch(() => {})
    await env.HUGWAY_KV.put('catalog:v1', JSON.stringify({ fetchedAt: clock.now() - 1, models: [{ id: 'old/one' }] }))
    expect(await store.read()).toMatchObject({ models })
  })

  test.each<[what: string, isThere: boolean]>([
    ['that is there', true],
    ['that is not', false],
  ])('%s is read once for two hundred requests of a new isolate', async (_what, isThere) => {
    const { store, clock, probe } = isolate()
    if (isThere) await isolate().store.write({ fetchedAt: clock.now(), models })
    const all = Promise.all(Array.from({ length: 200 }, () => store.read()))
    await clock.pass(0)
    await clock.pass(10)
    expect((await all).every((one) => (one !== undefined) === isThere)).toBe(true)
    expect(probe.calls).toEqual(['get catalog:v1'])
  })

  test('that a new deployment has not is asked for again after five seconds, not for each completion', async () => {
    const { store, clock, probe } = isolate()
    for (let completion = 0; completion < 10; completion++) expect(await store.read()).toBeUndefined()
    expect(probe.calls).toEqual(['get catalog:v1'])
    await isolate().store.write({ fetchedAt: clock.now(), models })
    await clock.pass(5_000)
    expect(await store.read()).toMatchObject({ models })
  })

  test('that KV refuses is remembered all the same', async () => {
    const { store, clock, probe } = isolate()
    probe.fault = 'down'
    await expect(store.write({ fetchedAt: clock.now(), models })).rejects.toThrow('KV is down')
    expect(store.remembered()).toMatchObject({ models })
  })
})

describe('what cannot be used counts as absent', () => {
  const now = manualClock().now()
  test.each<[what: string, value: string]>([
    ['nothing', ''],
    ['half of JSON', '{"fetchedAt":1,"mod'],
    ['a page', '<html></html>'],
    ['null', 'null'],
    ['the shape of another version', JSON.stringify([{ id: 'a/b' }])],
    ['a list without a time', JSON.stringify({ models })],
    ['a time as text', JSON.stringify({ fetchedAt: '2026', models })],
    ['no models', JSON.stringify({ fetchedAt: now, models: [] })],
    ['a model without an id', JSON.stringify({ fetchedAt: now, models: [{ name: 'x' }] })],
    ['a list from the future', JSON.stringify({ fetchedAt: now + 60_000, models })],
  ])('%s', async (_what, value) => {
    await env.HUGWAY_KV.put('catalog:v1', value)
    const { store } = isolate()
    expect(await store.read()).toBeUndefined()
    expect(store.remembered()).toBeUndefined()
  })

  test('a KV that is down', async () => {
    const { store, probe } = isolate()
    probe.fault = 'down'
    expect(await store.read()).toBeUndefined()
  })

  test('a KV that says nothing for a second and a half', async () => {
    const { store, probe, clock } = isolate()
    probe.fault = 'silent'
    const reading = store.read()
    await clock.pass(1_500)
    expect(await reading).toBeUndefined()
  })
})
