import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { createApiKeyMemory } from '../../src/kv/api-key-memory.ts'
import { createApiKeyStore } from '../../src/kv/api-key-store.ts'
import { keepWork, manualClock, probeKv } from './support/deps.ts'

beforeEach(() => reset())

const HASH = 'a'.repeat(64)
const good = { name: 'laptop', createdAt: '2026-11-01T00:00:00Z' }

const HOUR_MS = 3_600_000

/** An isolate: its memory and its view of KV. `clock` is shared where two of them live side by side. */
function isolate(clock = manualClock()) {
  const probe = probeKv()
  const work = keepWork()
  const memory = createApiKeyMemory()
  const store = createApiKeyStore(probe.kv, memory, clock)
  const find = async (hash = HASH) => {
    const found = await store.find(hash, { waitUntil: work.later, maxCopyAgeMs: HOUR_MS })
    return found.kind === 'active' ? found.record : found.kind
  }
  return { probe, clock, work, memory, store, find, hasAny: () => store.hasAny(work.later) }
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
    expect(await isolate().find()).toEqual({ ...record, id: expect.stringMatching(/^k_\w+$/) })
  })

  test('under the id that it was given', async () => {
    await keep({ ...good, id: 'k_1' })
    expect(await isolate().find()).toEqual({ ...good, id: 'k_1' })
  })
})

describe('a key does not open', () => {
  test.each<[what: string, record: unknown, found: string]>([
    ['that KV does not know', undefined, 'none'],
    ['that is disabled', { ...good, disabled: true }, 'none'],
    ['that has expired', { ...good, expiresAt: '2026-11-24T00:00:00Z' }, 'none'],
    ['whose expiry cannot be read', { ...good, expiresAt: 'next week' }, 'none'],
    ['whose expiry is a number', { ...good, expiresAt: 1_900_000_000 }, 'none'],
    ['whose record has no name', { createdAt: good.createdAt }, 'none'],
    ['whose record says "disabled" in words', { ...good, disabled: 'no' }, 'none'],
    ['whose record is a list', [good], 'none'],
    ['whose record is no JSON, which says nothing of it', 'yes', 'unknown'],
    ['whose record is empty, which says nothing of it', '', 'unknown'],
  ])('%s', async (_what, record, found) => {
    if (record !== undefined) await keep(record)
    expect(await isolate().find()).toBe(found)
  })

  test('when it expires while it is remembered', async () => {
    await keep({ ...good, expiresAt: '2026-11-24T00:00:10Z' })
    const { find, clock, probe } = isolate()
    expect(await find()).toMatchObject(good)
    await clock.pass(10_000)
    expect(await find()).toBe('none')
    expect(probe.calls).toHaveLength(1)
  })

  test('when it expires while KV is away', async () => {
    await keep({ ...good, expiresAt: '2026-11-24T00:10:00Z' })
    const { find, clock, probe } = isolate()
    await find()
    probe.fault = 'down'
    await clock.pass(599_999)
    expect(await find()).toMatchObject(good)
    await clock.pass(1)
    expect(await find()).toBe('none')
  })
})

describe('what KV is asked', () => {
  test('is nothing for a key that is known and fresh', async () => {
    await keep(good)
    const { find, clock, probe } = isolate()
    await find()
    await clock.pass(14_999)
    for (let request = 0; request < 50; request++) expect(await find()).toMatchObject(good)
    expect(probe.calls).toEqual([`get key:${HASH}`])
  })

  test('is nothing for a key that is known to be none', async () => {
    const { find, probe } = isolate()
    for (let request = 0; request < 50; request++) expect(await find()).toBe('none')
    expect(probe.calls).toHaveLength(1)
  })

  test('is one thing for a key that five hundred requests bring at once', async () => {
    await keep(good)
    const { find, clock, probe } = isolate()
    const all = Promise.all(Array.from({ length: 500 }, () => find()))
    await clock.pass(0)
    await clock.pass(10)
    expect((await all).every((found) => typeof found !== 'string')).toBe(true)
    expect(probe.calls).toEqual([`get key:${HASH}`])
  })

  test('is one thing a second for all requests together while KV is down', async () => {
    const { find, clock, probe } = isolate()
    probe.fault = 'down'
    const all = Promise.all(Array.from({ length: 500 }, () => find()))
    await clock.pass(10)
    expect(new Set(await all)).toEqual(new Set(['unknown']))
    expect(await find()).toBe('unknown')
    expect(probe.calls).toHaveLength(1)
    await clock.pass(1_000)
    await find()
    expect(probe.calls).toHaveLength(2)
  })

  test('never fills the memory with guesses, and none of them pushes a good key out', async () => {
    await keep(good)
    const { find, memory, probe } = isolate()
    await find()
    probe.stale = null
    for (let guess = 0; guess < 5_000; guess++) await find(`${guess}`)
    expect(memory.guesses.size).toBe(1_000)
    expect(memory.underWay.size).toBe(0)
    probe.calls.length = 0
    expect(await find()).toMatchObject(good)
    expect(probe.calls).toEqual([])
  })
})

describe('a change to a key holds in another isolate within thirty seconds of KV’s own minute', () => {
  test('behind the back of one last request, where it is in use', async () => {
    await keep(good)
    const { find, clock, work } = isolate()
    await find()
    await keep({ ...good, disabled: true })
    await clock.pass(15_000)
    expect(await Promise.all([find(), find()])).toMatchObject([good, good])
    await work.done()
    expect(await find()).toBe('none')
  })

  test('without a last request, where nobody has asked for it', async () => {
    const clock = manualClock()
    const [one, other] = [isolate(clock), isolate(clock)]
    await one.store.write(HASH, good)
    await other.find()
    await one.store.write(HASH, { ...good, disabled: true })
    expect(await one.find()).toBe('none')
    await clock.pass(30_000)
    expect(await other.find()).toBe('none')
  })

  test('where it was tried before it existed', async () => {
    const clock = manualClock()
    const [one, other] = [isolate(clock), isolate(clock)]
    expect(await other.find()).toBe('none')
    await one.store.write(HASH, good)
    expect(await other.find()).toBe('none')
    await clock.pass(30_000)
    expect(await other.find()).toMatchObject(good)
  })
})

describe('when KV is away', () => {
  test.each(['down', 'silent'] as const)(
    '(%s) a key that is known goes on working, of another one nothing is known',
    async (fault) => {
      await keep(good)
      const { find, clock, probe } = isolate()
      await find()
      await clock.pass(300_000)
      probe.fault = fault
      const asked = Promise.all([find(), find('b'.repeat(64))])
      await clock.pass(0)
      await clock.pass(1_500)
      expect(await asked).toMatchObject([good, 'unknown'])
    },
  )

  test('a copy serves for an hour and no longer', async () => {
    await keep(good)
    const { find, clock, probe } = isolate()
    await find()
    probe.fault = 'down'
    await clock.pass(HOUR_MS - 1)
    expect(await find()).toMatchObject(good)
    await clock.pass(1)
    expect(await find()).toBe('unknown')
  })

  test('only the first request waits for it; those of the next seconds have the copy at once', async () => {
    await keep(good)
    const { find, clock, probe } = isolate()
    await find()
    await clock.pass(60_000)
    probe.fault = 'silent'
    const first = find()
    await clock.pass(0)
    await clock.pass(1_500)
    expect(await first).toMatchObject(good)
    expect(await Promise.all([find(), find(), find()])).toMatchObject([good, good, good])
  })

  test('an answer that comes too late is there for the client that comes again', async () => {
    await keep(good)
    const { find, clock, probe, work } = isolate()
    let open = () => {}
    probe.gate = new Promise((resolve) => {
      open = resolve
    })
    const first = find()
    await clock.pass(0)
    await clock.pass(1_500)
    expect(await first).toBe('unknown')
    open()
    await work.done()
    expect(await find()).toMatchObject(good)
    expect(probe.calls).toHaveLength(1)
  })

  test('a failed renewal leaves the key as it was', async () => {
    await keep(good)
    const { find, clock, probe, work } = isolate()
    await find()
    probe.fault = 'down'
    await clock.pass(15_000)
    expect(await find()).toMatchObject(good)
    await work.done()
    expect(await find()).toMatchObject(good)
  })

  test('a key that was revoked meanwhile ends with the first answer', async () => {
    await keep(good)
    const { find, clock, probe } = isolate()
    await find()
    probe.fault = 'down'
    await clock.pass(60_000)
    await find()
    await keep({ ...good, disabled: true })
    probe.fault = 'none'
    await clock.pass(30_000)
    expect(await find()).toBe('none')
  })
})

describe('whether there is any key at all', () => {
  test.each<[title: string, exists: boolean]>([
    ['no', false],
    ['yes', true],
  ])('%s', async (_title, exists) => {
    await env.HUGWAY_KV.put('config', '{}')
    if (exists) await keep(good)
    const { hasAny, probe } = isolate()
    expect([await hasAny(), await hasAny()]).toEqual([exists, exists])
    expect(probe.calls).toEqual(['list {"prefix":"key:","limit":1}'])
  })

  test('is asked again after half a minute', async () => {
    const { hasAny, clock } = isolate()
    expect(await hasAny()).toBe(false)
    await keep(good)
    await clock.pass(30_000)
    expect(await hasAny()).toBe(true)
  })

  test('is not known while KV is away', async () => {
    const { hasAny, probe } = isolate()
    probe.fault = 'down'
    expect(await hasAny()).toBeUndefined()
  })
})
