import type { Redact } from './redact.ts'

/** The runtime's `fetch`, handed down. */
export type Send = (url: string, init: RequestInit) => Promise<Response>

/** Where the router is and what it is told about us. The origin comes from the deployment, never from a caller. */
export type RouterAccess = {
  readonly baseUrl: string
  readonly token: string | undefined
  readonly billTo: string | undefined
}

export type RouterClient = {
  /** @throws What `Send` throws when no headers came: refused, reset, DNS, TLS, aborted. */
  postChat(
    body: Uint8Array,
    stream: boolean,
    signal: AbortSignal,
    headers?: Readonly<Partial<Record<'traceparent' | 'x-hf-bill-to', string>>>,
  ): Promise<Response>
  getModels(signal: AbortSignal): Promise<Response>
}

/** The headers by which the router, or the network before it, names a request; its support asks for them. */
const REQUEST_ID_HEADERS = ['x-request-id', 'x-amz-cf-id']

/** The router's own id of a request, where it named one that is fit for a log and holds no token. */
export function requestIdOf({ headers }: Response, redact: Redact): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const id = headers.get(name)
    if (id !== null && /^[\x21-\x7e]{1,200}$/.test(id) && redact(id) === id) return id
  }
  return undefined
}

/** The provider behind the router, where it names one: in letters of a name, and no token. */
export function providerOf({ headers }: Response, redact: Redact): string | undefined {
  const name = headers.get('x-inference-provider') ?? ''
  return /^[\w.-]{1,64}$/.test(name) && redact(name) === name ? name : undefined
}

/**
 * Makes the only two calls that the gateway makes. Every header that goes up is named here: nothing of the caller's
 * request crosses but its body. Redirects are not followed, the token would go along.
 */
export function createRouterClient(send: Send, access: RouterAccess): RouterClient {
  const headers: Record<string, string> = { 'user-agent': 'hugway' }
  if (access.token) headers['authorization'] = `Bearer ${access.token}`
  if (access.billTo) headers['x-hf-bill-to'] = access.billTo
  return {
    postChat: (body, stream, signal, more) =>
      send(`${access.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          accept: stream ? 'text/event-stream, application/json' : 'application/json',
          ...more,
        },
        body,
        redirect: 'manual',
        signal,
      }),
    getModels: (signal) => send(`${access.baseUrl}/models`, { headers, redirect: 'manual', signal }),
  }
}
