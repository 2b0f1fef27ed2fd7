import { reportHealth } from '../../gateway/report-health.ts'
import { type App, type AppDeps, NO_STORE, refuseOtherMethods, waitUntilOf } from '../deps.ts'

const PATH = '/health'

/** `GET /health`, without a key. */
export function serveHealth(app: App, deps: AppDeps): void {
  app.get(PATH, async (c) => {
    const health = await reportHealth(deps, { waitUntil: waitUntilOf(c.executionCtx) })
    return Response.json(health, { headers: NO_STORE })
  })
  refuseOtherMethods(app, PATH, ['GET'])
}
