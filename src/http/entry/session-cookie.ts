import type { Session } from '../../core/identity/session.ts'
import { openSession, type SessionDeps } from '../../gateway/session/sign-in.ts'

/** Over https the prefix makes the browser refuse a cookie that another host or a page without TLS has set. */
const SECURE_NAME = '__Host-hugway-session'
/** On the machine itself there is no TLS, and so no such prefix. */
const LOOPBACK_NAME = 'hugway-session'

/** Looked for in the text: the host is a header of the client's, and the URL need not be one that can be parsed. */
const LOOPBACK = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?:[/?#]|$)/

/** Whether the browser runs on the same machine: nobody else can reach that address. */
export const isLoopback = ({ url }: Request) => LOOPBACK.test(url)

/**
 * The session that a request comes in. A cookie is sent by the browser, whoever made it ask: it counts only where the
 * browser vouches that the page itself asks, and for reading also where a person typed the address.
 */
export async function sessionOf(request: Request, sessions: SessionDeps): Promise<Session | undefined> {
  const { headers, method } = request
  const name = isLoopback(request) ? LOOPBACK_NAME : SECURE_NAME
  const cookie = new RegExp(`(?:^|;\\s*)${name}=([^;\\s]{1,1024})(?:;|$)`).exec(headers.get('cookie') ?? '')?.[1]
  const site = headers.get('sec-fetch-site')
  const isRead = method === 'GET' || method === 'HEAD'
  const isVouchedFor = site === 'same-origin' || (isRead && site === 'none')
  return cookie !== undefined && isVouchedFor ? openSession(sessions, cookie) : undefined
}

/** A `set-cookie` header that keeps `value` for `maxAgeSeconds`, out of the reach of scripts and of other sites. */
export function sessionCookie(request: Request, value: string, maxAgeSeconds: number): string {
  const [name, secure] = isLoopback(request) ? [LOOPBACK_NAME, ''] : [SECURE_NAME, '; Secure']
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`
}
