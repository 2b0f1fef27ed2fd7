import type { Context } from 'hono'
import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import { GatewayError } from '../../core/failure.ts'
import type { AppEnv } from '../deps.ts'

/** Lets the browsers of the configured origins in; none, unless `hugway.cors.origins` names some. */
export const allowOrigins = createMiddleware<AppEnv>(async function allowOrigins(c, next) {
  const origins = c.var.config.corsOrigins
  refusePreflight(c, origins)
  if (origins.length === 0) return next()
  const allow = cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'POST'],
    exposeHeaders: [
      'x-request-id',
      'x-should-retry',
      'x-hugway-target',
      'x-hugway-attempts',
      'x-hugway-provider',
      'x-hugway-skipped',
      'x-hugway-config',
      'x-hugway-dropped-tools',
      'retry-after',
      'retry-after-ms',
      'x-hugway-cost-usd',
      'x-hugway-max-tokens',
      ...['limit', 'remaining', 'reset'].flatMap((what) => [
        `x-ratelimit-${what}-requests`,
        `x-ratelimit-${what}-tokens`,
      ]),
    ],
    maxAge: 600,
  })
  return allow(c, next)
})

/**
 * A browser shows no answer to its question before the call, but its list of requests does, and so does curl.
 *
 * @throws {GatewayError} `origin_not_allowed`.
 */
function refusePreflight(c: Context<AppEnv>, origins: readonly string[]): void {
  const origin = c.req.header('origin')
  const isPreflight = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined
  if (!isPreflight || origin === undefined || origins.includes('*') || origins.includes(origin)) return
  throw new GatewayError({ kind: 'origin_not_allowed', origin: origin.slice(0, 200), hasOrigins: origins.length > 0 })
}
