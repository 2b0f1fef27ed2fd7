import type { Context } from 'hono'
import { Hono } from 'hono/tiny'
import { GatewayError } from '../../core/failure.ts'
import { toLogged } from '../../gateway/to-logged.ts'
import { unwrap } from '../../gateway/unwrap.ts'
import { estimateTokens } from '../../wire/messages/count-tokens.ts'
import { toMessagesErrorBody } from '../../wire/messages/error.ts'
import { toMessagesRateHeaders } from '../../wire/messages/rate-headers.ts'
import { mapMessagesRequest } from '../../wire/messages/request.ts'
import { messagesWire } from '../../wire/messages/wire.ts'
import { readMapped } from '../../wire/read-mapped.ts'
import { type App, type AppDeps, type AppEnv, refuseOtherMethods } from '../deps.ts'
import { toErrorResponse } from '../error-response.ts'
import { allowOrigins } from '../middleware/allow-origins.ts'
import { authenticateClient } from '../middleware/authenticate.ts'
import { useConfig } from '../middleware/use-config.ts'
import { bodyOf } from '../read-body.ts'
import { answerCompletion } from './answer-completion.ts'

/**
 * Anthropic's Messages API below `/v1/messages`: an app of its own, because whatever goes wrong on these paths, a refused
 * key included, is told in Anthropic's envelope. Beta headers and versions are not looked at.
 */
export function createMessagesApp(deps: AppDeps): App {
  const app: App = new Hono()
  app.use(async function addHeaders(c, next) {
    await next()
    c.res.headers.set('request-id', c.var.requestId)
    const rates = toMessagesRateHeaders(c.res.headers, deps.clock.now())
    for (const [name, value] of Object.entries(rates)) c.res.headers.set(name, value)
  })
  app.use(useConfig(deps))
  app.use(allowOrigins)
  app.use(authenticateClient(deps))
  app.post('/', (c) => answerCompletion(c, deps, messagesWire, envelopeOf(c)))
  refuseOtherMethods(app, '/', ['POST'])
  app.post('/count_tokens', async (c) => {
    const body = bodyOf(c.req.raw, deps)
    try {
      const { mapped } = unwrap(readMapped(await body.read(c.var.config.maxBodyBytes), mapMessagesRequest))
      return Response.json({ input_tokens: estimateTokens(mapped.chat) })
    } finally {
      body.letGo()
    }
  })
  refuseOtherMethods(app, '/count_tokens', ['POST'])
  app.all('*', (c) => {
    throw new GatewayError({
      kind: 'unknown_route',
      method: c.req.method,
      path: c.req.path.slice(0, 200),
      hint: 'Of the Messages API there are POST /v1/messages and POST /v1/messages/count_tokens.',
    })
  })
  app.onError((error, c) => {
    if (!(error instanceof GatewayError)) {
      deps.log('request_failed', { requestId: c.var.requestId, failure: toLogged(error) })
    }
    return toErrorResponse(error, c.var.requestId, envelopeOf(c))
  })
  return app
}

function envelopeOf(c: Context<AppEnv>): (thrown: unknown) => unknown {
  return (thrown) => toMessagesErrorBody(thrown, c.var.requestId)
}
