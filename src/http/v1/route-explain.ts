import { explainRoute } from '../../gateway/explain-route.ts'
import { type App, type AppDeps, contextOf, NO_STORE, refuseOtherMethods, sessionHeaderOf } from '../deps.ts'
import { bodyOf } from '../read-body.ts'

const PATH = '/v1/route/explain'

/** `POST /v1/route/explain`: what would become of a chat completion, which is not made. */
export function serveRouteExplain(app: App, deps: AppDeps): void {
  app.post(PATH, async (c) => {
    const request = {
      body: bodyOf(c.req.raw, deps),
      fallback: c.req.header('x-hugway-fallback'),
      session: sessionHeaderOf(c.req.raw),
    }
    const explanation = await explainRoute(deps.complete, request, contextOf(c)).finally(request.body.letGo)
    return Response.json(explanation, { headers: NO_STORE })
  })
  refuseOtherMethods(app, PATH, ['POST'])
}
