import { CommandError } from '../command-error.ts'

/** An answer, read to its end. `body` is `undefined` where it is not JSON. */
export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: unknown
}

export type Call = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds until it is given up. */
  readonly limitMs?: number
}

const DEFAULT_LIMIT_MS = 20_000

/**
 * Makes one HTTP call. No redirect is followed: a token would go along.
 *
 * @throws {CommandError} When no answer came, with the reason in one line.
 */
export async function call(url: string, { limitMs = DEFAULT_LIMIT_MS, ...init }: Call = {}): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(limitMs) })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parseJson(text) }
  } catch (cause) {
    throw new CommandError(`${originOf(url)} does not answer: ${reasonOf(url, cause, limitMs)}`, { cause })
  }
}

/** A field of something that came as JSON. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** A list of something that came as JSON; empty where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** What an error body says, in any of the shapes that are seen: `{ error: { message } }`, `{ error: "..." }`, text. */
export function errorTextOf({ status, body, text }: Answer): string {
  const error = fieldOf(body, 'error')
  const message = typeof error === 'string' ? error : fieldOf(error, 'message')
  const said = typeof message === 'string' ? message : text.trim().startsWith('<') ? '' : text
  return said.trim() === '' ? `HTTP ${status}` : said.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 400)
}

function reasonOf(url: string, thrown: unknown, limitMs: number): string {
  if (!(thrown instanceof Error)) return String(thrown)
  if (thrown.name === 'TimeoutError') return `no answer within ${limitMs / 1000} s`
  const code = fieldOf(thrown.cause, 'code')
  if (code === 'ECONNREFUSED')
    return isLoopback(url) ? 'nothing runs there. Start it: npm start' : 'nothing listens there'
  if (code === 'ENOTFOUND') return 'there is no such host'
  const inner = thrown.cause instanceof Error ? thrown.cause.message : ''
  return inner || thrown.message
}

/** Whether an address is this machine's own. */
export function isLoopback(url: string): boolean {
  return URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
