import { createExecutionContext, createScheduledController, reset, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, vi } from 'vitest'
import type { Env } from '../../../src/settings.ts'

export const CLIENT_KEY = 'client-key-0123456789'
export const ADMIN_TOKEN = 'admin-token-0123456789'
export const HF_TOKEN = 'hf_ABCDEFGHIJKLMNOPQRSTUVWXYZ'
export const ROUTER = 'https://router.test/v1'

/** What the router was sent. */
export type Call = {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: string
  readonly redirect: string | undefined
  readonly signal: AbortSignal | null | undefined
}
export type Upstream = (call: Call) => Response | Promise<Response>

export type Gateway = {
  /** Asks with the client key; a header of null is left out. */
  ask(path: string, init?: RequestInit & { key?: string | null }): Promise<Response>
  chat(body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Replaces the configuration as the admin does. */
  configure(document: unknown): Promise<void>
  runCron(): Promise<void>
  /** Until all the work is done that goes on after the answers. */
  settled(): Promise<void>
  readonly calls: Call[]
  /** Everything that was written to the console. */
  readonly logs: string[]
}

const SETTINGS: Env = {
  HF_TOKEN,
  HF_BASE_URL: ROUTER,
  HUGWAY_API_KEY: CLIENT_KEY,
  HUGWAY_ADMIN_TOKEN: ADMIN_TOKEN,
  HUGWAY_KV: env.HUGWAY_KV,
}

/**
 * The binding of the ledgers, for tests that are about them. Each test must then wait until everything is settled: what is
 * emptied while a call is under way ends that call with an error.
 */
export const LEDGER: Partial<Env> = { HUGWAY_PROJECTS: env.HUGWAY_PROJECTS as unknown as DurableObjectNamespace }

/** Empties KV before, and gives the globals back after each test. */
export function useGateway(): void {
  beforeEach(() => reset())
  afterEach(() => {
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
  })
}

/** Starts the Worker as in a new isolate, with `upstream` as the only thing that it can reach. */
export async function startGateway(upstream: Upstream = () => sse(), settings: Partial<Env> = {}): Promise<Gateway> {
  const calls: Call[] = []
  const logs: string[] = []
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    const { method = 'GET', headers, body, redirect, signal } = init
    const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body ?? '')
    const call = { url, method, headers: new Headers(headers), body: text, redirect, signal }
    calls.push(call)
    return upstream(call)
  })
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => void logs.push(words.map(String).join(' ')))
  }
  const worker = await newIsolate()
  const bindings: Env = { ...SETTINGS, ...settings }
  const contexts: ExecutionContext[] = []
  const newContext = () => {
    const context = createExecutionContext()
    contexts.push(context)
    return context
  }
  const ask: Gateway['ask'] = async (path, { key = CLIENT_KEY, ...init } = {}) => {
    const headers = new Headers(init.headers)
    if (key !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${key}`)
    const url = path.startsWith('http') ? path : `https://hugway.test${path}`
    return worker.fetch(
      new Request<unknown, IncomingRequestCfProperties>(url, {
        ...init,
        headers,
      } as RequestInit<IncomingRequestCfProperties>),
      bindings,
      newContext(),
    )
  }
  return {
    ask,
    calls,
    logs,
    chat: (body, headers = {}) =>
      ask('/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    async configure(document) {
      const body = typeof document === 'string' ? document : JSON.stringify(document)
      const response = await ask('/admin/config', { method: 'PUT', key: ADMIN_TOKEN, body })
      if (response.status !== 200) throw new Error(`the test writes a bad document: ${await response.text()}`)
    },
    runCron: () => worker.scheduled(createScheduledController(), bindings),
    async settled() {
      await Promise.all(contexts.map((context) => waitOnExecutionContext(context)))
    },
  }
}

/** How a test posts JSON to one path: over what it says every time, as the client that speaks there does. */
export function postingTo(
  gateway: Pick<Gateway, 'ask'>,
  path: string,
  always: object,
  client: Record<string, string> = {},
) {
  return (body: object, headers: Record<string, string> = {}): Promise<Response> =>
    gateway.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...client, ...headers },
      body: JSON.stringify({ ...always, ...body }),
    })
}

let isolates = 0

/** The Worker's own module once more, and with it all that an isolate remembers; what it imports stays as it is. */
async function newIsolate(): Promise<typeof import('../../../src/worker.ts')['default']> {
  const path = `../../../src/worker.ts?isolate=${++isolates}`
  const module: typeof import('../../../src/worker.ts') = await import(path)
  return module.default
}

export const MESSAGES = [{ role: 'user', content: 'hi' }]
/** A chat as short as can be, and the same streamed. */
export const ASK = { messages: MESSAGES }
export const STREAM = { ...ASK, stream: true }
/** A configuration with one fallback. */
export const CHAIN = { agents: { defaults: { model: { primary: 'a/first', fallbacks: ['b/second:groq'] } } } }
export const HELLO =
  'data: {"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}\n\n'
export const FINISH = 'data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
export const DONE = 'data: [DONE]\n\n'
export const WHOLE =
  '{"id":"x","created":12345678901234567890,"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}]}'

/** A stream of exactly these pieces. */
export function sse(...pieces: string[]): Response {
  const left = pieces.length > 0 ? pieces : [HELLO, FINISH, DONE]
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = left.shift()
      if (piece === undefined) controller.close()
      else controller.enqueue(encoder.encode(piece))
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}

export type Envelope = {
  error: {
    message: string
    type: string
    code: string
    param: string | null
    attempts?: { target: string; reason: string }[]
  }
}

/** The error of an answer; its members are looked at by the test. */
export async function errorOf(response: Response): Promise<Envelope['error']> {
  return (await response.json<Envelope>()).error
}

/** An upstream that gives one answer after the other. */
export function inTurn(...answers: Upstream[]): Upstream {
  let turn = 0
  return (call) => {
    const answer = answers[turn++]
    if (!answer) throw new Error(`nothing is planned for request ${turn}`)
    return answer(call)
  }
}

/** The model that the router was asked for. */
export const modelOf = ({ body }: { body: string }) => JSON.parse(body).model
