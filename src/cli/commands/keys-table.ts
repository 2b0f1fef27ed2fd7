import { formatUsd, toUsd } from '../../core/limits/money.ts'
import { toTable } from '../table.ts'
import { fieldOf } from '../worker/http-call.ts'
import { formatLimits } from './bounds-flags.ts'
import { formatBudget, spentOf } from './projects.ts'

const COLUMNS = [
  ['id', 'ID'],
  ['status', 'STATUS'],
  ['name', 'NAME'],
  ['project', 'PROJECT'],
  ['budget', 'BUDGET'],
  ['spent', 'SPENT'],
  ['limits', 'LIMITS'],
  ['createdAt', 'MADE'],
  ['lastUsedAt', 'LAST USED'],
  ['expiresAt', 'ENDS'],
] as const

/** A table with a header; a column that no key has anything for is left out. */
export function formatKeys(keys: readonly unknown[]): readonly string[] {
  const shown = COLUMNS.filter(([field]) => keys.some((key) => cellOf(key, field) !== ''))
  const header = shown.map(([, title]) => title)
  return toTable([header, ...keys.map((key) => shown.map(([field]) => cellOf(key, field)))], shown.length)
}

function cellOf(key: unknown, field: (typeof COLUMNS)[number][0]): string {
  const budget = fieldOf(key, 'budget')
  if (field === 'budget') return budget ? formatBudget(budget) : ''
  if (field === 'limits') return formatLimits(fieldOf(key, 'limits'))
  if (field === 'spent') {
    const cost = fieldOf(key, 'costNanoUsd')
    if (typeof fieldOf(budget, 'spentNanoUsd') === 'number') return spentOf(budget)
    return typeof cost === 'number' && cost > 0 ? formatUsd(toUsd(cost)) : ''
  }
  return shortTime(fieldOf(key, field)) ?? (field === 'expiresAt' ? 'never' : '')
}

/** To the minute: the seconds of a key's life tell nobody anything. */
function shortTime(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return /^\d{4}-\d{2}-\d{2}T/.test(value) ? value.slice(0, 16).replace('T', ' ') : value
}
