import { createBaseApp } from '../base-app.ts'
import type { App, AppDeps } from '../deps.ts'
import { authenticateAdmin } from '../entry/authenticate.ts'
import { admitClients, useConfig } from '../entry/middlewares.ts'
import { serveDocuments } from '../public/documents.ts'
import { serveRoot } from '../public/root.ts'
import { serveOwnKey } from '../v1/key.ts'
import { serveRouteExplain } from '../v1/route-explain.ts'
import { serveAdmin } from './admin.ts'
import { serveSession } from './session.ts'

/** What operators and curious people ask for: everything that no client's request waits for. */
export function createAdminApp(deps: AppDeps): App {
  const app = createBaseApp(deps)
  app.use('/v1/*', admitClients(deps))
  app.use('/admin/*', useConfig(deps))
  serveSession(app, deps)
  app.use('/admin/*', authenticateAdmin(deps))
  app.use('/metrics', useConfig(deps))
  app.use('/metrics', authenticateAdmin(deps))
  serveOwnKey(app, deps)
  serveAdmin(app, deps)
  serveRouteExplain(app, deps)
  serveRoot(app, deps)
  serveDocuments(app)
  return app
}
