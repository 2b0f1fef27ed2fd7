// Two dozen routes are found fast enough in a list; the ordinary preset's routers cost 5 ms more of start-up.
import { Hono } from 'hono/tiny'
import { GatewayError } from '../core/errors.ts'
import { toLogged } from '../gateway/complete-chat.ts'
import { toErrorResponse } from '../openai/error-envelope.ts'
import { allowOrigins } from './middleware/allow-origins.ts'
import { authenticateAdmin, authenticateClient } from './middleware/authenticate.ts'
import { identify } from './middleware/identify.ts'
import { useConfig } from './middleware/use-config.ts'
import { serveAdmin } from './routes/admin.ts'
import { serveChatCompletions } from './routes/chat-completions.ts'
import { serveDocuments } from './routes/documents.ts'
import { serveHealth } from './routes/health.ts'
import { serveModels } from './routes/models.ts'
import type { App, AppTools } from './tools.ts'

/** The routes, and what each of them goes through first. */
export function createApp(tools: AppTools): App {
  const app: App = new Hono()
  app.use(identify(tools.newId))
  app.use('/v1/*', useConfig(tools))
  app.use('/v1/*', allowOrigins)
  app.use('/v1/*', authenticateClient(tools))
  app.use('/admin/*', useConfig(tools))
  app.use('/admin/*', authenticateAdmin(tools))
  serveChatCompletions(app, tools)
  serveModels(app, tools)
  serveAdmin(app, tools)
  serveHealth(app, tools)
  serveDocuments(app)
  app.notFound((c) => {
    const path = c.req.path.slice(0, 200)
    return toErrorResponse(new GatewayError({ kind: 'unknown_route', method: c.req.method, path }), c.var.requestId)
  })
  app.onError((error, c) => {
    const isExpected = error instanceof GatewayError && error.failure.kind !== 'all_attempts_failed'
    if (!isExpected) tools.log('request_failed', { requestId: c.var.requestId, failure: toLogged(error) })
    return toErrorResponse(error, c.var.requestId)
  })
  return app
}
