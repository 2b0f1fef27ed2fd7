import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { askOf, bookingOf, money, NOW } from '../core/limits/support/ledger.ts'
import { firstReleaseCall, ROWS, TABLES } from './support/first-release.ts'

/** For some minutes after a deployment isolates and objects may be of different releases, and what is on disk is older still. */

const RULES = { alertAt: [80, 100], keepEventsDays: 35 }
const DAILY = [{ scope: 'project', budget: { nanoUsd: 1_000, per: 'day', timeZone: 'UTC' } }] as const

let project = 0
let ledger: ReturnType<typeof env.HUGWAY_PROJECTS.get>
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  ledger = env.HUGWAY_PROJECTS.getByName(`versions ${project++}`)
  return () => vi.useRealTimers()
})

const run = <T>(work: (sql: SqlStorage) => T) => runInDurableObject(ledger, (_object, { storage }) => work(storage.sql))
const rowsOf = (table: string) => run((sql) => sql.exec(`SELECT * FROM ${table}`).toArray())
const schemaOf = () =>
  run((sql) => sql.exec<{ value: number }>("SELECT value FROM meta WHERE key = 'schema'").one().value)

/** Columns as they stand in their order, by table; code of any release writes them by their places. */
const columnsOf = (sql: SqlStorage, table: string) =>
  sql
    .exec<{ name: string; type: string; pk: number }>(`SELECT name, type, pk FROM pragma_table_info('${table}')`)
    .toArray()

async function standOf() {
  return (await ledger.report({ kind: 'stands', bounds: DAILY })).stands?.[0]
}

/** What the first release left on disk; the object is put away, so that the next call opens it. */
async function leaveByFirstRelease(): Promise<void> {
  await run((sql) => {
    const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray()
    for (const { name } of tables) if (!name.startsWith('_') && name !== 'meta') sql.exec(`DROP TABLE ${name}`)
    for (const statement of [...Object.values(TABLES), ...ROWS]) sql.exec(statement)
    sql.exec("INSERT OR REPLACE INTO meta VALUES ('schema', 1)")
  })
  await evictDurableObject(ledger)
}

describe('a ledger that the first release made', () => {
  test('is opened with all that is in it', async () => {
    const newest = await schemaOf()
    await leaveByFirstRelease()
    expect(await standOf()).toMatchObject({ spentNanoUsd: 200, heldNanoUsd: 500 })
    expect(await schemaOf()).toBe(newest)
    const usage = await ledger.report({ kind: 'usage', from: NOW, to: NOW + 3_600_000, by: ['key'], times: true })
    expect(usage.usage?.rows).toMatchObject([{ key: 'k', requests: 1, costNanoUsd: 200, promptTokens: 7 }])
    expect((await ledger.report({ kind: 'requests', limit: 9 })).requests).toMatchObject([{ id: 'old event' }])
    expect((await ledger.report({ kind: 'metrics' })).metrics?.rows).toMatchObject([{ requests: 1 }])
  })

  test('settles the leases that it granted, and goes on in the same sums', async () => {
    await leaveByFirstRelease()
    const bookings = [bookingOf('old lease', 150, { reserved: money(500), promptTokens: 1 })]
    await ledger.exchange({ bookings, rules: RULES })
    expect(await standOf()).toMatchObject({ spentNanoUsd: 350, heldNanoUsd: 0 })
    expect(await rowsOf('rollups')).toMatchObject([{ requests: 2, cost: 350, prompt: 8 }])
  })

  test('is brought up to date once, however often it is opened', async () => {
    await leaveByFirstRelease()
    const before = await schemaOf()
    await ledger.exchange({ bookings: [bookingOf(undefined, 1)], rules: RULES })
    await evictDurableObject(ledger)
    expect(await schemaOf()).toBe(before)
    expect(await rowsOf('events')).toHaveLength(2)
  })
})

test('every table of the first release is as its code writes it, so that it may run over the newest schema', async () => {
  await run((sql) => {
    for (const [table, statement] of Object.entries(TABLES)) {
      const now = columnsOf(sql, table)
      sql.exec(statement.replace(`CREATE TABLE ${table}`, `CREATE TABLE first_${table}`))
      expect(now, table).toEqual(columnsOf(sql, `first_${table}`))
    }
  })
})

test('a schema of a later release is left as it is by an earlier one that is rolled back to', async () => {
  await ledger.exchange({ bookings: [bookingOf(undefined, 5)], rules: RULES })
  await run((sql) => {
    sql.exec("UPDATE meta SET value = 99 WHERE key = 'schema'")
    sql.exec('CREATE TABLE of_the_future (id TEXT PRIMARY KEY)')
  })
  await evictDurableObject(ledger)
  await ledger.exchange({ bookings: [bookingOf(undefined, 6)], rules: RULES })
  expect(await rowsOf('events')).toHaveLength(2)
  expect(await schemaOf()).toBe(99)
})

test('an isolate of the first release settles what this one granted, and is granted more', async () => {
  const ask = askOf(money(500), { bounds: DAILY })
  await ledger.exchange({ ask, rules: RULES })
  const call = firstReleaseCall({ leaseId: ask.id, bookingId: 'old booking', askId: 'old ask' })
  const answer = await ledger.exchange(call)
  expect(answer.lease).toMatchObject({ kind: 'granted', amounts: { nanoUsd: 100, requests: 2 }, rates: [] })
  expect(await standOf()).toMatchObject({ spentNanoUsd: 250, heldNanoUsd: 100 })
  expect(await ledger.exchange(call)).toEqual(answer)
  expect(await standOf()).toMatchObject({ spentNanoUsd: 250, heldNanoUsd: 100 })
  expect((await ledger.report({ kind: 'requests', limit: 9 })).requests).toMatchObject([{ id: 'old booking' }])
})

test('what an isolate of a later release says besides is passed over, and its record is kept', async () => {
  const later = { later: { nested: [1] } }
  const ask = { ...askOf(money(500), { bounds: DAILY }), ...later }
  const booking = { ...bookingOf(undefined, 40), ...later }
  const call = {
    ask,
    bookings: [booking],
    shrinks: [{ id: 'x', nanoUsd: 0, slots: 0, ...later }],
    rules: RULES,
    ...later,
  }
  const answer = await ledger.exchange(call)
  expect(answer.lease).toMatchObject({ kind: 'granted', amounts: { nanoUsd: 500 } })
  expect(await standOf()).toMatchObject({ spentNanoUsd: 40, heldNanoUsd: 500 })
  expect((await ledger.report({ kind: 'requests', limit: 9 })).requests).toMatchObject([{ id: booking.id }])
})
