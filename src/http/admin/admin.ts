import { reportScoreboard } from '../../gateway/report-scoreboard.ts'
import { type App, type AppDeps, refuseOtherMethods } from '../deps.ts'
import { serveAdminCatalog } from './admin-catalog.ts'
import { serveAdminConfig } from './admin-config.ts'
import { serveAdminKeys } from './admin-keys.ts'
import { serveAdminUsage } from './admin-usage.ts'
import { serveWhatIf } from './admin-what-if.ts'

/** Everything under `/admin`; the admin token was checked before. */
export function serveAdmin(app: App, deps: AppDeps): void {
  serveAdminConfig(app, deps)
  serveAdminKeys(app, deps)
  serveAdminCatalog(app, deps)
  serveWhatIf(app, deps)
  serveAdminUsage(app, deps)
  app.get('/admin/targets', () => Response.json({ targets: deps.complete.breakers.report() }))
  refuseOtherMethods(app, '/admin/targets', ['GET'])
  app.get('/admin/scoreboard', async (c) => Response.json({ rows: await reportScoreboard(deps.complete, c.var) }))
  refuseOtherMethods(app, '/admin/scoreboard', ['GET'])
}
