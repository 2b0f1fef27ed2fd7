import { GatewayError } from '../../core/failure.ts'
import { responsesWire } from '../../wire/responses/wire.ts'
import { type App, type AppDeps, refuseOtherMethods } from '../deps.ts'
import { answerCompletion } from './answer-completion.ts'

const PATH = '/v1/responses'

/** `POST /v1/responses`, streamed or not. Its errors have OpenAI's envelope, which is the one of every other route. */
export function serveResponses(app: App, deps: AppDeps): void {
  app.post(PATH, async (c) => toQuota(await answerCompletion(c, deps, responsesWire)))
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

/**
 * Without credit OpenAI answers 429 with the code `insufficient_quota`, on which Codex gives up at once; a 402 it sends
 * again and again.
 */
function toQuota(response: Response): Response {
  return response.status === 402 ? new Response(response.body, { status: 429, headers: response.headers }) : response
}
