import type { KeyScopes } from '../../core/identity/scopes.ts'

/** What a form says of the bounds of a key or a project; empty texts bound nothing. */
export type BoundsForm = {
  readonly usd: string
  readonly per: 'day' | 'week' | 'month' | 'total'
  readonly requestsPerMinute: string
  readonly tokensPerMinute: string
  readonly concurrent: string
  readonly models: string
}

export const NO_BOUNDS: BoundsForm = {
  usd: '',
  per: 'month',
  requestsPerMinute: '',
  tokensPerMinute: '',
  concurrent: '',
  models: '',
}

const RATES = ['requestsPerMinute', 'tokensPerMinute', 'concurrent'] as const

/** The same as the gateway takes it. */
export function toBounds({ usd, per, models, ...rates }: BoundsForm): Record<string, unknown> {
  const limits = Object.fromEntries(
    Object.entries(rates).flatMap(([name, text]) => (text.trim() === '' ? [] : [[name, Number(text)]])),
  )
  const names = models.split(/[\n,]/).flatMap((name) => name.trim() || [])
  return {
    ...(usd.trim() !== '' && { budget: { usd: Number(usd), per } }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(names.length > 0 && { models: names }),
  }
}

/** What is other in the second form, as a merge patch: `null` takes a bound away, and what is not named stays. */
export function mergeOf(before: BoundsForm, after: BoundsForm): Record<string, unknown> {
  const [old, wanted] = [toBounds(before), toBounds(after)]
  const changed = ['budget', 'models'].filter((name) => JSON.stringify(old[name]) !== JSON.stringify(wanted[name]))
  const rates = RATES.filter((name) => before[name].trim() !== after[name].trim())
  const limits = rates.map((name) => [name, after[name].trim() === '' ? null : Number(after[name])])
  return {
    ...Object.fromEntries(changed.map((name) => [name, wanted[name] ?? null])),
    ...(limits.length > 0 && { limits: Object.fromEntries(limits) }),
  }
}

/** The form of bounds that hold; what does not is empty. */
export function fromBounds({ budget, limits, models }: KeyScopes): Partial<BoundsForm> {
  const rates = Object.entries(limits ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  )
  return {
    ...(budget && { usd: String(budget.usd), per: budget.per }),
    ...Object.fromEntries(rates),
    models: models?.join(', ') ?? '',
  }
}

/** What is wrong with a form, as a sentence; nothing where it is good. */
export function problemOf(form: BoundsForm): string | undefined {
  const { per: _per, models: _models, usd, ...rates } = form
  if (usd.trim() !== '' && !(Number(usd) >= 0))
    return 'The budget must be an amount of dollars, such as 25 or 0.5; 0 spends nothing.'
  const bad = Object.values(rates).some(
    (text) => text.trim() !== '' && !(Number.isSafeInteger(Number(text)) && Number(text) > 0),
  )
  return bad ? 'Limits must be whole numbers of at least 1.' : undefined
}
