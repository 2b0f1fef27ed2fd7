import type { SessionReport } from '../wire/admin/session.ts'
import { type Answer, call } from './api.ts'

const PATH = '/admin/session'

/** Who is signed in; nothing where nobody is. */
export async function currentSession(): Promise<Answer<{ session: SessionReport | null; access: boolean }>> {
  return call(PATH)
}

/** Signs in by the admin token or a client key, by the code of the link that `npm start` printed, or by Cloudflare Access. */
export async function signIn(
  by: { token: string } | { code: string } | { access: true },
): Promise<Answer<{ session: SessionReport }>> {
  return call(PATH, { method: 'POST', body: by })
}

export async function signOut(): Promise<void> {
  await call(PATH, { method: 'DELETE' })
}

/** Takes the code out of the address, so that it does not stay in the history. */
export function takeCode(): string | undefined {
  const code = /^#code=([\w.-]+)$/.exec(location.hash)?.[1]
  if (code) history.replaceState(null, '', location.pathname)
  return code
}
