import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { KeyCheck, Origin } from '../../gateway/keys/check-key.ts'
import { callerOfSession } from '../../gateway/session/sign-in.ts'
import { type AppDeps, type AppEnv, waitUntilOf } from '../deps.ts'
import { sessionOf } from './session-cookie.ts'

/** Lets callers in whose bearer token or `x-api-key` is a client key, or whose session is; says in `c.var.caller` who calls. */
export function authenticateClient(deps: AppDeps) {
  const { requireSettings, keys, sessions } = deps
  return createMiddleware<AppEnv>(async function authenticateClient(c, next) {
    const options = findOptionsOf(c)
    const session = hasCookieOnly(c) ? await sessionOf(c, deps) : undefined
    const caller = session && (await callerOfSession(sessions, session, options))
    if (caller) {
      c.set('caller', caller)
      return next()
    }
    requireSettings('HUGWAY_KV', 'HUGWAY_API_KEY')
    c.set('caller', await keys.authenticateClient(clientCredential(c), originOf(c), options))
    await next()
  })
}

/** Lets callers in whose bearer token is the admin token, or who have signed in with it. */
export function authenticateAdmin(deps: AppDeps) {
  const { requireSettings, keys } = deps
  return createMiddleware<AppEnv>(async function authenticateAdmin(c, next) {
    requireSettings('HUGWAY_KV', 'HUGWAY_ADMIN_TOKEN')
    if (hasCookieOnly(c) && (await sessionOf(c, deps))?.kind === 'admin') return next()
    await keys.authenticateAdmin(bearerToken(c), originOf(c))
    await next()
  })
}

/** A token that was sent decides, whatever the browser adds to it. */
const hasCookieOnly = (c: Context) =>
  c.req.header('cookie') !== undefined &&
  ['authorization', 'x-api-key'].every((name) => c.req.header(name) === undefined)

function bearerToken(c: Context): string | undefined {
  return /^Bearer (\S{1,1024})$/i.exec(c.req.header('authorization') ?? '')?.[1]
}

/** Where clients of the Messages API have their key. */
function apiKeyHeader(c: Context): string | undefined {
  return /^\S{1,1024}$/.exec(c.req.header('x-api-key') ?? '')?.[0]
}

/** The key that came; an empty text for a credential that is none, and nothing where none came. */
function clientCredential(c: Context): string | undefined {
  const sent = [(c.req.header('authorization') ?? '').replace(/^Bearer\s*$/i, ''), c.req.header('x-api-key') ?? '']
  return bearerToken(c) ?? apiKeyHeader(c) ?? (sent.some((header) => header.trim() !== '') ? '' : undefined)
}

/** How a client key is looked up for this request. */
export function findOptionsOf(c: Context<AppEnv>): Parameters<KeyCheck['authenticateClient']>[2] {
  return { waitUntil: waitUntilOf(c), maxCopyAgeMs: c.var.config.keyCopyMs }
}

/** The platform's edge sets the address, and drops one that a client sends. */
export function originOf(c: Context<AppEnv>): Origin {
  return { address: c.req.header('cf-connecting-ip'), requestId: c.var.requestId }
}
