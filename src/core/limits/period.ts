import type { BudgetRule } from '../identity/scopes.ts'

/** A stretch of a budget: `[startAt, endAt)` in milliseconds since the epoch. */
export type Period = {
  /** `day 2026-11-27 Europe/Berlin`: what it is called in storage. */
  readonly id: string
  readonly startAt: number
  /** `Number.MAX_SAFE_INTEGER` where it never ends. */
  readonly endAt: number
}

/** Needs no formatter, whose making costs an isolate that starts 20 ms. */
const UTC = 'UTC'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Zones differ from UTC by whole quarters of an hour. */
const QUARTER_MS = 900_000
/** No zone is further from UTC than this. */
const FURTHEST_MS = 15 * HOUR_MS

/**
 * The period of a budget that holds at `nowMs`, by the calendar of a time zone: days begin at its midnight, weeks on its
 * Monday. A day on which clocks change is shorter or longer.
 *
 * @param timeZone An IANA name that {@link isTimeZone} accepts.
 */
export function periodOf(per: BudgetRule['per'], timeZone: string, nowMs: number): Period {
  if (per === 'total') return { id: 'total', startAt: 0, endAt: Number.MAX_SAFE_INTEGER }
  const today = localDay(nowMs, timeZone)
  const first = per === 'day' ? today : per === 'week' ? mondayOf(today) : firstOfMonth(today, 0)
  const next = per === 'day' ? first + DAY_MS : per === 'week' ? first + 7 * DAY_MS : firstOfMonth(today, 1)
  const name = new Date(first).toISOString().slice(0, per === 'month' ? 7 : 10)
  return { id: `${per} ${name} ${timeZone}`, startAt: beginningOf(first, timeZone), endAt: beginningOf(next, timeZone) }
}

/** Whether the runtime knows a zone by this name. */
export function isTimeZone(name: string): boolean {
  try {
    return name === UTC || (name !== '' && formatterOf(name) !== undefined)
  } catch {
    return false
  }
}

/** The date in a zone, as the UTC midnight of that date. */
function localDay(atMs: number, timeZone: string): number {
  if (timeZone === UTC) return Math.floor(atMs / DAY_MS) * DAY_MS
  const parts = new Map(
    formatterOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  )
  return Date.UTC(parts.get('year') ?? 0, (parts.get('month') ?? 1) - 1, parts.get('day') ?? 1)
}

/** The first moment of a date in a zone, found by halving: midnight itself may not exist on the day of a change. */
function beginningOf(dateMs: number, timeZone: string): number {
  let before = dateMs - FURTHEST_MS
  let after = dateMs + FURTHEST_MS
  while (after - before > QUARTER_MS) {
    const middle = before + Math.floor((after - before) / 2 / QUARTER_MS) * QUARTER_MS
    if (localDay(middle, timeZone) >= dateMs) after = middle
    else before = middle
  }
  return after
}

function mondayOf(dateMs: number): number {
  const daysSinceMonday = (new Date(dateMs).getUTCDay() + 6) % 7
  return dateMs - daysSinceMonday * DAY_MS
}

function firstOfMonth(dateMs: number, monthsLater: number): number {
  const date = new Date(dateMs)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthsLater, 1)
}

/** Making one takes longer than using it; a deployment has one zone. */
const formatters = new Map<string, Intl.DateTimeFormat>()
const MAX_FORMATTERS = 16

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' })
  if (formatters.size >= MAX_FORMATTERS) formatters.clear()
  formatters.set(timeZone, made)
  return made
}
