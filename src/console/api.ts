/** What a call came to. `message` is a sentence for people: the gateway's own where it answered, else what to do. */
export type Failed = {
  readonly ok: false
  /** 0 where nothing answered. */
  readonly status: number
  readonly code: string
  readonly message: string
  readonly problems: readonly { readonly path: string; readonly message: string }[]
}
export type Answer<T> = { readonly ok: true; readonly data: T; readonly headers: Headers } | Failed

export type CallOptions = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** An object goes as JSON, a text as it is. */
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** Whether the answer is wanted as it is written, JSON or not. */
  readonly asText?: boolean
}

/** Told whenever the gateway no longer knows the session. */
let onSignedOut: () => void = () => {}
export function whenSignedOut(run: () => void): void {
  onSignedOut = run
}

/** Calls the gateway as the session's holder. Never throws. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const response = await send(path, options)
  if (!(response instanceof Response)) return response
  if (!response.ok) return toFailed(response)
  try {
    const data = !options.asText ? await response.json() : await response.text()
    return { ok: true, data, headers: response.headers }
  } catch {
    return { ...UNREACHABLE, message: 'The answer broke off. Try again.' }
  }
}

/** As {@link call}, for an answer that is read while it comes. */
export async function open(path: string, options: CallOptions): Promise<Response | Failed> {
  const response = await send(path, options)
  return response instanceof Response && !response.ok ? toFailed(response) : response
}

const UNREACHABLE: Failed = {
  ok: false,
  status: 0,
  code: 'unreachable',
  message: 'The gateway does not answer. Is it running, and are you online?',
  problems: [],
}

/** The console's only fetch. The cookie goes along by itself; the browser vouches that this page asks. */
async function send(path: string, { method = 'GET', body, headers, signal }: CallOptions): Promise<Response | Failed> {
  const isText = typeof body === 'string'
  try {
    return await fetch(path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : isText ? body : JSON.stringify(body),
      signal: signal ?? null,
      credentials: 'same-origin',
      redirect: 'error',
    })
  } catch {
    return signal?.aborted ? { ...UNREACHABLE, code: 'stopped', message: 'Stopped.' } : UNREACHABLE
  }
}

async function toFailed(response: Response): Promise<Failed> {
  const body: unknown = await response.json().catch(() => undefined)
  const error = field(body, 'error')
  const message = field(error, 'message')
  const problems = field(error, 'problems')
  if (response.status === 401 && !response.url.endsWith('/admin/session')) onSignedOut()
  return {
    ok: false,
    status: response.status,
    code: String(field(error, 'code') ?? 'failed'),
    message: typeof message === 'string' ? message : `The gateway answered ${response.status} and no reason.`,
    problems: Array.isArray(problems) ? problems : [],
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
