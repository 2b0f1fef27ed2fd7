import { GatewayError } from '../../core/failure.ts'
import { complete } from '../../gateway/complete.ts'
import { responsesWire } from '../../wire/responses/wire.ts'
import { toResponse } from '../completion-response.ts'
import { type App, type AppDeps, contextOf, refuseOtherMethods } from '../deps.ts'
import { readBody } from '../read-body.ts'

const PATH = '/v1/responses'

/** `POST /v1/responses`, streamed or not. Its errors have OpenAI's envelope, which is the one of every other route. */
export function serveResponses(app: App, deps: AppDeps): void {
  app.post(PATH, async (c) => {
    const request = {
      wire: responsesWire,
      readBody: (maxBytes: number) => readBody(c.req.raw, maxBytes),
      fallback: c.req.header('x-hugway-fallback'),
    }
    return toResponse(await complete(deps.complete, request, contextOf(c)), c.var.requestId)
  })
  refuseOtherMethods(app, PATH, ['POST'])
  app.all(`${PATH}/*`, (c) => {
    throw new GatewayError({
      kind: 'unknown_route',
      method: c.req.method,
      path: c.req.path.slice(0, 200),
      hint: 'This gateway stores no responses: set store: false, and send the whole conversation to POST /v1/responses.',
    })
  })
}
