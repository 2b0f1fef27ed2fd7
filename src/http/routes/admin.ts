import { type App, type AppTools, refuseOtherMethods } from '../tools.ts'
import { serveAdminCatalog } from './admin-catalog.ts'
import { serveAdminConfig } from './admin-config.ts'
import { serveAdminKeys } from './admin-keys.ts'

/** Everything under `/admin`; the admin token was checked before. */
export function serveAdmin(app: App, tools: AppTools): void {
  serveAdminConfig(app, tools)
  serveAdminKeys(app, tools)
  serveAdminCatalog(app, tools)
  app.get('/admin/targets', () => Response.json({ targets: tools.chat.board.report() }))
  refuseOtherMethods(app, '/admin/targets', ['GET'])
}
