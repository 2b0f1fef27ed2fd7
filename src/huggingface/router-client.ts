import { neverRepeat } from './error-body.ts'

/** The runtime's `fetch`, handed down. */
export type Send = (url: string, init: RequestInit) => Promise<Response>

const MIN_SECRET_CHARACTERS = 8

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
    headers?: Readonly<Record<'traceparent', string>>,
  ): Promise<Response>
  getModels(signal: AbortSignal): Promise<Response>
}

/**
 * Makes the only two calls that the gateway makes. Every header that goes up is named here: nothing of the caller's
 * request crosses but its body. Redirects are not followed, the token would go along.
 */
export function createRouterClient(send: Send, access: RouterAccess): RouterClient {
  const headers: Record<string, string> = { 'user-agent': 'hugway' }
  if (access.token) headers['authorization'] = `Bearer ${access.token}`
  // A shorter one would take ordinary words out of messages.
  if (access.token && access.token.length >= MIN_SECRET_CHARACTERS) neverRepeat(access.token)
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
