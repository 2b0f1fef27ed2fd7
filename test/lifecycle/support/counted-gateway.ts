import { Agent, request } from 'node:http'
import { afterEach } from 'vitest'
import {
  COUNTED_CATALOG,
  COUNTED_MODEL,
  type CountingUpstream,
  startCountingUpstream,
} from '../../support/counting-upstream.ts'
import { type Gateway, type GatewayOptions, readAhead, startGateway } from '../../support/start-gateway.ts'

export const CENT = 10_000_000

/** Projects as the configuration has them, by id; the deployment's key is of `default`. */
type Projects = Readonly<Record<string, object>>

/** A project that may spend so much in all. */
export const budgetOf = (usd: number) => ({ budget: { usd, per: 'total' } })

type Counted = { readonly upstream: CountingUpstream; readonly gateway: Gateway }
type CountedOptions = Omit<GatewayOptions, 'upstreamUrl' | 'config'> & {
  readonly projects: Projects
  /** In place of the model alone. */
  readonly model?: object
  /** In place of one that ends with the test. */
  readonly upstream?: CountingUpstream
}

/** Starts gateways whose upstream counts what it costs, and ends them after each test. Isolates have read what they need. */
export function countedGateways() {
  const closing: { close(): Promise<void> }[] = []
  const closeAll = async () => {
    for (const one of closing.splice(0).reverse()) await one.close()
  }
  afterEach(closeAll)
  const start = async ({ projects, model, upstream: given, ...options }: CountedOptions): Promise<Counted> => {
    const upstream = given ?? (await startCountingUpstream())
    if (!closing.includes(upstream)) closing.push(upstream)
    const config = { agents: { defaults: { model: model ?? COUNTED_MODEL } }, hugway: { projects } }
    const gateway = await startGateway({ upstreamUrl: upstream.url, config, ...options })
    gateway.kv.set('catalog:v1', COUNTED_CATALOG)
    closing.push(gateway)
    await readAhead(gateway)
    return { upstream, gateway }
  }
  return { start, closeAll }
}

const agent = new Agent({ keepAlive: true, maxSockets: 2_000 })

/** The status of one chat by the deployment's key; 0 where the connection broke. */
export function chatStatus(url: string, maxTokens = 100, content = 'a burst'): Promise<number> {
  return new Promise((resolve) => {
    const headers = { authorization: 'Bearer test-key', 'content-type': 'application/json' }
    const call = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('close', () => resolve(response.complete ? (response.statusCode ?? 0) : 0))
    })
    call.once('error', () => resolve(0))
    call.end(JSON.stringify({ messages: [{ role: 'user', content }], max_tokens: maxTokens }))
  })
}

/** The statuses of so many chats at once, spread over all isolates. */
export const burst = ({ urls }: Gateway, count: number, maxTokens?: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => chatStatus(urls[index % urls.length] ?? '', maxTokens)))

/** What an admin is told; of what is made, where there is a `body`. */
export async function admin<T>({ url }: Gateway, path: string, body?: object): Promise<T> {
  const headers = { authorization: 'Bearer test-admin-token', 'content-type': 'application/json' }
  const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers }
  return (await (await fetch(`${url}${path}`, init)).json()) as T
}

/** What `/admin/usage` says of everybody. */
export type Usage = {
  readonly total: { readonly costNanoUsd: number; readonly requests: number }
  readonly unbooked: number
}

/** What `/admin/projects` says of budgets. */
export type Budgets = {
  readonly projects: readonly { readonly budget: { readonly remainingNanoUsd: number } }[]
}
