import { closedPort } from '../support/closed-port.ts'
import { openChat, type RawChat } from '../support/raw-client.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'
import { TIMES, UPSTREAMS, type Upstream } from './case.ts'
import { CHAT, type MatrixSurface } from './surface.ts'

/** One call: the models to try, in order, behind an upstream. */
export type Order = {
  readonly models: readonly string[]
  readonly stream: boolean
  readonly upstream: Upstream
  readonly asksForUsage?: boolean
}

/** A gateway that plays the matrix. */
export type Subject = {
  readonly name: string
  readonly version: string
  /** The wire that it is asked by. */
  readonly surface: MatrixSurface
  open(order: Order): RawChat
  close(): Promise<void>
}

/** Nobody waits longer than this; far beyond every configured time. */
export const GIVE_UP_MS = 9_000

/**
 * Where an upstream is.
 *
 * @param url The simulator's; it speaks no TLS.
 * @param closedPort A port at which nobody listens.
 */
export function upstreamUrls(url: string, closedPort: number): Readonly<Record<Upstream, string>> {
  return {
    simulator: url,
    refused: `http://127.0.0.1:${closedPort}/v1`,
    dns: 'http://nx.invalid/v1', // RFC 2606: never a name
    tls: url.replace('http:', 'https:'),
  }
}

export type HugwayOptions = {
  readonly simulatorUrl: string
  readonly version: string
  /** Default: the matrix's. */
  readonly times?: object
  readonly contexts?: readonly { readonly id: string; readonly contextWindow: number }[]
  /** Default: chat. */
  readonly surface?: MatrixSurface
  /** Default: all. */
  readonly upstreams?: readonly Upstream[]
}

export type Hugway = Subject & { readonly gateways: ReadonlyMap<Upstream, Gateway> }

/** hugway as it would be deployed: one process for each upstream. */
export async function startHugway(options: HugwayOptions): Promise<Hugway> {
  const { simulatorUrl, version, times = TIMES, contexts = [], upstreams = UPSTREAMS, surface = CHAT } = options
  const urls = upstreamUrls(simulatorUrl, await closedPort())
  const config = { hugway: times, models: { providers: { huggingface: { models: contexts } } } }
  const gateways = new Map<Upstream, Gateway>()
  for (const upstream of upstreams) gateways.set(upstream, await startGateway({ upstreamUrl: urls[upstream], config }))
  return {
    name: 'hugway',
    version,
    surface,
    gateways,
    open({ models: [model, ...models], stream, upstream, asksForUsage }) {
      const gateway = gateways.get(upstream)
      if (!gateway) throw new Error(`no gateway was started for the upstream ${upstream}`)
      const { path, body } = surface
      const usage = asksForUsage && surface === CHAT && { stream_options: { include_usage: true } }
      const asked = { model, models, stream, ...body, ...usage }
      return openChat(gateway.url, asked, { giveUpMs: GIVE_UP_MS, path })
    },
    close: async () => void (await Promise.all([...gateways.values()].map((gateway) => gateway.close()))),
  }
}
