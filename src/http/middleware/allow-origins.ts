import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import type { AppEnv } from '../deps.ts'

/** Lets the browsers of the configured origins in; none, unless `hugway.cors.origins` names some. */
export const allowOrigins = createMiddleware<AppEnv>(async function allowOrigins(c, next) {
  const origins = c.var.config.corsOrigins
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
    ],
    maxAge: 600,
  })
  return allow(c, next)
})
