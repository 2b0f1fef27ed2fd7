import { createBaseApp } from '../base-app.ts'
import type { App, AppDeps } from '../deps.ts'
import { allowOrigins } from '../middleware/allow-origins.ts'
import { authenticateClient } from '../middleware/authenticate.ts'
import { useConfig } from '../middleware/use-config.ts'
import { serveHealth } from '../public/health.ts'
import { serveChatCompletions } from './chat-completions.ts'
import { serveModels } from './models.ts'

/** What every client asks for, and every path that nobody serves. */
export function createV1App(deps: AppDeps): App {
  const app = createBaseApp(deps)
  guardClients(app, deps)
  serveChatCompletions(app, deps)
  serveModels(app, deps)
  serveHealth(app, deps)
  return app
}

/** What all routes of clients go through first. */
export function guardClients(app: App, deps: AppDeps): void {
  app.use('/v1/*', useConfig(deps))
  app.use('/v1/*', allowOrigins)
  app.use('/v1/*', authenticateClient(deps))
}
