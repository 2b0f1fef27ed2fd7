/** What would move the cursor, or turn the reading direction: some names are those of clients' users. */
const UNPRINTABLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/**
 * Lines of a table, columns as wide as their widest cell.
 *
 * @param words How many columns, from the left, are words; the rest are numbers, which stand at the right.
 */
export function toTable(given: readonly (readonly string[])[], words: number): readonly string[] {
  const rows = given.map((row) => row.map((cell) => cell.replace(UNPRINTABLE, '?')))
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column < words ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

const BARS = '▁▂▃▄▅▆▇█'

/** A line of bars; nothing at all is a space, the most the highest bar. */
export function toSparkline(values: readonly number[]): string {
  const most = Math.max(...values, 0)
  return values
    .map((value) => (value <= 0 || most === 0 ? ' ' : (BARS[Math.ceil((value / most) * BARS.length) - 1] ?? ' ')))
    .join('')
}

const NANO_PER_USD = 1_000_000_000

/** US dollars as a person reads them: cents where there are dollars, else three digits that matter. Never less than it is. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0'
  const nanoUsd = Math.round(usd * NANO_PER_USD)
  const step = nanoUsd >= NANO_PER_USD ? NANO_PER_USD / 100 : 10 ** Math.max(0, String(nanoUsd).length - 3)
  const up = Math.ceil(nanoUsd / step) * step
  const digits = up >= NANO_PER_USD ? 2 : 9 - Math.log10(step)
  return `$${(up / NANO_PER_USD).toFixed(Math.round(digits))}`
}

/** Whole nanodollars as US dollars, to the last digit. */
export function formatNanoUsd(nanoUsd: number): string {
  const [dollars, rest] = [Math.floor(nanoUsd / NANO_PER_USD), nanoUsd % NANO_PER_USD]
  return `$${dollars}.${String(rest)
    .padStart(9, '0')
    .replace(/0{1,7}$/, '')}`
}
