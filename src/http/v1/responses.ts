import { GatewayError } from '../../core/failure.ts'
import { responsesWire } from '../../wire/responses/wire.ts'
import type { CompletionSurface } from '../completion-response.ts'
import { type App, refuseOtherMethods } from '../deps.ts'

/** `POST /v1/responses`, streamed or not. Its errors have OpenAI's envelope, which is the one of every other route. */
export const responsesSurface: CompletionSurface = { path: '/v1/responses', wire: responsesWire }

/** What else is asked for of the Responses API, which is refused. */
export function refuseOtherResponses(app: App): void {
  refuseOtherMethods(app, responsesSurface.path, ['POST'])
  app.all(`${responsesSurface.path}/*`, (c) => {
    throw new GatewayError({
      kind: 'unknown_route',
      method: c.req.method,
      path: c.req.path.slice(0, 200),
      hint: 'This gateway stores no responses: set store: false, and send the whole conversation to POST /v1/responses.',
    })
  })
}
