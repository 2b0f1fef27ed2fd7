import * as z from 'zod/mini'
import type { KeyScopes } from '../identity/scopes.ts'
import { once } from '../once.ts'
import { routeRulesSchema } from './routing-schema.ts'

const MODEL = 'must be an alias, huggingface/<org>/<model>[:suffix] or <org>/*'
const USD = 'must be US dollars from 0 to 1000000'
const count = (what: string, max: number) => {
  const accepted = `must be a whole number of ${what} from 1 to ${max}`
  return z.int(accepted).check(z.minimum(1, accepted), z.maximum(max, accepted))
}

const BUDGET = 'must be an object such as { usd: 20, per: "month" }'
const LIMITS = 'must be an object of requestsPerMinute, tokensPerMinute, concurrent'

const fields = once(() => ({
  usd: z.number(USD).check(z.minimum(0, USD), z.maximum(1_000_000, USD)),
  per: z.enum(['day', 'week', 'month', 'total'], 'must be "day", "week", "month" or "total"'),
  requestsPerMinute: count('requests', 1_000_000),
  tokensPerMinute: count('tokens', 1_000_000_000),
  concurrent: count('requests', 100_000),
}))

const budgetSchema = once(() => z.strictObject({ usd: fields().usd, per: fields().per }, BUDGET))

const limitsSchema = once(() =>
  z.strictObject(
    {
      requestsPerMinute: z.exactOptional(fields().requestsPerMinute),
      tokensPerMinute: z.exactOptional(fields().tokensPerMinute),
      concurrent: z.exactOptional(fields().concurrent),
    },
    LIMITS,
  ),
)

const budgetChangeSchema = once(() =>
  z.strictObject({ usd: z.exactOptional(fields().usd), per: z.exactOptional(fields().per) }, BUDGET),
)

const limitsChangeSchema = once(() =>
  z.strictObject(
    {
      requestsPerMinute: z.exactOptional(z.nullable(fields().requestsPerMinute)),
      tokensPerMinute: z.exactOptional(z.nullable(fields().tokensPerMinute)),
      concurrent: z.exactOptional(z.nullable(fields().concurrent)),
    },
    LIMITS,
  ),
)

const modelsSchema = once(() =>
  z
    .array(z.string(MODEL), 'must be a list of models that may be asked for')
    .check(z.minLength(1, 'must name a model; leave it out to allow every model'), z.maxLength(100, 'must be short')),
)

/** What a key or a project is bound to, as it is written in the configuration and sent to `/admin/keys`. */
export const scopeFields = once(() => ({
  budget: z.exactOptional(budgetSchema()),
  limits: z.exactOptional(limitsSchema()),
  models: z.exactOptional(modelsSchema()),
}))

/** The same as a change of it is sent, a merge patch: what is not named stays, and `null` takes a bound away. */
export const scopeChangeFields = once(() => ({
  budget: z.exactOptional(z.nullable(budgetChangeSchema())),
  limits: z.exactOptional(z.nullable(limitsChangeSchema())),
  models: z.exactOptional(z.nullable(modelsSchema())),
}))

/** A project's id: it stands in addresses and names an object. */
export const PROJECT_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/

/** `hugway.projects` */
export const projectsSchema = once(() =>
  z.record(
    z.string().check(z.regex(PROJECT_ID, 'must be small letters, digits, - and _')),
    z.strictObject(
      {
        name: z.exactOptional(z.string('must be a text')),
        ...scopeFields(),
        billTo: z.exactOptional(z.string('must be a text')),
        routing: z.exactOptional(routeRulesSchema()),
      },
      'must be an object of name, budget, limits, models, billTo, routing',
    ),
    'must be an object keyed by project ids: small letters, digits, - and _',
  ),
)

const PERCENT = 'must be per cent of a budget, from 1 to 1000'
const KEEP = 'must be a whole number of days from 1 to 3650'

/** `hugway.budgets` */
export const budgetsSchema = once(() =>
  z.strictObject(
    {
      timeZone: z.exactOptional(z.string('must be an IANA time zone such as "Europe/Berlin"')),
      alertAt: z.exactOptional(
        z
          .array(
            z.number(PERCENT).check(z.minimum(1, PERCENT), z.maximum(1_000, PERCENT)),
            'must be a list such as [80, 100]',
          )
          .check(z.maxLength(10, 'must be short')),
      ),
    },
    'must be an object of timeZone, alertAt',
  ),
)

/** `hugway.usage` */
export const usageSchema = once(() =>
  z.strictObject(
    {
      unasked: z.exactOptional(
        z.enum(['beside_finish', 'pass', 'estimate'], 'must be "beside_finish", "pass" or "estimate"'),
      ),
      byUser: z.exactOptional(z.enum(['hash', 'plain', 'off'], 'must be "hash", "plain" or "off"')),
      keepDays: z.exactOptional(z.int(KEEP).check(z.minimum(1, KEEP), z.maximum(3_650, KEEP))),
    },
    'must be an object of unasked, byUser, keepDays',
  ),
)

/** The bounds among the fields of a record; absent ones are left out. */
export function scopesOf({ budget, limits, models }: KeyScopes): KeyScopes {
  return { ...(budget && { budget }), ...(limits && { limits }), ...(models && { models }) }
}
