import { complete } from '../../gateway/complete.ts'
import { chatWire } from '../../wire/chat/wire.ts'
import { toResponse } from '../completion-response.ts'
import { type App, type AppDeps, contextOf, refuseOtherMethods } from '../deps.ts'
import { readBody } from '../read-body.ts'

const PATH = '/v1/chat/completions'

/** `POST /v1/chat/completions`, streamed or not. */
export function serveChatCompletions(app: App, deps: AppDeps): void {
  app.post(PATH, async (c) => {
    const request = {
      wire: chatWire,
      readBody: (maxBytes: number) => readBody(c.req.raw, maxBytes),
      fallback: c.req.header('x-hugway-fallback'),
    }
    return toResponse(await complete(deps.complete, request, contextOf(c)), c.var.requestId)
  })
  refuseOtherMethods(app, PATH, ['POST'])
}
