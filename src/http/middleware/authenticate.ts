import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Origin } from '../../gateway/keys/check-key.ts'
import { type AppDeps, type AppEnv, waitUntilOf } from '../deps.ts'

/** Lets callers in whose bearer token is a client key, and says in `c.var.caller` who calls. */
export function authenticateClient({ requireSettings, keys }: AppDeps) {
  return createMiddleware<AppEnv>(async function authenticateClient(c, next) {
    requireSettings('HUGWAY_KV', 'HUGWAY_API_KEY')
    const options = { waitUntil: waitUntilOf(c), maxCopyAgeMs: c.var.config.keyCopyMs }
    c.set('caller', await keys.authenticateClient(bearerToken(c), originOf(c), options))
    await next()
  })
}

/** Lets callers in whose bearer token is the admin token. */
export function authenticateAdmin({ requireSettings, keys }: AppDeps) {
  return createMiddleware<AppEnv>(async function authenticateAdmin(c, next) {
    requireSettings('HUGWAY_KV', 'HUGWAY_ADMIN_TOKEN')
    await keys.authenticateAdmin(bearerToken(c), originOf(c))
    await next()
  })
}

function bearerToken(c: Context): string | undefined {
  return /^Bearer (\S{1,1024})$/i.exec(c.req.header('authorization') ?? '')?.[1]
}

/** The platform's edge sets the address, and drops one that a client sends. */
function originOf(c: Context<AppEnv>): Origin {
  return { address: c.req.header('cf-connecting-ip'), requestId: c.var.requestId }
}
