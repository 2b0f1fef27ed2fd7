import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { ExchangeCall } from '../../src/core/limits/exchange.ts'
import { askOf, bookingOf, budgets, money } from '../core/limits/support/ledger.ts'

const RULES = { alertAt: [80, 100], keepEventsDays: 35 }

/** Rows that these calls write: what a plan counts. */
async function rowsWritten(name: string, calls: readonly ExchangeCall[]): Promise<number> {
  const ledger = env.HUGWAY_PROJECTS.getByName(name)
  await ledger.exchange({ ask: askOf(money(1), { bounds: budgets(1e9, 1e9) }), rules: RULES }) // makes the accounts
  return runInDurableObject(ledger, async (object, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql)
    const cursors: { readonly rowsWritten: number }[] = []
    Object.defineProperty(storage.sql, 'exec', {
      configurable: true,
      value: (...args: Parameters<typeof exec>) => {
        const cursor = exec(...args)
        cursors.push(cursor)
        return cursor
      },
    })
    for (const call of calls) await object.exchange(call)
    Reflect.deleteProperty(storage.sql, 'exec')
    return cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0)
  })
}

test('a completion of a caller without bounds is two rows', async () => {
  expect(await rowsWritten('free', [{ bookings: [bookingOf(undefined, 0)], rules: RULES }])).toBe(2)
})

test('a completion of a budgeted key that comes alone is seven rows at most', async () => {
  const ask = askOf(money(5), { bounds: budgets(1e9, 1e9), want: money(10) })
  const calls = [
    { ask, rules: RULES },
    { bookings: [bookingOf(ask.id, 5)], rules: RULES },
    { shrinks: [{ id: ask.id, nanoUsd: 0, slots: 0 }] },
  ]
  expect(await rowsWritten('alone', calls)).toBeLessThanOrEqual(7)
})

test('at one a second two share a call: three rows without bounds, six with a budget of the key and one of its project', async () => {
  const free = [bookingOf(undefined, 0), bookingOf(undefined, 0)]
  expect(await rowsWritten('two free', [{ bookings: free, rules: RULES }])).toBe(3)
  const ask = askOf(money(5), { bounds: budgets(1e9, 1e9), want: money(50) })
  const two = () => ({ bookings: [bookingOf(ask.id, 5), bookingOf(ask.id, 5)], rules: RULES })
  const [asked, ...rest] = [{ ask, rules: RULES }, two(), two()]
  expect(await rowsWritten('two budgeted', [asked])).toBe(1)
  expect(await rowsWritten('two budgeted', rest)).toBe(12)
})

test('a hundred that share a lease and a call are little more than a row each', async () => {
  const ask = askOf(money(5), { bounds: budgets(1e9, 1e9), want: money(1_000) })
  const bookings = Array.from({ length: 100 }, () => bookingOf(ask.id, 5))
  const written = await rowsWritten('many', [
    { ask, rules: RULES },
    { bookings, rules: RULES },
  ])
  expect(written).toBeLessThanOrEqual(106)
})
