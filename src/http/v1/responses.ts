import { GatewayError } from '../../core/failure.ts'
import { responsesWire } from '../../wire/responses/wire.ts'
import { type App, type AppDeps, refuseOtherMethods } from '../deps.ts'
import { answerCompletion } from './answer-completion.ts'

const PATH = '/v1/responses'

/** `POST /v1/responses`, streamed or not. Its errors have OpenAI's envelope, which is the one of every other route. */
export function serveResponses(app: App, deps: AppDeps): void {
  app.post(PATH, (c) => answerCompletion(c, deps, responsesWire))
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
