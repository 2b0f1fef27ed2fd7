// Two dozen routes are found fast enough in a list; the ordinary preset's routers cost 5 ms more of start-up.
import { Hono } from 'hono/tiny'
import { GatewayError } from '../core/failure.ts'
import { toLogged } from '../gateway/to-logged.ts'
import { toMessagesErrorBody } from '../wire/messages/error.ts'
import type { App, AppDeps } from './deps.ts'
import { toErrorResponse } from './error-response.ts'
import { identify } from './middleware/identify.ts'
import { pathOf, unknownRoute } from './paths.ts'

/** What all apps have in common: a request has an id, a path that nothing is served at is a 404, a bug is logged. */
export function createBaseApp(deps: AppDeps): App {
  const app: App = new Hono({ getPath: pathOf })
  app.use(identify(deps))
  app.notFound((c) => toErrorResponse(unknownRoute(c), c.var.requestId))
  app.onError((error, c) => {
    const envelope = c.req.header('anthropic-version') === undefined ? undefined : toMessagesErrorBody
    if (!(error instanceof GatewayError)) {
      deps.log('request_failed', { requestId: c.var.requestId, failure: toLogged(error) })
    }
    return toErrorResponse(error, c.var.requestId, envelope)
  })
  return app
}
