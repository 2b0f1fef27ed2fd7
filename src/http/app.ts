// Two dozen routes are found fast enough in a list; the ordinary preset's routers cost 5 ms more of start-up.
import { Hono } from 'hono/tiny'
import { GatewayError } from '../core/failure.ts'
import { toLogged } from '../gateway/to-logged.ts'
import { toMessagesErrorBody } from '../wire/messages/error.ts'
import { serveAdmin } from './admin/admin.ts'
import { serveSession } from './admin/session.ts'
import type { App, AppDeps } from './deps.ts'
import { toErrorResponse } from './error-response.ts'
import { allowOrigins } from './middleware/allow-origins.ts'
import { authenticateAdmin, authenticateClient } from './middleware/authenticate.ts'
import { identify } from './middleware/identify.ts'
import { useConfig } from './middleware/use-config.ts'
import { pathOf, unknownRoute } from './paths.ts'
import { serveDocuments } from './public/documents.ts'
import { serveHealth } from './public/health.ts'
import { serveRoot } from './public/root.ts'
import { serveChatCompletions } from './v1/chat-completions.ts'
import { serveOwnKey } from './v1/key.ts'
import { createMessagesApp } from './v1/messages.ts'
import { serveModels } from './v1/models.ts'
import { serveResponses } from './v1/responses.ts'
import { serveRouteExplain } from './v1/route-explain.ts'

/** The routes, and what each of them goes through first. */
export function createApp(deps: AppDeps): App {
  const app: App = new Hono({ getPath: pathOf })
  app.use(identify(deps))
  app.route('/v1/messages', createMessagesApp(deps))
  app.use('/v1/*', useConfig(deps))
  app.use('/v1/*', allowOrigins)
  app.use('/v1/*', authenticateClient(deps))
  app.use('/admin/*', useConfig(deps))
  serveSession(app, deps)
  app.use('/admin/*', authenticateAdmin(deps))
  app.use('/metrics', useConfig(deps))
  app.use('/metrics', authenticateAdmin(deps))
  serveChatCompletions(app, deps)
  serveResponses(app, deps)
  serveModels(app, deps)
  serveOwnKey(app, deps)
  serveRouteExplain(app, deps)
  serveAdmin(app, deps)
  serveRoot(app, deps)
  serveHealth(app, deps)
  serveDocuments(app)
  app.notFound((c) => toErrorResponse(unknownRoute(c), c.var.requestId))
  app.onError((error, c) => {
    const envelope = c.req.header('anthropic-version') === undefined ? undefined : toMessagesErrorBody
    const isExpected = error instanceof GatewayError && error.failure.kind !== 'all_attempts_failed'
    if (!isExpected) deps.log('request_failed', { requestId: c.var.requestId, failure: toLogged(error) })
    return toErrorResponse(error, c.var.requestId, envelope)
  })
  return app
}
