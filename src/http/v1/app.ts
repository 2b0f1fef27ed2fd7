import { createBaseApp } from '../base-app.ts'
import { type App, type AppDeps, refuseOtherMethods } from '../deps.ts'
import { admitClients } from '../entry/middlewares.ts'
import { serveHealth } from '../public/health.ts'
import { chatSurface } from './chat.ts'
import { serveModels } from './models.ts'

/** What every client asks for beside completions, and every path that nobody serves. */
export function createV1App(deps: AppDeps): App {
  const app = createBaseApp(deps)
  app.use('/v1/*', admitClients(deps))
  refuseOtherMethods(app, chatSurface.path, ['POST'])
  serveModels(app, deps)
  serveHealth(app, deps)
  return app
}
