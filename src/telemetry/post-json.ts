import { type Clock, TIMED_OUT, within } from '../core/clock.ts'

export type PostDeps = {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly clock: Clock
}

/** Where something is sent to, and for how long an answer is waited for. Secrets stand in the address and in the headers. */
export type PostOptions = {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly limitMs: number
}

/** Sends JSON to an operator's own service. @returns What went wrong, in a few words; nothing where it was taken. Never throws. */
export async function postJson(
  { fetch, clock }: PostDeps,
  { url, headers, limitMs }: PostOptions,
  body: object,
): Promise<string | undefined> {
  const leave = new AbortController()
  try {
    const init = {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: leave.signal,
    } as const
    const response = await within(fetch(url, init), limitMs, clock)
    if (response === TIMED_OUT) return 'no answer in time'
    await response.body?.cancel()
    return response.ok ? undefined : `status ${response.status}`
  } catch {
    return 'unreachable'
  } finally {
    leave.abort()
  }
}
