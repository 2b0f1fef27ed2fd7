import { createMiddleware } from 'hono/factory'
import type { AppEnv } from '../deps.ts'

/** An id for the log and the answer: the caller's `x-request-id` if it is harmless, else a new one. */
export function identify(newId: () => string) {
  return createMiddleware<AppEnv>(async function identify(c, next) {
    const given = c.req.header('x-request-id')
    c.set('requestId', given && /^[\w.:=;-]{1,128}$/.test(given) ? given : newId())
    await next()
    c.res.headers.set('x-request-id', c.var.requestId)
  })
}
