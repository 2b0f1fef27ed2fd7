import { createBaseApp } from '../base-app.ts'
import type { App, AppDeps } from '../deps.ts'
import { admitClients } from '../entry/middlewares.ts'
import { type ServePath, withCompletions } from './completion-route.ts'
import { createMessagesApp, MESSAGES_PATH, messagesSurface } from './messages.ts'
import { refuseOtherResponses, responsesSurface } from './responses.ts'

/** The Responses and the Messages API. */
export function createAgents(deps: AppDeps): ServePath {
  return withCompletions(createAgentsApp(deps), deps, [responsesSurface, messagesSurface(deps)])
}

/** What they have beside completions. */
export function createAgentsApp(deps: AppDeps): App {
  const app = createBaseApp(deps)
  app.route(MESSAGES_PATH, createMessagesApp(deps))
  app.use('/v1/*', admitClients(deps))
  refuseOtherResponses(app)
  return app
}
