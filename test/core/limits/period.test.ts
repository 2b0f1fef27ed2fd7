import { describe, expect, test } from 'vitest'
import type { BudgetRule } from '../../../src/core/identity/scopes.ts'
import { isTimeZone, periodOf } from '../../../src/core/limits/period.ts'

const HOUR = 3_600_000
const at = (text: string) => Date.parse(text)
const span = (per: BudgetRule['per'], zone: string, now: string) => {
  const { id, startAt, endAt } = periodOf(per, zone, at(now))
  return [id, new Date(startAt).toISOString(), new Date(endAt).toISOString()]
}

describe('a period begins by the calendar of its zone', () => {
  test.each<[per: BudgetRule['per'], zone: string, now: string, start: string, end: string]>([
    ['day', 'UTC', '2026-11-27T23:59:59.999Z', '2026-11-27T00:00:00.000Z', '2026-11-28T00:00:00.000Z'],
    ['day', 'UTC', '2026-11-28T00:00:00.000Z', '2026-11-28T00:00:00.000Z', '2026-11-29T00:00:00.000Z'],
    ['day', 'Asia/Kolkata', '2026-11-27T18:29:00Z', '2026-11-26T18:30:00.000Z', '2026-11-27T18:30:00.000Z'],
    ['day', 'America/Los_Angeles', '2026-11-27T07:00:00Z', '2026-11-26T08:00:00.000Z', '2026-11-27T08:00:00.000Z'],
    ['week', 'UTC', '2026-11-29T12:00:00Z', '2026-11-23T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
    ['month', 'UTC', '2026-12-31T12:00:00Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['month', 'Europe/Berlin', '2026-10-31T23:30:00Z', '2026-10-31T23:00:00.000Z', '2026-11-30T23:00:00.000Z'],
    ['day', 'Pacific/Kiritimati', '2026-11-27T10:00:00Z', '2026-11-27T10:00:00.000Z', '2026-11-28T10:00:00.000Z'],
  ])('%s in %s at %s', (per, zone, now, start, end) => {
    expect(span(per, zone, now).slice(1)).toEqual([start, end])
  })

  test('a budget in total never ends', () => {
    expect(periodOf('total', 'UTC', at('2026-11-27T12:00:00Z'))).toMatchObject({ startAt: 0, id: 'total' })
  })
})

describe('clocks change', () => {
  test.each<[what: string, zone: string, now: string, hours: number]>([
    ['a day of spring is an hour short', 'Europe/Berlin', '2026-03-29T12:00:00Z', 23],
    ['a day of autumn is an hour long', 'Europe/Berlin', '2026-10-25T12:00:00Z', 25],
    ['where midnight itself does not exist', 'Africa/Cairo', '2026-04-24T12:00:00Z', 23],
    ['by half an hour', 'Australia/Lord_Howe', '2026-04-05T02:00:00Z', 24.5],
  ])('%s (%s)', (_what, zone, now, hours) => {
    const { startAt, endAt } = periodOf('day', zone, at(now))
    expect((endAt - startAt) / HOUR).toBe(hours)
  })

  test('the days of a year follow each other without a gap', () => {
    for (const zone of ['Europe/Berlin', 'Africa/Cairo', 'Australia/Lord_Howe', 'America/Sao_Paulo']) {
      let { startAt, endAt } = periodOf('day', zone, at('2026-01-01T12:00:00Z'))
      for (let day = 0; day < 365; day++) {
        expect(endAt).toBeGreaterThan(startAt)
        const next = periodOf('day', zone, endAt)
        expect(next.startAt).toBe(endAt)
        expect(periodOf('day', zone, endAt - 1).startAt).toBe(startAt)
        ;({ startAt, endAt } = next)
      }
    }
  })
})

test('a zone that nobody knows is none', () => {
  expect(['UTC', 'Europe/Berlin', 'Europe/Atlantis', '', '+99:00'].map(isTimeZone)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ])
})
