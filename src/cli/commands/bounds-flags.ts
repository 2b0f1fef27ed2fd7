import type { KeyScopes } from '../../core/identity/scopes.ts'
import { usageError } from '../command-error.ts'
import type { Arguments } from '../flags.ts'

/** The flags by which a key or a project is bound. */
export const BOUNDS_FLAGS = {
  budget: { kind: 'text', value: 'USD/PERIOD', help: 'what it may spend: 20/month; day, week, month or total' },
  rpm: { kind: 'text', value: 'N', help: 'requests a minute; as many may come at once, then evenly' },
  tpm: { kind: 'text', value: 'N', help: 'tokens a minute' },
  concurrent: { kind: 'text', value: 'N', help: 'requests at once' },
  model: { kind: 'list', value: 'M', help: 'an alias, a ref or ORG/* that it may use; every model unless named' },
} as const

const PERIODS = ['day', 'week', 'month', 'total'] as const

/** What a value takes a bound away by. */
const NONE = 'none'

const LIMITS = { rpm: 'requestsPerMinute', tpm: 'tokensPerMinute', concurrent: 'concurrent' } as const

/** Each limit that was given; `null` takes it away, and those that were not given stay. */
type LimitsChange = { readonly [F in (typeof LIMITS)[keyof typeof LIMITS]]?: number | null }

type Bounds = { readonly [K in keyof KeyScopes]: K extends 'limits' ? LimitsChange : KeyScopes[K] | null }

/**
 * Reads the bounds that were given; `none` takes one away, as `null`.
 *
 * @throws {CommandError} For a value that is none.
 */
export function readBounds(args: Arguments): Bounds {
  const models = args.list('model')
  const limits = readLimits(args)
  const budget = args.text('budget')
  return {
    ...(budget !== undefined && { budget: budget === NONE ? null : readBudget(budget) }),
    ...(limits !== undefined && { limits }),
    ...(models.length > 0 && { models: models[0] === NONE ? null : models }),
  }
}

function readBudget(text: string): NonNullable<KeyScopes['budget']> {
  const [, usd, period] = /^\$?(\d+(?:\.\d+)?)(?:\/(\w+))?$/.exec(text) ?? []
  const per = PERIODS.find((one) => one === (period ?? 'month'))
  if (usd === undefined || per === undefined) throw usageError('--budget takes US dollars a period, such as 20/month')
  return { usd: Number(usd), per }
}

function readLimits(args: Arguments): LimitsChange | undefined {
  const flags = Object.keys(LIMITS) as (keyof typeof LIMITS)[]
  const given = flags.flatMap((flag) => {
    const text = args.text(flag)
    return text === undefined ? [] : [[LIMITS[flag], text === NONE ? null : readCount(flag, text)] as const]
  })
  return given.length === 0 ? undefined : Object.fromEntries(given)
}

/** What limits become by a change; `null` where none is left. */
export function changeLimits(before: unknown, change: LimitsChange): KeyScopes['limits'] | null {
  const left = Object.entries({ ...Object(before), ...change }).filter(([, value]) => typeof value === 'number')
  return left.length === 0 ? null : Object.fromEntries(left)
}

/** `600 rpm 3 at once`; nothing where there is none. */
export function formatLimits(limits: unknown): string {
  const units = { requestsPerMinute: 'rpm', tokensPerMinute: 'tpm', concurrent: 'at once' }
  const told = Object.entries(units).map(([field, unit]) => [Object(limits)[field], unit])
  return told.flatMap(([count, unit]) => (typeof count === 'number' ? `${count} ${unit}` : [])).join(', ')
}

function readCount(flag: string, text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})([kM]?)$/.exec(text) ?? []
  const count = digits === '' ? 0 : Number(digits) * (unit === 'k' ? 1_000 : unit === 'M' ? 1_000_000 : 1)
  if (count < 1) throw usageError(`--${flag} takes a number from 1, such as 60 or 200k`)
  return count
}
