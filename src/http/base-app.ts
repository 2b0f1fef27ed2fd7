// Two dozen routes are found fast enough in a list; the ordinary preset's routers cost 5 ms more of start-up.
import { Hono } from 'hono/tiny'
import { toMessagesErrorBody } from '../wire/messages/error.ts'
import { type App, type AppDeps, logBug } from './deps.ts'
import { identify } from './entry/middlewares.ts'
import { toErrorResponse } from './error-response.ts'
import { pathOf, unknownRoute } from './paths.ts'

/** What all apps have in common: a request has an id, a path that nothing is served at is a 404, a bug is logged. */
export function createBaseApp(deps: AppDeps): App {
  const app: App = new Hono({ getPath: pathOf })
  app.use(identify(deps))
  app.notFound((c) => toErrorResponse(unknownRoute(c), c.var.entry.requestId))
  app.onError((error, c) => {
    const envelope = c.req.header('anthropic-version') === undefined ? undefined : toMessagesErrorBody
    logBug(deps, c.var.entry, error)
    return toErrorResponse(error, c.var.entry.requestId, envelope)
  })
  return app
}
