import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { LeaseAnswer } from '../../src/core/limits/exchange.ts'
import { askOf, bookingOf, DAY, money, NOW } from '../core/limits/support/ledger.ts'

let project = 0
let ledger: ReturnType<typeof env.HUGWAY_PROJECTS.get>
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  ledger = env.HUGWAY_PROJECTS.getByName(`project ${project++}`)
  return () => vi.useRealTimers()
})

const RULES = { alertAt: [80, 100], keepEventsDays: 35 }
const DAYLY = [{ scope: 'project', budget: { nanoUsd: 1_000, per: 'day', timeZone: 'UTC' } }] as const

async function lease(nanoUsd: number): Promise<{ id: string; answer: LeaseAnswer | undefined }> {
  const ask = askOf(money(nanoUsd), { bounds: DAYLY })
  return { id: ask.id, answer: (await ledger.exchange({ ask, rules: RULES })).lease }
}

const rowsOf = (table: string) =>
  runInDurableObject(ledger, (_object, state) => state.storage.sql.exec(`SELECT * FROM ${table}`).toArray())

async function standOf() {
  return (await ledger.report({ kind: 'stands', bounds: DAYLY })).stands?.[0]
}

describe('money', () => {
  test('is leased, spent and given back', async () => {
    const { id, answer } = await lease(900)
    expect(answer).toMatchObject({ kind: 'granted', amounts: { nanoUsd: 900 } })
    expect(await standOf()).toMatchObject({ spentNanoUsd: 0, heldNanoUsd: 900, resetsAt: Date.UTC(2026, 10, 28) })
    await ledger.exchange({ bookings: [bookingOf(id, 300, { reserved: money(500) })], rules: RULES })
    expect(await standOf()).toMatchObject({ spentNanoUsd: 300, heldNanoUsd: 400 })
    await ledger.exchange({ shrinks: [{ id, nanoUsd: 0, slots: 0 }] })
    expect(await standOf()).toMatchObject({ spentNanoUsd: 300, heldNanoUsd: 0 })
    expect(await rowsOf('leases')).toEqual([])
  })

  test('a repeated call books once', async () => {
    const { id } = await lease(900)
    const call = { bookings: [bookingOf(id, 300)], rules: RULES }
    await ledger.exchange(call)
    await ledger.exchange(call)
    expect(await standOf()).toMatchObject({ spentNanoUsd: 300, heldNanoUsd: 600 })
    expect(await rowsOf('events')).toHaveLength(1)
    expect(await rowsOf('rollups')).toMatchObject([{ requests: 1, cost: 300 }])
  })

  test('what is refused leaves no row', async () => {
    await lease(900)
    expect((await lease(200)).answer).toMatchObject({ kind: 'refused', why: { kind: 'held' } })
    expect(await rowsOf('leases')).toHaveLength(1)
  })

  test('a batch writes each row once', async () => {
    const { id } = await lease(900)
    const bookings = [1, 2, 3, 4].map((cost) => bookingOf(id, cost))
    const written = await runInDurableObject(ledger, async (object, state) => {
      const before = state.storage.sql.exec('SELECT count(*) AS n FROM events')
      before.toArray()
      await object.exchange({ bookings, rules: RULES })
      return state.storage.sql.exec<{ requests: number }>('SELECT requests FROM rollups').toArray()
    })
    expect(written).toEqual([{ requests: 4 }])
    expect(await standOf()).toMatchObject({ spentNanoUsd: 10, heldNanoUsd: 890 })
  })

  test('a budget that is new begins with what was booked in its time', async () => {
    await ledger.exchange({ bookings: [bookingOf(undefined, 600)], rules: RULES })
    expect((await lease(500)).answer).toMatchObject({ why: { kind: 'exhausted' } })
  })

  test('thresholds are told once', async () => {
    await lease(1)
    const { alerts } = await ledger.exchange({ bookings: [bookingOf(undefined, 850)], rules: RULES })
    expect(alerts).toMatchObject([{ scope: 'project', percent: 80, spentNanoUsd: 850, limitNanoUsd: 1_000 }])
    expect((await ledger.exchange({ bookings: [bookingOf(undefined, 1)], rules: RULES })).alerts).toBeUndefined()
  })
})

describe('usage', () => {
  const book = (over: Parameters<typeof bookingOf>[2]) =>
    ledger.exchange({ bookings: [bookingOf(undefined, 100, over)], rules: RULES })

  beforeEach(async () => {
    await book({ keyId: 'k1', model: 'm1', promptTokens: 10, completionTokens: 5, firstTokenMs: 80 })
    await book({ keyId: 'k2', model: 'm1', end: 'cut', isEstimated: true })
    vi.setSystemTime(NOW + DAY)
    await book({ keyId: 'k2', model: 'm2', costNanoUsd: null, promptTokens: 1, startedAt: NOW + DAY })
  })

  test('is summed by what was asked', async () => {
    const range = { kind: 'usage', from: NOW - DAY, to: NOW + 2 * DAY } as const
    const { usage } = await ledger.report({ ...range, by: ['key'] })
    expect(usage?.rows).toMatchObject([
      { key: 'k2', requests: 2, failed: 1, costNanoUsd: 100, estimated: 1, unpriced: 1 },
      { key: 'k1', requests: 1, failed: 0, costNanoUsd: 100, promptTokens: 10, completionTokens: 5 },
    ])
    expect((await ledger.report({ ...range, by: [] })).usage?.rows).toMatchObject([{ requests: 3, costNanoUsd: 200 }])
    const byDay = await ledger.report({ ...range, by: ['day', 'model'] })
    expect(byDay.usage?.rows).toMatchObject([
      { day: NOW / DAY - 0.5, model: 'm1' },
      { day: NOW / DAY + 0.5, model: 'm2' },
    ])
    expect((await ledger.report({ ...range, by: [], keyId: 'k1' })).usage?.rows).toMatchObject([{ requests: 1 }])
    expect((await ledger.report({ kind: 'usage', from: 0, to: DAY, by: [] })).usage?.rows).toEqual([])
  })

  test('is summed by the hour, with the times of all its rows', async () => {
    vi.setSystemTime(NOW + DAY)
    await book({ keyId: 'k3', model: 'm3', firstTokenMs: 4_000, durationMs: 9_000 })
    await book({ keyId: 'k3', model: 'm3', end: 'stalled', firstTokenMs: 90, durationMs: 200_000 })
    const query = { kind: 'usage', from: NOW, to: NOW + 2 * DAY, by: ['hour'] } as const
    const { usage } = await ledger.report({ ...query, times: true })
    const rows = usage?.rows.toSorted((a, b) => (a.hour ?? 0) - (b.hour ?? 0)) ?? []
    expect(rows.map(({ hour, requests }) => [hour, requests])).toEqual([
      [NOW / 3_600_000, 2],
      [(NOW + DAY) / 3_600_000, 3],
    ])
    expect(rows[0]?.firstToken).toMatchObject({ counts: expect.arrayContaining([1]), sumMs: 80 })
    expect(rows[1]?.firstToken?.counts).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    // What stalled took long, and that is no duration of an answer.
    expect(rows[1]?.duration?.counts.slice(6)).toEqual([1, 0, 0, 0, 0, 0])
    expect((await ledger.report(query)).usage?.rows[0]).not.toHaveProperty('firstToken')
  })

  test('of more rows than were asked for tells the dearest, and the sum of all', async () => {
    const query = { kind: 'usage', from: NOW, to: NOW + 2 * DAY, by: ['key', 'model'], times: true } as const
    const { usage } = await ledger.report({ ...query, most: 2 })
    expect(usage?.rows.map(({ model, costNanoUsd }) => [model, costNanoUsd])).toEqual([
      ['m1', 100],
      ['m1', 100],
    ])
    expect(usage?.total).toMatchObject({ requests: 3, costNanoUsd: 200, promptTokens: 11 })
    expect((await ledger.report({ ...query, most: 3 })).usage).not.toHaveProperty('total')
  })

  test('has no times where so many sums are asked for that reading them would hold others up', async () => {
    await runInDurableObject(ledger, (_object, state) => {
      state.storage.sql.exec(
        `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
          INSERT INTO rollups (hour, key_id, model, provider, surface, end, user, requests, prompt, completion, cached,
            reasoning, cost, estimated, unpriced, last_at, first_token, duration)
          SELECT hour, key_id || i, model, provider, surface, end, user, requests, prompt, completion, cached,
            reasoning, cost, estimated, unpriced, last_at, first_token, duration FROM n, (SELECT * FROM rollups LIMIT 1)`,
      )
    })
    const query = { kind: 'usage', from: NOW, to: NOW + 2 * DAY, by: ['model'], times: true } as const
    const { usage } = await ledger.report(query)
    expect(usage).toMatchObject({ isUntimed: true })
    expect(usage?.rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(100_003)
    expect(usage?.rows[0]).not.toHaveProperty('firstToken')
    expect((await ledger.report({ ...query, keyId: 'k2' })).usage).not.toHaveProperty('isUntimed')
  })

  test('requests come latest first, in pages', async () => {
    const first = await ledger.report({ kind: 'requests', limit: 2 })
    expect(first.requests?.map(({ model }) => model)).toEqual(['m2', 'm1'])
    const last = first.requests?.at(-1)
    const before = last && { at: last.startedAt, id: last.id }
    const rest = await ledger.report({ kind: 'requests', limit: 2, ...(before && { before }) })
    expect(rest.requests).toHaveLength(1)
    expect((await ledger.report({ kind: 'requests', limit: 9, end: 'cut' })).requests).toMatchObject([{ keyId: 'k2' }])
    expect((await ledger.report({ kind: 'requests', limit: 9, keyId: 'k1' })).requests).toHaveLength(1)
    expect((await ledger.report({ kind: 'requests', limit: 9, model: 'm1' })).requests).toHaveLength(2)
  })

  test('counters only grow, whatever hour it is, and a booking of an hour that was summed up is not lost', async () => {
    const sum = async () =>
      (await ledger.report({ kind: 'metrics' })).metrics?.rows.reduce((total, { requests }) => total + requests, 0)
    expect(await sum()).toBe(3)
    vi.setSystemTime(NOW + 2 * DAY)
    expect(await sum()).toBe(3)
    vi.setSystemTime(NOW) // set back
    await book({})
    expect(await sum()).toBe(4)
    vi.setSystemTime(NOW + 3 * DAY)
    expect(await sum()).toBe(4)
    expect(await rowsOf('totals')).not.toEqual([])
  })

  test('counters are the same for a minute, also for an object that was put away meanwhile, and then newer', async () => {
    const told = async () => {
      const { rows = [], freshMs } = (await ledger.report({ kind: 'metrics' })).metrics ?? {}
      return [rows.reduce((total, { requests }) => total + requests, 0), freshMs]
    }
    const start = Date.now()
    expect(await told()).toEqual([3, 60_000])
    await book({})
    await evictDurableObject(ledger)
    vi.setSystemTime(start + 45_000)
    expect(await told()).toEqual([3, 15_000])
    vi.setSystemTime(start + 60_000)
    expect(await told()).toEqual([4, 60_000])
  })

  test('tells when a key was used last', async () => {
    const { keys } = await ledger.report({ kind: 'keys' })
    expect(keys?.find(({ keyId }) => keyId === 'k2')).toMatchObject({ lastUsedAt: NOW + DAY, costNanoUsd: 100 })
  })

  test('a gap is counted, not hidden', async () => {
    await ledger.exchange({ unbooked: 7, rules: RULES })
    const { usage } = await ledger.report({ kind: 'usage', from: NOW, to: NOW + 2 * DAY, by: [] })
    expect(usage?.unbooked).toBe(7)
  })
})

test('a caller who makes up users and models without end fills no table, and nothing is lost of the sums', async () => {
  const made = (index: number) =>
    bookingOf(undefined, 1, { user: `user ${index}`, model: `huggingface/made/up-${index}`, promptTokens: 1 })
  for (let round = 0; round < 14; round++) {
    const bookings = Array.from({ length: 200 }, (_, index) => made(200 * round + index))
    await ledger.exchange({ bookings, rules: RULES })
    if (round === 11) await evictDurableObject(ledger)
  }
  await ledger.exchange({ bookings: [bookingOf(undefined, 1, { keyId: 'other', user: 'honest' })], rules: RULES })
  expect(await rowsOf('rollups')).toHaveLength(2_502)
  const query = { kind: 'usage', from: NOW, to: NOW + DAY, keyId: 'k' } as const
  const sums = async (by: 'user' | 'model') => (await ledger.report({ ...query, by: [by] })).usage?.rows
  expect((await sums('user'))?.find(({ user }) => user === 'others')?.requests).toBe(800)
  expect((await sums('model'))?.find(({ model }) => model === 'others')?.requests).toBe(300)
  const { usage } = await ledger.report({ ...query, by: [] })
  expect(usage?.rows).toMatchObject([{ requests: 2_800, costNanoUsd: 2_800, promptTokens: 2_800 }])
  const [honest] = (await ledger.report({ ...query, keyId: 'other', by: ['user', 'model'] })).usage?.rows ?? []
  expect(honest).toMatchObject({ user: 'honest', model: 'huggingface/a/b' })
})

describe('what is old is forgotten', () => {
  test('events, in small steps, but never the roll-ups', async () => {
    const bookings = Array.from({ length: 600 }, () => bookingOf(undefined, 1))
    await ledger.exchange({ bookings, rules: RULES })
    await ledger.exchange({ bookings: [bookingOf(undefined, 1, { startedAt: NOW + 36 * DAY })], rules: RULES })
    vi.setSystemTime(NOW + 36 * DAY)
    await runDurableObjectAlarm(ledger)
    expect(await rowsOf('events')).toHaveLength(101)
    await runDurableObjectAlarm(ledger)
    expect(await rowsOf('events')).toHaveLength(1)
    expect(await rowsOf('rollups')).toMatchObject([{ requests: 601 }])
  })

  test('as early as the configuration says', async () => {
    await ledger.exchange({ bookings: [bookingOf(undefined, 1)], rules: { ...RULES, keepEventsDays: 2 } })
    vi.setSystemTime(NOW + 3 * DAY)
    await runDurableObjectAlarm(ledger)
    expect(await rowsOf('events')).toEqual([])
  })

  test('a lost lease, and its money stays counted', async () => {
    await lease(900)
    vi.setSystemTime(NOW + 3 * 3_600_000)
    await runDurableObjectAlarm(ledger)
    expect(await rowsOf('leases')).toEqual([])
    expect(await standOf()).toMatchObject({ heldNanoUsd: 900 })
  })
})
