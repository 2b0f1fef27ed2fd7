import { describe, expect, test } from 'vitest'
import { type Histogram, NO_TIMES, withTime } from '../../../src/core/limits/histogram.ts'
import { type LedgerReport, NO_SUMS, type UsageSumsRow } from '../../../src/core/limits/ledger-report.ts'
import { reportUsage } from '../../../src/gateway/usage/report-usage.ts'
import { configOf } from '../../core/support/refs.ts'

const CONFIG = configOf({ hugway: { projects: { search: {} } } })
const QUESTION = { from: 0, to: 48 * 3_600_000, by: ['hour'] as const }
const timesOf = (...times: readonly number[]) => times.reduce<Histogram>(withTime, NO_TIMES)
const rowOf = (over: Partial<UsageSumsRow>): UsageSumsRow => ({ ...NO_SUMS, requests: 1, costNanoUsd: 5, ...over })

/** Asks two projects, whose ledgers answer so. */
function report(
  ledgers: Record<string, LedgerReport['usage']>,
  question: Parameters<typeof reportUsage>[2] = QUESTION,
) {
  const client = {
    isBound: true,
    health: {},
    exchange: async () => undefined,
    report: async (project: string) => {
      const usage = ledgers[project]
      return usage && { usage }
    },
  }
  return reportUsage({ client, keys: { store: { list: async () => [] } as never } }, CONFIG, question)
}

describe('usage of several projects', () => {
  test('has an hour once, its times those of all of them, and the hours in their order', async () => {
    const told = await report({
      default: { rows: [rowOf({ hour: 9, firstToken: timesOf(300) }), rowOf({ hour: 2 })], unbooked: 0 },
      search: { rows: [rowOf({ hour: 9, firstToken: timesOf(9_000), costNanoUsd: 7 })], unbooked: 1, isUntimed: true },
    })
    expect(told.rows).toMatchObject([
      { hour: '1970-01-01T02:00:00Z', requests: 1, firstTokenMs: { p50: null, p95: null } },
      { hour: '1970-01-01T09:00:00Z', requests: 2, costNanoUsd: 12, firstTokenMs: { p50: 500 } },
    ])
    expect(told).toMatchObject({
      total: { requests: 3, costNanoUsd: 17 },
      truncated: false,
      untimed: true,
      unbooked: 1,
    })
  })

  test('that is too long to tell says so, and its total lacks nothing', async () => {
    const most = Array.from({ length: 5_000 }, (_, at) => rowOf({ key: `k${at}`, costNanoUsd: 10 }))
    const told = await report(
      {
        default: { rows: most, total: rowOf({ requests: 7_000, costNanoUsd: 60_000 }), unbooked: 0 },
        search: { rows: [rowOf({ key: 'dear', costNanoUsd: 900 })], unbooked: 0 },
      },
      { ...QUESTION, by: ['key'] },
    )
    expect(told.rows).toHaveLength(5_000)
    expect(told.rows[0]).toMatchObject({ key: 'dear' })
    expect(told).toMatchObject({ total: { requests: 7_001, costNanoUsd: 60_900 }, truncated: true })
  })

  const rows = (count: number, name = 'k') => Array.from({ length: count }, (_, at) => rowOf({ key: `${name}${at}` }))
  test.each<[what: string, ledgers: Record<string, LedgerReport['usage']>, isTruncated: boolean]>([
    ['one that has left rows out', { default: { rows: rows(5_000), total: rowOf({}), unbooked: 0 } }, true],
    [
      'two that have left out none, and are too long together',
      { default: { rows: rows(3_000), unbooked: 0 }, search: { rows: rows(3_000, 'other'), unbooked: 0 } },
      true,
    ],
    ['one that just fits', { default: { rows: rows(5_000), unbooked: 0 } }, false],
  ])('is truncated where rows are missing: %s', async (_what, ledgers, truncated) => {
    expect(await report(ledgers, { ...QUESTION, by: ['key'] })).toMatchObject({ truncated, untimed: false })
  })

  test('of an object that runs older code has its sums, and no times', async () => {
    const told = await report({ default: { rows: [rowOf({})], unbooked: 0 } })
    expect(told.rows).toMatchObject([{ requests: 1, durationMs: { p50: null, p95: null } }])
    expect(told.unavailable).toEqual(['search'])
  })
})
