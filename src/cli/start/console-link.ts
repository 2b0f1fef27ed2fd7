import { createHmac, randomBytes } from 'node:crypto'
import { formatSignInCode, SIGN_IN_CODE_MS, toSignedText } from '../../core/identity/session.ts'

/**
 * A link to the console that signs in once, within five minutes, on this machine. The code stands in the fragment: it is
 * sent to no server and written to no log on the way.
 *
 * @param nowMs Milliseconds since the epoch.
 */
export function consoleLink(url: string, adminToken: string, nowMs: number): string {
  const payload = formatSignInCode(nowMs + SIGN_IN_CODE_MS, randomBytes(12).toString('base64url'))
  const signature = createHmac('sha256', adminToken).update(toSignedText('sign-in code', payload)).digest('base64url')
  return `${url}/console/#code=${payload}.${signature}`
}
