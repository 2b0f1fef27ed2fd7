import { createBaseApp } from '../base-app.ts'
import type { App, AppDeps } from '../deps.ts'
import { guardClients } from './app.ts'
import { createMessagesApp } from './messages.ts'
import { serveResponses } from './responses.ts'

/** The Responses and the Messages API. */
export function createAgentsApp(deps: AppDeps): App {
  const app = createBaseApp(deps)
  app.route('/v1/messages', createMessagesApp(deps))
  guardClients(app, deps)
  serveResponses(app, deps)
  return app
}
