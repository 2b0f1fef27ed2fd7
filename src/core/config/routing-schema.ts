import * as z from 'zod/mini'
import { once } from '../once.ts'
import { SORTS } from '../routing/preferences.ts'

const text = once(() => z.string('must be a text'))
const SHARE = 'must be a share from 0 to 1'
const share = once(() => z.number(SHARE).check(z.minimum(0, SHARE), z.maximum(1, SHARE)))
const resolver = once(() => z.enum(['router', 'own'], 'must be "router" or "own"'))
const above0 = (unit: string) => {
  const accepted = `must be ${unit}, a number above 0`
  return z.number(accepted).check(z.gt(0, accepted))
}
const providers = once(() => z.array(text(), 'must be a list of providers such as ["groq", "together"]'))
const price = once(() => z.number('must be US dollars per million tokens').check(z.minimum(0, 'must not be below 0')))

/** The names of OpenRouter, as a request's `provider` has them. What they mean is checked by `readPreferences`. */
const preferencesSchema = once(() =>
  z.strictObject(
    {
      order: z.optional(providers()),
      only: z.optional(providers()),
      ignore: z.optional(providers()),
      allow_fallbacks: z.optional(z.boolean('must be true or false')),
      require_parameters: z.optional(z.boolean('must be true or false')),
      sort: z.optional(z.enum(SORTS, 'must be "price", "throughput" or "latency"')),
      max_price: z.optional(
        z.strictObject(
          { prompt: z.optional(price()), completion: z.optional(price()) },
          'must be an object such as { prompt: 1, completion: 2 }',
        ),
      ),
      preferred_min_throughput: z.optional(above0('tokens a second')),
      preferred_max_latency: z.optional(above0('seconds')),
    },
    'must be an object such as { only: ["groq"] }',
  ),
)

const routeRules = once(() => ({
  resolve: z.optional(resolver()),
  policies: z.optional(resolver()),
  provider: z.optional(preferencesSchema()),
}))
/** `routing` of a project or a model. */
export const routeRulesSchema = once(() =>
  z.strictObject(routeRules(), 'must be an object of resolve, policies, provider'),
)

const MS = 'must be a whole number of milliseconds from 100 to 600000, or "p95"'

/** `hugway.hedge` */
export const hedgeSchema = once(() =>
  z.strictObject(
    {
      afterMs: z.union([z.literal('p95'), z.int().check(z.minimum(100), z.maximum(600_000))], MS),
      maxShare: z.optional(share()),
    },
    'must be an object such as { afterMs: "p95", maxShare: 0.05 }',
  ),
)

/** `hugway.routing` */
export const deploymentRoutingSchema = once(() =>
  z.strictObject(
    { ...routeRules(), explore: z.optional(share()) },
    'must be an object of resolve, policies, provider, explore',
  ),
)

export type RouteRulesInput = z.infer<ReturnType<typeof routeRulesSchema>>
