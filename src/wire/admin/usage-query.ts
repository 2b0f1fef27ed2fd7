import type { Failure } from '../../core/failure.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { USAGE_DIMENSIONS, type UsageDimension } from './usage.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const DEFAULT_DAYS = 30
/** A longer course of hours is no longer looked at, and would be thousands of rows. */
const MOST_DAYS_BY_HOUR = 35
const MOST_REQUESTS = 200
const DEFAULT_REQUESTS = 50

type Query = (name: string) => string | undefined

/** What `GET /admin/usage` was asked for. Times in milliseconds since the epoch. */
export type UsageQuery = {
  readonly from: number
  readonly to: number
  readonly by: readonly UsageDimension[]
  readonly project: string | undefined
  readonly keyId: string | undefined
  readonly format: 'json' | 'csv'
}

/** Reads `from`, `to`, `by`, `project`, `key`, `format`. The refusal names the parameter. */
export function readUsageQuery(query: Query, nowMs: number): Result<UsageQuery, Failure> {
  const to = readTime(query('to'), Math.ceil((nowMs + 1) / HOUR_MS) * HOUR_MS, Math.ceil)
  if (to === undefined) return refuse('to', WHEN)
  const from = readTime(query('from'), to - DEFAULT_DAYS * DAY_MS, Math.floor)
  if (from === undefined) return refuse('from', WHEN)
  if (from >= to) return refuse('from', 'must be before to')
  const names = (query('by') ?? '').split(',').filter((name) => name !== '')
  const by = USAGE_DIMENSIONS.filter((name) => names.includes(name))
  const wrong = names.find((name) => !USAGE_DIMENSIONS.some((one) => one === name))
  if (wrong !== undefined) return refuse('by', `takes ${USAGE_DIMENSIONS.join(', ')}, with commas between them`)
  if (by.includes('hour') && to - from > MOST_DAYS_BY_HOUR * DAY_MS)
    return refuse('by', `tells hours of at most ${MOST_DAYS_BY_HOUR} days: take day, or a later from`)
  const format = query('format') ?? 'json'
  if (format !== 'json' && format !== 'csv') return refuse('format', 'must be json or csv')
  return ok({ from, to, by, project: query('project'), keyId: query('key'), format })
}

/** What `GET /admin/requests` was asked for. */
export type RequestsQuery = {
  readonly limit: number
  readonly project: string | undefined
  readonly keyId: string | undefined
  readonly model: string | undefined
  readonly end: string | undefined
  readonly before: { readonly at: number; readonly id: string } | undefined
}

/** Reads `limit`, `project`, `key`, `model`, `end`, `before`. The refusal names the parameter. */
export function readRequestsQuery(query: Query): Result<RequestsQuery, Failure> {
  const limit = Number(query('limit') ?? DEFAULT_REQUESTS)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_REQUESTS) {
    return refuse('limit', `must be a whole number from 1 to ${MOST_REQUESTS}`)
  }
  const place = query('before')
  const [, at, id] = /^(\d{1,15})\.([\w-]{1,100})$/.exec(place ?? '') ?? []
  if (place !== undefined && (at === undefined || id === undefined))
    return refuse('before', 'must be the `next` of a page')
  const before = at !== undefined && id !== undefined ? { at: Number(at), id } : undefined
  const rest = { project: query('project'), keyId: query('key'), model: query('model'), end: query('end') }
  return ok({ limit, before, ...rest })
}

const WHEN = 'must be a day such as 2026-11-01, or a time in ISO 8601'

/** Whole hours are all that sums are kept by. */
function readTime(text: string | undefined, otherwise: number, round: (hours: number) => number): number | undefined {
  const at = text === undefined ? otherwise : Date.parse(text)
  return Number.isNaN(at) ? undefined : round(at / HOUR_MS) * HOUR_MS
}

function refuse(param: string, message: string): Result<never, Failure> {
  return err({ kind: 'bad_request', message: `${param} ${message}.`, param })
}
