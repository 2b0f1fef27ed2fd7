import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../../src/core/config/config.ts'
import { createKeyCheck } from '../../../src/gateway/keys/check-key.ts'
import { createKey, listKeys, revokeKey, rotateKey } from '../../../src/gateway/keys/manage-keys.ts'
import { createGuessBrake } from '../../../src/isolate/guess-brake.ts'
import { toHex } from '../../../src/json/bytes.ts'
import { createApiKeyMemory } from '../../../src/kv/api-key-memory.ts'
import { createApiKeyStore } from '../../../src/kv/api-key-store.ts'
import { keepLog, keepWork, manualClock, probeKv, randomBytes } from '../../kv/support/deps.ts'

beforeEach(() => reset())

const DAY = 24 * 60 * 60 * 1_000

function isolate(clock = manualClock()) {
  const probe = probeKv()
  const work = keepWork()
  const memory = createApiKeyMemory()
  const store = createApiKeyStore(probe.kv, memory, clock)
  const deps = { store, clock, randomBytes, hasLedger: true }
  const brake = createGuessBrake(new Map(), clock)
  const { log } = keepLog()
  const check = createKeyCheck({ deploymentKey: undefined, adminToken: undefined, store, brake, clock, log })
  const origin = { address: undefined, requestId: 'r' }
  const opens = (key: string) =>
    check.authenticateClient(key, origin, { waitUntil: work.later, maxCopyAgeMs: 3_600_000 }).then(
      () => true,
      (error: { failure: { kind: string } }) => error.failure.kind,
    )
  return { probe, work, clock, deps, memory, opens }
}

const hashOf = async (key: string) =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))))

describe('a new key', () => {
  test('opens at once, also where nobody had a key a moment ago', async () => {
    const { deps, opens } = isolate()
    expect(await opens('guess')).toBe('bad_settings')
    const { key } = await createKey(deps, { name: 'laptop' }, DEFAULT_CONFIG)
    expect(key).toMatch(/^hw_[\w-]{43}$/)
    expect(await opens(key)).toBe(true)
    expect(await opens('guess')).toBe('unauthorized')
  })

  test('opens in another isolate, and KV holds its hash and facts alone', async () => {
    const { deps, clock } = isolate()
    const { key, id, createdAt } = await createKey(deps, { name: 'laptop', expiresInDays: 1 }, DEFAULT_CONFIG)
    expect(await isolate(clock).opens(key)).toBe(true)
    const { keys } = await env.HUGWAY_KV.list()
    const facts = { id, name: 'laptop', createdAt, expiresAt: new Date(clock.now() + DAY).toISOString() }
    expect(keys).toMatchObject([{ name: `key:${await hashOf(key)}`, metadata: facts }])
    const value = await env.HUGWAY_KV.get(keys[0]?.name ?? '')
    expect(JSON.parse(value ?? '')).toEqual(facts)
    expect(value).not.toContain(key)
  })

  test('closes when it expires', async () => {
    const { deps, opens, clock } = isolate()
    const { key } = await createKey(
      deps,
      { name: 'x', expiresAt: new Date(clock.now() + 1_000).toISOString() },
      DEFAULT_CONFIG,
    )
    expect(await opens(key)).toBe(true)
    await clock.pass(1_000)
    expect(await opens(key)).toBe('unauthorized')
  })

  test('is never made with an expiry that has passed', async () => {
    const { deps, clock } = isolate()
    const expiresAt = new Date(clock.now()).toISOString()
    await expect(createKey(deps, { name: 'x', expiresAt }, DEFAULT_CONFIG)).rejects.toMatchObject({
      failure: { kind: 'bad_request', param: 'expiresAt' },
    })
    expect((await env.HUGWAY_KV.list()).keys).toEqual([])
  })

  test('that KV does not take opens nothing', async () => {
    const { deps, probe, memory } = isolate()
    probe.refused = /^key:/
    await expect(createKey(deps, { name: 'x' }, DEFAULT_CONFIG)).rejects.toMatchObject({
      failure: { kind: 'storage_unavailable' },
    })
    expect(memory.records.size).toBe(0)
  })

  test('is another every time', async () => {
    const { deps } = isolate()
    const made = await Promise.all(Array.from({ length: 20 }, () => createKey(deps, { name: 'x' }, DEFAULT_CONFIG)))
    expect(new Set(made.flatMap(({ key, id }) => [key, id])).size).toBe(40)
  })
})

describe('the list', () => {
  test('has every key’s facts, newest first, and no key or hash', async () => {
    const { deps, clock } = isolate()
    const first = await createKey(deps, { name: 'first', expiresInDays: 1 }, DEFAULT_CONFIG)
    await clock.pass(DAY)
    const second = await createKey(deps, { name: 'second' }, DEFAULT_CONFIG)
    const list = await listKeys(deps)
    expect(list).toMatchObject([
      { id: second.id, name: 'second', status: 'active', expiresAt: null },
      { id: first.id, name: 'first', status: 'expired' },
    ])
    for (const { key } of [first, second]) {
      expect(JSON.stringify(list)).not.toContain(key)
      expect(JSON.stringify(list)).not.toContain((await hashOf(key)).slice(0, 8))
    }
  })

  test('reads nothing but the list of the names', async () => {
    const { deps, clock } = isolate()
    for (const name of ['a', 'b', 'c']) await createKey(deps, { name }, DEFAULT_CONFIG)
    const other = isolate(clock)
    expect(await listKeys(other.deps)).toHaveLength(3)
    expect(other.probe.calls).toHaveLength(1)
  })

  test('has a key that was put into KV by hand, under an id by which it can be revoked', async () => {
    const hash = await hashOf('by-hand')
    await env.HUGWAY_KV.put(`key:${hash}`, '{"name": "old"}')
    const { deps, opens } = isolate()
    expect(await opens('by-hand')).toBe(true)
    const [listed] = await listKeys(deps)
    expect(listed).toMatchObject({
      name: 'old',
      status: 'active',
      createdAt: null,
      id: expect.stringMatching(/^k_\w{12}$/),
    })
    expect(hash).not.toContain(listed?.id.slice(2))
    await revokeKey(deps, listed?.id ?? '')
    expect(await opens('by-hand')).toBe('unauthorized')
    expect(await listKeys(deps)).toMatchObject([{ id: listed?.id, status: 'revoked' }])
  })

  test('passes over what is no record', async () => {
    await env.HUGWAY_KV.put('key:abc', 'no JSON')
    expect(await listKeys(isolate().deps)).toEqual([])
  })

  test('says so when KV is down', async () => {
    const { deps, probe } = isolate()
    probe.fault = 'down'
    await expect(listKeys(deps)).rejects.toMatchObject({ failure: { kind: 'storage_unavailable' } })
  })
})

describe('a revoked key', () => {
  test('is refused at once where it was revoked, though KV is behind', async () => {
    const { deps, opens, probe, clock, work } = isolate()
    const { key, id } = await createKey(deps, { name: 'x' }, DEFAULT_CONFIG)
    expect(await opens(key)).toBe(true)
    expect(await revokeKey(deps, id)).toMatchObject({ id, status: 'revoked' })
    probe.stale = { name: 'x' } as unknown as string
    for (let seconds = 0; seconds < 90; seconds += 30) {
      expect(await opens(key)).toBe('unauthorized')
      await clock.pass(30_000)
      await work.done()
    }
  })

  test('is refused by another isolate within half a minute of KV’s own', async () => {
    const { deps, clock } = isolate()
    const { key, id } = await createKey(deps, { name: 'x' }, DEFAULT_CONFIG)
    const other = isolate(clock)
    expect(await other.opens(key)).toBe(true)
    await revokeKey(deps, id)
    await clock.pass(30_000)
    expect(await other.opens(key)).toBe('unauthorized')
  })

  test('does not come back by a flood of guesses', async () => {
    const { deps, opens, probe } = isolate()
    const { key, id } = await createKey(deps, { name: 'x' }, DEFAULT_CONFIG)
    await revokeKey(deps, id)
    for (let guess = 0; guess < 1_100; guess++) await opens(`guess-number-${guess}`)
    probe.stale = { name: 'x' } as unknown as string
    expect(await opens(key)).toBe('unauthorized')
  })

  test('stays revoked when it is revoked again, without a write', async () => {
    const { deps, probe } = isolate()
    const { id } = await createKey(deps, { name: 'x' }, DEFAULT_CONFIG)
    await revokeKey(deps, id)
    probe.calls.length = 0
    expect(await revokeKey(deps, id)).toMatchObject({ status: 'revoked' })
    expect(probe.calls.filter((call) => call.startsWith('put'))).toEqual([])
  })

  test('cannot be rotated; nor can one that nobody knows be revoked', async () => {
    const { deps } = isolate()
    const { id } = await createKey(deps, { name: 'x' }, DEFAULT_CONFIG)
    await revokeKey(deps, id)
    await expect(rotateKey(deps, id, {})).rejects.toMatchObject({
      failure: { kind: 'key_not_active', status: 'revoked' },
    })
    await expect(revokeKey(deps, 'k_no')).rejects.toMatchObject({ failure: { kind: 'unknown_key' } })
  })
})

describe('a rotated key', () => {
  test.each<[title: string, overlapDays: number | undefined, days: number]>([
    ['a week by default', undefined, 7],
    ['as long as was asked for', 2, 2],
    ['not at all where that was asked for', 0, 0],
  ])('goes on beside the new one %s', async (_title, overlapDays, days) => {
    const { deps, opens, clock } = isolate()
    const old = await createKey(deps, { name: 'laptop' }, DEFAULT_CONFIG)
    const made = await rotateKey(deps, old.id, overlapDays === undefined ? {} : { overlapDays })
    expect(made).toMatchObject({ name: 'laptop', expiresAt: null })
    expect(made.replaces).toEqual({ id: old.id, expiresAt: new Date(clock.now() + days * DAY).toISOString() })
    expect([await opens(made.key), await opens(old.key)]).toEqual([true, days > 0 ? true : 'unauthorized'])
    await clock.pass(days * DAY)
    expect([await opens(made.key), await opens(old.key)]).toEqual([true, 'unauthorized'])
  })

  test('does not outlive its own end, and the new one lives as long as it was given', async () => {
    const { deps, clock } = isolate()
    const old = await createKey(deps, { name: 'x', expiresInDays: 10 }, DEFAULT_CONFIG)
    await clock.pass(8 * DAY)
    const made = await rotateKey(deps, old.id, {})
    expect(made.replaces.expiresAt).toBe(old.expiresAt)
    expect(made.expiresAt).toBe(new Date(clock.now() + 10 * DAY).toISOString())
  })

  test('goes on as before when KV does not take its end, and no new one is left behind', async () => {
    const { deps, opens, probe } = isolate()
    const old = await createKey(deps, { name: 'x' }, DEFAULT_CONFIG)
    probe.refused = new RegExp(await hashOf(old.key))
    await expect(rotateKey(deps, old.id, {})).rejects.toMatchObject({ failure: { kind: 'storage_unavailable' } })
    expect(await opens(old.key)).toBe(true)
    expect(await listKeys(deps)).toMatchObject([{ id: old.id, expiresAt: null }])
  })
})
