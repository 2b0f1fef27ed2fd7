import type { Answer } from './answer.ts'
import { type ChatFacts, isRecord, readChatRequest } from './chat-request.ts'
import { chooseProvider, type RouterModel } from './models.ts'
import { parseSimulate } from './parse-simulate.ts'
import { planAnswer } from './plan-answer.ts'
import { planStatus } from './plan-replacement.ts'
import type { SimulatorRequest } from './simulator.ts'
import type { Headers, Step } from './steps.ts'

/** What a request is answered from. */
export type Question = {
  readonly seen: SimulatorRequest
  /** The parsed JSON body; `undefined` when there is none or it is not JSON. */
  readonly body: unknown
  readonly scripted: Answer | undefined
  readonly ids: { readonly id: string; readonly created: number }
  readonly settings: {
    readonly tokenDelayMs: number
    readonly requireToken: boolean
    readonly acceptAnyModel: boolean
    readonly models: readonly RouterModel[]
  }
}

/** Chooses the steps for one request, in the router's order: token, route, model, body. Pure. */
export function answerRequest(question: Question): Step[] {
  const { seen, settings, scripted } = question
  const path = seen.path.replace(/\?.*$/, '')
  const isChat = path === '/v1/chat/completions'
  if (isChat && settings.requireToken && seen.headers['authorization'] === undefined) return refuse(question, 401)
  if (isChat && seen.method === 'POST') return answerChat(question)
  const json = seen.method === 'GET' ? readModels(path, settings.models) : undefined
  if (scripted) return planAnswer(scripted, { ...contextOf(question, NO_CHAT, undefined), json: json ?? '{}' })
  if (json !== undefined) {
    const context = { ...contextOf(question, NO_CHAT, undefined), json }
    return planAnswer({ fault: 'none' }, context)
  }
  if (isChat) return refuse(question, 405, 'Method Not Allowed')
  const missing = /^\/v1\/models\/(.+)$/.exec(path)?.[1]
  return missing === undefined
    ? refuse(question, 404, 'Not Found')
    : planStatus({ status: 404 }, { model: decode(missing) }, routerHeaders(question, undefined))
}

function answerChat(question: Question): Step[] {
  const { body, scripted, settings } = question
  const chat = isRecord(body) ? readChatRequest(body) : undefined
  const facts = chat && 'model' in chat ? chat : undefined
  const chosen = facts ? chooseProvider(settings.models, facts.model) : undefined
  const provider = chosen?.ok ? chosen.provider : providerOf(facts?.model)
  if (scripted) return planAnswer(scripted, contextOf(question, facts ?? guess(body), provider))
  if (!isRecord(body) || chat === undefined) return refuse(question, 400, 'Invalid JSON body')
  if (facts === undefined) {
    const refusal = chat as Exclude<typeof chat, ChatFacts> // it has no `model`, so it is the other arm
    const own = { message: refusal.message, type: 'invalid_request_error', param: refusal.param ?? null, code: null }
    return planStatus(
      { status: refusal.status, body: { error: own } },
      { model: '' },
      routerHeaders(question, undefined),
    )
  }
  const asked = parseSimulate(body['simulate'], facts.model)
  if (!asked.ok) {
    const own = { message: asked.message, type: 'invalid_request_error', param: 'simulate', code: 'bad_simulate' }
    return planStatus({ status: 400, body: { error: own } }, facts, routerHeaders(question, undefined))
  }
  if (asked.faults) return planAnswer(asked.faults, contextOf(question, facts, provider))
  if (!chosen?.ok && !settings.acceptAnyModel) {
    return planStatus({ status: 400, variant: 'model_not_supported' }, facts, routerHeaders(question, undefined))
  }
  return planAnswer({ fault: 'none' }, contextOf(question, facts, provider))
}

function readModels(path: string, models: readonly RouterModel[]): string | undefined {
  if (path === '/v1/models') return JSON.stringify({ object: 'list', data: models })
  const id = /^\/v1\/models\/(.+)$/.exec(path)?.[1]
  const model = id === undefined ? undefined : models.find((entry) => entry.id === decode(id))
  return model ? JSON.stringify(model) : undefined
}

/** What is known of a body that is no chat request, so that a script can still answer it. */
const NO_CHAT: ChatFacts = {
  model: '',
  stream: false,
  includeUsage: false,
  maxTokens: undefined,
  choiceCount: 1,
  toolNames: [],
  toolChoice: 'auto',
  lastRole: 'user',
  lastText: '',
  promptTokens: 1,
  ignored: [],
}

function guess(body: unknown): ChatFacts {
  if (!isRecord(body)) return NO_CHAT
  const model = typeof body['model'] === 'string' ? body['model'] : ''
  return { ...NO_CHAT, model, stream: body['stream'] === true }
}

function contextOf(question: Question, chat: ChatFacts, provider: string | undefined) {
  const { ids, settings } = question
  const ignored: Headers =
    chat.ignored.length > 0 ? { 'x-simulator-ignored': chat.ignored.map(encodeURIComponent).join(', ') } : {}
  return {
    chat,
    provider: provider ?? 'simulated',
    id: `chatcmpl-${ids.id}`,
    created: ids.created,
    tokenDelayMs: settings.tokenDelayMs,
    headers: { ...routerHeaders(question, provider), ...ignored },
  }
}

/** The headers that the router puts on everything, and those that a proxy must not hand on. */
function routerHeaders({ ids }: Question, provider: string | undefined): Headers {
  const root = ids.created.toString(16)
  return {
    'x-powered-by': 'huggingface-moon',
    'x-request-id': `Root=1-${root}-${ids.id.replaceAll('-', '').slice(0, 24)};${ids.id}`,
    'access-control-allow-origin': '*',
    vary: 'Origin',
    via: '1.1 simulator.cloudfront.net (CloudFront)',
    'set-cookie': ['simulator-session=never-pass-this-on; Path=/; HttpOnly', 'simulator-lb=1; Path=/'],
    ...(provider === undefined ? {} : { 'x-inference-provider': provider }),
  }
}

function refuse(question: Question, status: number, message?: string): Step[] {
  const body = message === undefined ? {} : { body: { error: message } }
  return planStatus({ status, ...body }, { model: question.seen.model ?? '' }, routerHeaders(question, undefined))
}

/** A model that is not on the list: its suffix, where that names a provider. */
function providerOf(model: string | undefined): string {
  const suffix = model?.split(':')[1]
  return suffix === undefined || ['fastest', 'cheapest', 'preferred', ''].includes(suffix) ? 'simulated' : suffix
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
