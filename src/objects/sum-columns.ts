import { type Histogram, mergeTimes, NO_TIMES } from '../core/limits/histogram.ts'
import { type LedgerSums, SUM_NAMES, type SumName, sumsBy } from '../core/limits/ledger-report.ts'

type BookedSum = Exclude<SumName, 'failed'>

/** The column of each sum, in the order of the tables; `failed` shows by the end of a row. */
const COLUMN_OF = {
  requests: 'requests',
  promptTokens: 'prompt',
  completionTokens: 'completion',
  cachedTokens: 'cached',
  reasoningTokens: 'reasoning',
  costNanoUsd: 'cost',
  estimated: 'estimated',
  unpriced: 'unpriced',
} as const satisfies Record<BookedSum, string>

const BOOKED = SUM_NAMES.filter((name) => name !== 'failed')

export const SUM_COLUMNS = Object.values(COLUMN_OF)
/** The columns of the sums, as a statement names them. */
export const SUMS = SUM_COLUMNS.join(', ')

/** A number for each column. */
export type ColumnSums = { [Column in (typeof SUM_COLUMNS)[number]]: number }

/** The sums of a roll-up or a total, as they stand in the table. */
export type SumColumns = ColumnSums & { first_token: string; duration: string }

/** The sums of nothing, to be added to. */
export const noSums = () => Object.fromEntries(SUM_COLUMNS.map((column) => [column, 0])) as ColumnSums

/** Adds what one booking counts. */
export function addSums(sums: ColumnSums, added: Readonly<Record<BookedSum, number>>): void {
  for (const name of BOOKED) sums[COLUMN_OF[name]] += added[name]
}

/** The sums of two rows. */
export function addUp(a: SumColumns | undefined, b: SumColumns): SumColumns {
  if (!a) return b
  const sum: SumColumns = {
    ...a,
    first_token: JSON.stringify(mergeTimes(timesOf(a.first_token), timesOf(b.first_token))),
    duration: JSON.stringify(mergeTimes(timesOf(a.duration), timesOf(b.duration))),
  }
  for (const column of SUM_COLUMNS) sum[column] += b[column]
  return sum
}

export function timesOf(text: string | undefined): Histogram {
  return text === undefined ? NO_TIMES : JSON.parse(text)
}

/** Sums as they are told. */
export function sumsOf(row: SumColumns & { readonly failed: number }): LedgerSums {
  return sumsBy((name) => (name === 'failed' ? row.failed : row[COLUMN_OF[name]]))
}
