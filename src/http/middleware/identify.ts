import { createMiddleware } from 'hono/factory'
import type { AppDeps, AppEnv } from '../deps.ts'

/**
 * When the request came, and an id for the log and the answer: the caller's `x-request-id` if it is harmless, else a new
 * one.
 */
export function identify({ newId, clock }: Pick<AppDeps, 'newId' | 'clock'>) {
  return createMiddleware<AppEnv>(async function identify(c, next) {
    c.set('startedAt', clock.now())
    const given = c.req.header('x-request-id')
    c.set('requestId', given && /^[\w.:=;-]{1,128}$/.test(given) ? given : newId())
    await next()
    c.res.headers.set('x-request-id', c.var.requestId)
  })
}
