import type { Spread } from './measure.ts'
import type { Row } from './rounds.ts'

/** The rows as a Markdown table: each contender's median with its spread, and its ratio to the first one. */
export function formatTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const cells = Object.entries(row.values).map(([name, spread]) => formatCell(row, name, spread))
    return `| ${row.name} | ${formatTarget(row)} | ${cells.join('; ')} | ${verdictOf(row)} |`
  })
  return ['| | to reach | measured | |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

/** Whether hugway reached its target; a row without one has no verdict. */
function isReached({ target, values, ratios }: Row): boolean | undefined {
  if (target?.ratio !== undefined) return ratioOf(ratios) <= target.ratio
  if (target?.value !== undefined) return (values['hugway']?.median ?? Number.NaN) <= target.value
  return undefined
}

/** hugway's ratio; where it is asked in several ways, that of the worst. */
function ratioOf(ratios: Row['ratios']): number {
  const others = Object.values(ratios).slice(1)
  return ratios['hugway']?.median ?? Math.max(...others.map(({ median }) => median))
}

function verdictOf(row: Row): string {
  const reached = isReached(row)
  return reached === undefined ? '' : reached ? 'reached' : 'missed'
}

function formatTarget({ target, unit }: Row): string {
  if (target?.ratio !== undefined) return `<= ${target.ratio} x`
  return target?.value === undefined ? '' : `<= ${target.value} ${unit}`
}

function formatCell({ unit, ratios }: Row, name: string, spread: Spread): string {
  const ratio = ratios[name]
  const isFirst = name === Object.keys(ratios)[0]
  const times =
    ratio && !isFirst ? ` = **${ratio.median.toFixed(2)} x** [${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)}]` : ''
  return `${name} ${formatNumber(spread.median)} ${unit} [${formatNumber(spread.min)}-${formatNumber(spread.max)}]${times}`
}

function formatNumber(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)
}
