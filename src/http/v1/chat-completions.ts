import type { Context } from 'hono'
import { GatewayError } from '../../core/failure.ts'
import { planTargets } from '../../core/routing/plan.ts'
import { completeChat } from '../../gateway/complete.ts'
import { createChatEncoder } from '../../wire/chat/encoder.ts'
import { parseChatRequest } from '../../wire/chat/request.ts'
import { type App, type AppDeps, type AppEnv, laterOf, refuseOtherMethods, unwrap } from '../deps.ts'
import { readBody } from '../read-body.ts'

const PATH = '/v1/chat/completions'
const SETTINGS = ['HF_TOKEN', 'HUGGINGFACE_HUB_TOKEN', 'HF_BASE_URL', 'HF_BILL_TO']

/** `POST /v1/chat/completions`, streamed or not. */
export function serveChatCompletions(app: App, deps: AppDeps): void {
  app.post(PATH, async (c) => {
    const startedAt = deps.clock.now()
    deps.requireSettings(...SETTINGS)
    const later = laterOf(c)
    const { config } = c.var
    const request = unwrap(parseChatRequest(await readBody(c.req.raw, config.maxBodyBytes)))
    const { model, models } = request
    const targets = unwrap(planTargets(config, { model, models, fallbackOff: readFallbackHeader(c) }))
    const order = { request, encoder: createChatEncoder(), targets, config, requestId: c.var.requestId, startedAt }
    return completeChat({ ...deps.chat, later }, order, c.req.raw.signal)
  })
  refuseOtherMethods(app, PATH, ['POST'])
}

function readFallbackHeader(c: Context<AppEnv>): boolean {
  const value = c.req.header('x-hugway-fallback')?.trim().toLowerCase()
  if (value === undefined || value === 'on') return false
  if (value === 'off') return true
  throw new GatewayError({ kind: 'bad_request', message: 'The header x-hugway-fallback takes "on" or "off".' })
}
