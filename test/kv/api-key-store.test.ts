import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { createApiKeyMemory, createApiKeyStore } from '../../src/kv/api-key-store.ts'
import { keepWork, manualClock, probeKv } from './support/tools.ts'

beforeEach(() => reset())

const HASH = 'a'.repeat(64)
const good = { name: 'laptop', createdAt: '2026-11-01T00:00:00Z' }

function isolate() {
  const probe = probeKv()
  const clock = manualClock()
  const work = keepWork()
  const memory = createApiKeyMemory()
  const store = createApiKeyStore(probe.kv, memory, clock)
  return { probe, clock, work, memory, store, find: (hash = HASH) => store.find(hash, work.later) }
}

const keep = (record: unknown, hash = HASH) =>
  env.HUGWAY_KV.put(`key:${hash}`, typeof record === 'string' ? record : JSON.stringify(record))

describe('a key opens', () => {
  test.each<[what: string, record: Record<string, unknown>]>([
    ['with a name alone', { name: 'x' }],
    ['without an expiry', good],
    ['with an expiry of null', { ...good, expiresAt: null }],
    ['with an expiry to come', { ...good, expiresAt: '2026-11-24T00:00:01Z' }],
    ['that is expressly not disabled', { ...good, disabled: false }],
  ])('%s', async (_what, record) => {
    await keep(record)
    expect(await isolate().find()).toEqual(record)
  })
})

describe('a key does not open', () => {
  test.each<[what: string, record: unknown]>([
    ['that KV does not know', undefined],
    ['that is disabled', { ...good, disabled: true }],
    ['that has expired', { ...good, expiresAt: '2026-11-24T00:00:00Z' }],
    ['whose expiry cannot be read', { ...good, expiresAt: 'next week' }],
    ['whose expiry is a number', { ...good, expiresAt: 1_900_000_000 }],
    ['whose record has no name', { createdAt: good.createdAt }],
    ['whose record says "disabled" in words', { ...good, disabled: 'no' }],
    ['whose record is a list', [good]],
    ['whose record is no JSON', 'yes'],
    ['whose record is empty', ''],
  ])('%s', async (_what, record) => {
    if (record !== undefined) await keep(record)
    expect(await isolate().find()).toBeUndefined()
  })

  test('when it expires while it is remembered', async () => {
    await keep({ ...good, expiresAt: '2026-11-24T00:00:10Z' })
    const { find, clock, probe } = isolate()
    expect(await find()).toBeDefined()
    await clock.pass(10_000)
    expect(await find()).toBeUndefined()
    expect(probe.calls).toHaveLength(1)
  })
})

describe('what KV is asked', () => {
  test('is nothing for a key that is known and fresh', async () => {
    await keep(good)
    const { find, clock, probe } = isolate()
    await find()
    await clock.pass(29_999)
    for (let request = 0; request < 50; request++) expect(await find()).toEqual(good)
    expect(probe.calls).toEqual([`get key:${HASH}`])
  })

  test('is nothing for a key that is known to be none', async () => {
    const { find, probe } = isolate()
    for (let request = 0; request < 50; request++) expect(await find()).toBeUndefined()
    expect(probe.calls).toHaveLength(1)
  })

  test('never holds more than a thousand guesses in memory', async () => {
    const { find, memory, probe } = isolate()
    probe.stale = null
    for (let guess = 0; guess < 1_500; guess++) await find(`${guess}`)
    expect(memory.records.size).toBeLessThanOrEqual(1_000)
  })
})

describe('a revocation', () => {
  test('is seen after half a minute, behind the back of one last request', async () => {
    await keep(good)
    const { find, clock, work } = isolate()
    await find()
    await keep({ ...good, disabled: true })
    await clock.pass(30_000)
    expect(await Promise.all([find(), find()])).toEqual([good, good])
    expect(work.count()).toBe(1)
    await work.done()
    expect(await find()).toBeUndefined()
  })

  test('is seen at once by an isolate that has not asked for five minutes', async () => {
    await keep(good)
    const { find, clock } = isolate()
    await find()
    await env.HUGWAY_KV.delete(`key:${HASH}`)
    await clock.pass(300_000)
    expect(await find()).toBeUndefined()
  })
})

describe('when KV is away', () => {
  test.each(['down', 'silent'] as const)(
    '(%s) a key that is known goes on working, an unknown one does not',
    async (fault) => {
      await keep(good)
      const { find, clock, probe } = isolate()
      await find()
      await clock.pass(300_000)
      probe.fault = fault
      const asked = Promise.all([find(), find('b'.repeat(64))])
      await clock.pass(1_500)
      expect(await asked).toEqual([good, undefined])
    },
  )

  test('a failed renewal leaves the key as it was', async () => {
    await keep(good)
    const { find, clock, probe, work } = isolate()
    await find()
    probe.fault = 'down'
    await clock.pass(30_000)
    expect(await find()).toEqual(good)
    await work.done()
    expect(await find()).toEqual(good)
  })
})

describe('whether there is any key at all', () => {
  test.each<[title: string, exists: boolean]>([
    ['no', false],
    ['yes', true],
  ])('%s', async (_title, exists) => {
    await env.HUGWAY_KV.put('config', '{}')
    if (exists) await keep(good)
    const { store, probe } = isolate()
    expect([await store.hasAny(), await store.hasAny()]).toEqual([exists, exists])
    expect(probe.calls).toEqual(['list {"prefix":"key:","limit":1}'])
  })

  test('is asked again after half a minute', async () => {
    const { store, clock } = isolate()
    expect(await store.hasAny()).toBe(false)
    await keep(good)
    await clock.pass(30_000)
    expect(await store.hasAny()).toBe(true)
  })

  test('is not known while KV is away', async () => {
    const { store, probe } = isolate()
    probe.fault = 'down'
    expect(await store.hasAny()).toBeUndefined()
  })
})
