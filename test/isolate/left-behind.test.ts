/**
 * A request that says "I am on it" may die before it takes its word back: the runtime drops it with its client. Others of
 * the isolate believe it for a while, and then do the work themselves.
 */

import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { currentModels } from '../../src/gateway/catalog/refresh-catalog.ts'
import { bookRecord } from '../../src/gateway/usage/book.ts'
import { acquire, type Bounded } from '../../src/gateway/usage/lease-desk.ts'
import { createRouterClient } from '../../src/huggingface/router-client.ts'
import { createLeaseMemory, projectMemoryOf } from '../../src/isolate/leases.ts'
import { createApiKeyMemory } from '../../src/kv/api-key-memory.ts'
import { createApiKeyStore } from '../../src/kv/api-key-store.ts'
import { type CatalogMemory, createCatalogStore } from '../../src/kv/catalog-store.ts'
import { createConfigMemory } from '../../src/kv/config-memory.ts'
import { createConfigStore } from '../../src/kv/config-store.ts'
import { bookingOf, budgets, money } from '../core/limits/support/ledger.ts'
import { noLedger } from '../gateway/support/no-ledger.ts'
import { keepLog, keepWork, type ManualClock, manualClock, probeKv, randomBytes } from '../kv/support/deps.ts'

beforeEach(() => reset())

const TEN_MINUTES = 600_000

function configStore() {
  const [clock, probe, work, memory] = [manualClock(), probeKv(), keepWork(), createConfigMemory()]
  const store = createConfigStore(probe.kv, memory, clock, keepLog().log, randomBytes)
  return { clock, probe, work, memory, store, current: () => store.current(work.later) }
}

/** Passes time in small steps, so that whoever looks again and again does. */
async function passInSteps(clock: ManualClock, ms: number): Promise<void> {
  for (let step = 0; step < 10; step++) await clock.pass(ms / 10)
}

describe('a request that died', () => {
  test('while it renewed the configuration: the next renewal is 30 seconds later', async () => {
    const { clock, probe, work, memory, current } = configStore()
    await current()
    await clock.pass(10_000)
    memory.refreshingSince = clock.now()
    await clock.pass(29_999)
    await current()
    expect(probe.calls).toHaveLength(1)
    await clock.pass(1)
    await current()
    await work.done()
    expect(probe.calls).toHaveLength(2)
    expect(memory).not.toHaveProperty('refreshingSince')
  })

  test('while it read the configuration for the first time: another reads it a second and a half later', async () => {
    const { clock, probe, memory, current } = configStore()
    memory.underWay.set('config', { since: clock.now() })
    await clock.pass(1_000)
    const read = current()
    await clock.pass(490)
    expect(probe.calls).toHaveLength(0)
    await clock.pass(10)
    expect(await read).toMatchObject({ source: 'built_in' })
  })

  test('while it wrote the configuration: half a minute later others may write again', async () => {
    const { clock, memory, store } = configStore()
    const edit = { author: 'a', action: 'put', mayReplace: () => true } as const
    memory.writing = { since: clock.now() }
    await clock.pass(29_999)
    await expect(store.replace('{}', edit)).rejects.toMatchObject({ failure: { kind: 'config_changed' } })
    await clock.pass(1)
    expect(await store.replace('{}', edit)).toMatchObject({ ok: true })
  })

  test('while it looked a key up again: the next request does so five seconds later', async () => {
    const [clock, probe, work] = [manualClock(), probeKv(), keepWork()]
    const memory = createApiKeyMemory()
    const store = createApiKeyStore(probe.kv, memory, clock)
    const find = () => store.find('hash', { waitUntil: work.later, maxCopyAgeMs: 3_600_000 })
    await env.HUGWAY_KV.put('key:hash', JSON.stringify({ name: 'laptop', createdAt: '2026-11-01T00:00:00Z' }))
    await find()
    await clock.pass(20_000)
    for (const known of memory.records.values()) known.renewingSince = clock.now()
    await clock.pass(4_999)
    await find()
    expect(probe.calls).toHaveLength(1)
    await clock.pass(1)
    await find()
    expect(probe.calls).toHaveLength(2)
  })

  test.each<[what: string, fetchedBefore: boolean]>([
    ['while it renewed the model list: it is renewed 20 seconds later', true],
    ['while it fetched the first model list: it is fetched 20 seconds later', false],
  ])('%s', async (_what, fetchedBefore) => {
    const [clock, work] = [manualClock(), keepWork()]
    const memory: CatalogMemory = {}
    let asked = 0
    const send = async () => Response.json({ data: [{ id: `a/${++asked}` }] })
    const router = createRouterClient(send, { baseUrl: 'https://router.test/v1', token: undefined, billTo: undefined })
    const deps = { store: createCatalogStore(env.HUGWAY_KV, memory, clock), memory, router, clock, log: keepLog().log }
    const models = () => currentModels(deps, { waitUntil: work.later })
    if (fetchedBefore) await models()
    await clock.pass(TEN_MINUTES)
    const before = asked
    memory.refreshingSince = clock.now()
    const waited = models()
    await passInSteps(clock, 6_000)
    expect(await waited).toEqual(fetchedBefore ? [{ id: 'a/1' }] : undefined)
    await clock.pass(14_000)
    await models()
    await work.done()
    expect(asked).toBe(before + 1)
    expect(memory).not.toHaveProperty('refreshingSince')
  })

  describe('at a project’s ledger', () => {
    const RULES = { alertAt: [], keepEventsDays: 35 }
    const BOUNDED: Bounded = { project: 'p', keyId: 'k', bounds: budgets(1_000), rules: RULES, longestMs: 60_000 }

    function ledger() {
      const clock = manualClock()
      const calls: number[] = []
      const deps = {
        ...noLedger(clock),
        leases: createLeaseMemory(),
        newId: () => 'id',
        exchange: async () => {
          calls.push(clock.now())
          return {}
        },
      }
      return { clock, calls, deps, memory: projectMemoryOf(deps.leases, 'p'), startedAt: clock.now() }
    }

    test('while it sent records: those of others go out five seconds later', async () => {
      const { clock, calls, deps, memory, startedAt } = ledger()
      memory.outbox.sendingSince = startedAt
      const booked = bookRecord(deps, 'p', RULES, bookingOf(undefined, 1))
      for (let step = 0; step < 120; step++) await clock.pass(50)
      await booked
      expect(calls).toHaveLength(1)
      expect(calls[0]).toBeGreaterThanOrEqual(startedAt + 5_000)
      expect(calls[0]).toBeLessThanOrEqual(startedAt + 5_300) // looked at four times a second
    })

    test('is told from one that is done: nobody waits for that', async () => {
      const { clock, calls, deps, startedAt } = ledger()
      await acquire(deps, BOUNDED, money(1), 1)
      await acquire(deps, BOUNDED, money(1), 1)
      expect(calls).toEqual([startedAt, startedAt])
      await bookRecord(deps, 'p', RULES, bookingOf(undefined, 1))
      const booked = bookRecord(deps, 'p', RULES, bookingOf(undefined, 1))
      for (let step = 0; step < 30; step++) await clock.pass(100)
      await booked
      expect(calls.slice(2)).toEqual([startedAt, startedAt + 2_000]) // records that come within two seconds share a call
    })

    test('while it asked for money: another asks five seconds later', async () => {
      const { clock, calls, deps, memory, startedAt } = ledger()
      await acquire(deps, BOUNDED, money(1), 1) // makes the key's pool
      calls.length = 0
      for (const pool of memory.pools.values()) pool.askingSince = startedAt
      await clock.pass(4_990)
      const asked = acquire(deps, BOUNDED, money(1), 1)
      for (let step = 0; step < 5; step++) await clock.pass(2)
      await asked
      expect(calls).toEqual([startedAt + 5_000])
    })
  })
})
