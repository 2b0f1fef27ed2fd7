import type { Context } from 'hono'
import { GatewayError } from '../../core/failure.ts'
import { SESSION_MS } from '../../core/identity/session.ts'
import { signIn } from '../../gateway/session/sign-in.ts'
import { unwrap } from '../../gateway/unwrap.ts'
import { readSignIn, toSessionReport } from '../../wire/admin/session.ts'
import { type App, type AppDeps, NO_STORE, refuseOtherMethods, waitUntilOf } from '../deps.ts'
import { originOf } from '../entry/authenticate.ts'
import { isLoopback, sessionCookie, sessionOf } from '../entry/session-cookie.ts'
import { readJson } from '../read-json.ts'

const PATH = '/admin/session'

/** The console's session: opened by POST, told by GET, ended by DELETE. It stands before the check of the admin token. */
export function serveSession(app: App, deps: AppDeps): void {
  app.get(PATH, async (c) => {
    const session = await sessionOf(c.req.raw, deps.sessions)
    const report = { session: session ? toSessionReport(session) : null, access: deps.sessions.access !== undefined }
    return Response.json(report, { headers: NO_STORE })
  })
  app.post(PATH, async (c) => {
    deps.requireSettings('HUGWAY_ADMIN_TOKEN')
    requireOwnPage(c)
    const body = unwrap(readSignIn(await readJson(c.req.raw, deps.clock)))
    const by = 'access' in body ? { access: c.req.header('cf-access-jwt-assertion') } : body
    const request = { ...by, isLoopback: isLoopback(c.req.raw) }
    const options = { waitUntil: waitUntilOf(c.executionCtx), maxCopyAgeMs: c.var.config.keyCopyMs }
    const { session, cookie } = await signIn(deps.sessions, request, {
      ...originOf(c.req.raw, c.var.entry),
      ...options,
    })
    const headers = { ...NO_STORE, 'set-cookie': sessionCookie(c.req.raw, cookie, SESSION_MS / 1_000) }
    return Response.json({ session: toSessionReport(session) }, { status: 201, headers })
  })
  app.delete(PATH, (c) => {
    requireOwnPage(c)
    return Response.json({ session: null }, { headers: { ...NO_STORE, 'set-cookie': sessionCookie(c.req.raw, '', 0) } })
  })
  refuseOtherMethods(app, PATH, ['GET', 'POST', 'DELETE'])
}

/** Another site must neither sign somebody in, which would make him work under its key, nor sign him out. */
function requireOwnPage(c: Context): void {
  const site = c.req.header('sec-fetch-site')
  if (site === undefined || site === 'same-origin') return
  throw new GatewayError({ kind: 'sign_in_refused', why: 'cross_site' })
}
