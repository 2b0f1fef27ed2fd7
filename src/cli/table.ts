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
