import type { Context } from 'hono'
import { GatewayError } from '../../core/errors.ts'
import { planTargets } from '../../core/plan.ts'
import { completeChat } from '../../gateway/complete-chat.ts'
import { parseChatRequest } from '../../openai/chat-request.ts'
import { readBody } from '../read-body.ts'
import { type App, type AppEnv, type AppTools, laterOf, refuseOtherMethods, unwrap } from '../tools.ts'

const PATH = '/v1/chat/completions'
const SETTINGS = ['HF_TOKEN', 'HUGGINGFACE_HUB_TOKEN', 'HF_BASE_URL', 'HF_BILL_TO']

/** `POST /v1/chat/completions`, streamed or not. */
export function serveChatCompletions(app: App, tools: AppTools): void {
  app.post(PATH, async (c) => {
    const startedAt = tools.clock.now()
    tools.requireSettings(...SETTINGS)
    const later = laterOf(c)
    const { config } = c.var
    const request = unwrap(parseChatRequest(await readBody(c.req.raw, config.maxBodyBytes)))
    const { model, models } = request
    const targets = unwrap(planTargets(config, { model, models, fallbackOff: readFallbackHeader(c) }))
    const order = { request, targets, config, requestId: c.var.requestId, startedAt }
    return completeChat({ ...tools.chat, later }, order, c.req.raw.signal)
  })
  refuseOtherMethods(app, PATH, ['POST'])
}

function readFallbackHeader(c: Context<AppEnv>): boolean {
  const value = c.req.header('x-hugway-fallback')?.trim().toLowerCase()
  if (value === undefined || value === 'on') return false
  if (value === 'off') return true
  throw new GatewayError({ kind: 'bad_request', message: 'The header x-hugway-fallback takes "on" or "off".' })
}
