import { SUM_NAMES } from '../../core/limits/ledger-report.ts'
import type { TimeQuantiles, UsageReport, UsageRow } from './usage.ts'

/** Money also for people, beside what it is counted in. */
const SUMS = SUM_NAMES.flatMap((name) => (name === 'costNanoUsd' ? ([name, 'costUsd'] as const) : [name]))

const TIMES = ['firstTokenP50Ms', 'firstTokenP95Ms', 'durationP50Ms', 'durationP95Ms'] as const

/** A report as RFC 4180 has it, one line a row, a line of names first. */
export function toUsageCsv({ by, rows }: UsageReport): string {
  const names = by.flatMap((name) => (name === 'key' ? (['key', 'keyName'] as const) : [name]))
  const lines = rows.map((row) => [
    ...names.map((name) => row[name] ?? ''),
    ...SUMS.map((sum) => numberOf(row, sum)),
    ...[row.firstTokenMs, row.durationMs].flatMap(cellsOf),
  ])
  return [[...names, ...SUMS, ...TIMES], ...lines].map((cells) => `${cells.map(toCell).join(',')}\r\n`).join('')
}

function numberOf(row: UsageRow, sum: (typeof SUMS)[number]): string {
  return sum === 'costUsd' ? row.costUsd.toFixed(9) : String(row[sum])
}

const cellsOf = ({ p50, p95 }: TimeQuantiles) => [p50, p95].map((ms) => String(ms ?? ''))

/** A spreadsheet would take a name that begins like a formula for one. */
function toCell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
