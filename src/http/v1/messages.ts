import { Hono } from 'hono/tiny'
import { GatewayError } from '../../core/failure.ts'
import { unwrap } from '../../gateway/unwrap.ts'
import { estimateTokens } from '../../wire/messages/count-tokens.ts'
import { toMessagesErrorBody } from '../../wire/messages/error.ts'
import { toMessagesRateHeaders } from '../../wire/messages/rate-headers.ts'
import { mapMessagesRequest } from '../../wire/messages/request.ts'
import { messagesWire } from '../../wire/messages/wire.ts'
import { readMapped } from '../../wire/read-mapped.ts'
import type { CompletionSurface } from '../completion-response.ts'
import { type App, type AppDeps, logBug, refuseOtherMethods } from '../deps.ts'
import { admitClients } from '../entry/middlewares.ts'
import { toErrorResponse } from '../error-response.ts'
import { bodyOf } from '../read-body.ts'

export const MESSAGES_PATH = '/v1/messages'

/** `POST /v1/messages`, streamed or not. Beta headers and versions are not looked at. */
export function messagesSurface({ clock }: Pick<AppDeps, 'clock'>): Required<CompletionSurface> {
  return {
    path: MESSAGES_PATH,
    wire: messagesWire,
    toErrorBody: toMessagesErrorBody,
    addHeaders(headers, requestId) {
      headers.set('request-id', requestId)
      const rates = toMessagesRateHeaders(headers, clock.now())
      for (const [name, value] of Object.entries(rates)) headers.set(name, value)
    },
  }
}

/**
 * What else there is of Anthropic's Messages API: an app of its own, because whatever goes wrong on these paths, a refused
 * key included, is told in Anthropic's envelope.
 */
export function createMessagesApp(deps: AppDeps): App {
  const app: App = new Hono()
  const { toErrorBody, addHeaders } = messagesSurface(deps)
  app.use(async (c, next) => {
    await next()
    addHeaders(c.res.headers, c.var.entry.requestId)
  })
  app.use(admitClients(deps))
  refuseOtherMethods(app, '/', ['POST'])
  app.post('/count_tokens', async (c) => {
    const body = bodyOf(c.req.raw, deps)
    try {
      const { chat } = unwrap(readMapped(await body.read(c.var.config.maxBodyBytes), mapMessagesRequest))
      return Response.json({ input_tokens: estimateTokens(chat) })
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
    const { entry } = c.var
    logBug(deps, entry, error)
    return toErrorResponse(error, entry.requestId, (thrown) => toErrorBody(thrown, entry.requestId))
  })
  return app
}
