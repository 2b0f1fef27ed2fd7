import { createMiddleware } from 'hono/factory'
import type { Caller } from '../../core/identity/caller.ts'
import type { KeyCheck, Origin } from '../../gateway/keys/check-key.ts'
import { callerOfSession } from '../../gateway/session/sign-in.ts'
import type { AppDeps, AppEnv } from '../deps.ts'
import { sessionOf } from './session-cookie.ts'

/** How a client key is looked up, and for which request. */
export type ClientOptions = Parameters<KeyCheck['authenticateClient']>[2] & { readonly requestId: string }

/**
 * Who calls: whose client key came as bearer token or `x-api-key`, or whose session came in a cookie.
 *
 * @throws {GatewayError} `bad_settings`, and as `KeyCheck.authenticateClient`.
 */
export async function clientOf(
  request: Request,
  { requireSettings, keys, sessions }: AppDeps,
  options: ClientOptions,
): Promise<Caller> {
  const session = hasCookieOnly(request) ? await sessionOf(request, sessions) : undefined
  const caller = session && (await callerOfSession(sessions, session, options))
  if (caller) return caller
  requireSettings('HUGWAY_KV', 'HUGWAY_API_KEY')
  return keys.authenticateClient(clientCredential(request), originOf(request, options), options)
}

/** Lets callers in whose bearer token is the admin token, or who have signed in with it. */
export function authenticateAdmin(deps: AppDeps) {
  const { requireSettings, keys, sessions } = deps
  return createMiddleware<AppEnv>(async function authenticateAdmin(c, next) {
    requireSettings('HUGWAY_KV', 'HUGWAY_ADMIN_TOKEN')
    const request = c.req.raw
    if (hasCookieOnly(request) && (await sessionOf(request, sessions))?.kind === 'admin') return next()
    await keys.authenticateAdmin(bearerToken(request), originOf(request, c.var.entry))
    await next()
  })
}

/** A token that was sent decides, whatever the browser adds to it. */
const hasCookieOnly = ({ headers }: Request) =>
  headers.has('cookie') && ['authorization', 'x-api-key'].every((name) => !headers.has(name))

function bearerToken({ headers }: Request): string | undefined {
  return /^Bearer (\S{1,1024})$/i.exec(headers.get('authorization') ?? '')?.[1]
}

/** Where clients of the Messages API have their key. */
function apiKeyHeader({ headers }: Request): string | undefined {
  return /^\S{1,1024}$/.exec(headers.get('x-api-key') ?? '')?.[0]
}

/** The key that came; an empty text for a credential that is none, and nothing where none came. */
function clientCredential(request: Request): string | undefined {
  const key = bearerToken(request) ?? apiKeyHeader(request)
  if (key !== undefined) return key
  const { headers } = request
  const sent = [(headers.get('authorization') ?? '').replace(/^Bearer\s*$/i, ''), headers.get('x-api-key') ?? '']
  return sent.some((header) => header.trim() !== '') ? '' : undefined
}

/** The platform's edge sets the address, and drops one that a client sends. */
export function originOf({ headers }: Request, { requestId }: Pick<Origin, 'requestId'>): Origin {
  return { address: headers.get('cf-connecting-ip') ?? undefined, requestId }
}
