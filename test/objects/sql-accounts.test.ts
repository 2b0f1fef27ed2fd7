import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { AccountRow } from '../../src/core/limits/ledger-rows.ts'
import { createHourRows } from '../../src/objects/hour-rows.ts'
import { createSqlRows } from '../../src/objects/sql-rows.ts'

const row = (period: string, startAt: number, spentNanoUsd: number): AccountRow => ({
  scope: 'project',
  period,
  startAt,
  endAt: startAt + 100,
  spentNanoUsd,
  lostNanoUsd: 0,
  limitNanoUsd: 1_000,
  alertedPercent: 0,
})

test('a call sees what it has changed, in every period, before it is written', async () => {
  const ledger = env.HUGWAY_PROJECTS.getByName('accounts')
  await runInDurableObject(ledger, (_object, { storage }) => {
    const rows = createSqlRows(storage.sql, createHourRows())
    const spentAt = (at: number) => rows.accountsAt('project', at).map(({ spentNanoUsd }) => spentNanoUsd)
    expect(spentAt(250)).toEqual([])
    rows.putAccount(row('second', 200, 1))
    expect(spentAt(250)).toEqual([1])
    rows.putAccount(row('second', 200, 2))
    expect(spentAt(250)).toEqual([2])
    rows.putAccount(row('first', 100, 7))
    expect([spentAt(150), spentAt(250), spentAt(299), spentAt(300)]).toEqual([[7], [2], [2], []])
    rows.flush()
    const again = createSqlRows(storage.sql, createHourRows())
    expect(again.account('project', 'second')?.spentNanoUsd).toBe(2)
    expect(again.accountsAt('project', 150)).toEqual([row('first', 100, 7)])
  })
})

test('a record of an older period finds its account after one of the newer period was looked at, and changes both', async () => {
  const ledger = env.HUGWAY_PROJECTS.getByName('older accounts')
  await runInDurableObject(ledger, (_object, { storage }) => {
    const before = createSqlRows(storage.sql, createHourRows())
    before.putAccount(row('first', 100, 7))
    before.putAccount(row('second', 200, 2))
    before.flush()
    const rows = createSqlRows(storage.sql, createHourRows())
    const spentAt = (at: number) => rows.accountsAt('project', at).map(({ spentNanoUsd }) => spentNanoUsd)
    expect(spentAt(250)).toEqual([2])
    rows.putAccount(row('second', 200, 3))
    expect(rows.account('project', 'second')?.spentNanoUsd).toBe(3)
    expect(spentAt(150)).toEqual([7])
    rows.putAccount(row('first', 100, 8))
    expect([spentAt(150), spentAt(250)]).toEqual([[8], [3]])
    rows.flush()
    const again = createSqlRows(storage.sql, createHourRows())
    expect(['first', 'second'].map((period) => again.account('project', period)?.spentNanoUsd)).toEqual([8, 3])
  })
})
