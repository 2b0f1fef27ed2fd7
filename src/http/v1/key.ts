import { reportOwnKey } from '../../gateway/keys/report-own-key.ts'
import { type App, type AppDeps, contextOf, NO_STORE, refuseOtherMethods } from '../deps.ts'

/** `GET /v1/key`: what a caller may know of its own key. */
export function serveOwnKey(app: App, { usage }: AppDeps): void {
  app.get('/v1/key', async (c) => {
    return Response.json(await reportOwnKey(usage.client, contextOf(c)), { headers: NO_STORE })
  })
  refuseOtherMethods(app, '/v1/key', ['GET'])
}
