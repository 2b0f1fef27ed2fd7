import type { TimeQuantiles } from '../wire/admin/usage.ts'

const NANO = 1_000_000_000

const whole = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export const count = (value: number) => (value < 10_000 ? whole.format(value) : compact.format(value))

/** Dollars from nanodollars; small sums keep two digits that say something. */
export function money(nanoUsd: number | null | undefined): string {
  return nanoUsd === null || nanoUsd === undefined ? '-' : usd(nanoUsd / NANO)
}

export function usd(dollars: number): string {
  if (dollars === 0) return '$0'
  if (Math.abs(dollars) >= 0.01) return `$${dollars.toFixed(2)}`
  return `$${Number(dollars.toPrecision(2))}`
}

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '-'
  if (ms < 1_000) return `${Math.round(ms)}\u00a0ms`
  return ms < 100_000 ? `${(ms / 1_000).toFixed(1)}\u00a0s` : `${Math.round(ms / 60_000)}\u00a0min`
}

/** The median and the slow end, as one text. */
export const quantiles = ({ p50, p95 }: TimeQuantiles) => (p50 === null ? '-' : `${duration(p50)} / ${duration(p95)}`)

export const percent = (part: number, all: number) => (all === 0 ? '-' : `${((100 * part) / all).toFixed(1)}\u00a0%`)

const when = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })
const short = new Intl.DateTimeFormat('en', {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

export const time = (iso: string | null | undefined) => (iso ? when.format(new Date(iso)) : '-')

/** Without the year: for lists, whose lines are near to each other. */
export const shortTime = (iso: string) => short.format(new Date(iso))

/** A ref as it is told in a list, where every line would begin alike. */
export const shortRef = (ref: string) => ref.replace(/^huggingface\//, '')

/** What an end is called to people who did not read its name in the source. */
export const END_WORDS: Readonly<Record<string, string>> = {
  whole: 'whole',
  cut: 'cut off',
  stalled: 'fell silent',
  out_of_time: 'took too long',
  unreadable: 'unreadable',
  upstream_error: 'error in the stream',
  client_gone: 'client left',
  bad_request: 'bad request',
  not_configured: 'not configured',
  not_admitted: 'not admitted',
  refused: 'refused by the model',
  context_overflow: 'too long for the model',
  all_failed: 'every target failed',
  timed_out: 'timed out',
  internal_error: 'bug',
}
