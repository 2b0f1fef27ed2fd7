import { toHex } from '../../json/bytes.ts'

const encoder = new TextEncoder()
const HASH_BYTES = 12

/**
 * Makes hashes of `user` that nobody without the secret can try names against. Another secret gives other hashes.
 *
 * @param secret The admin token; without one the hash is of no use and everybody is one user.
 */
export function createHashUser(secret: string | undefined): (user: string) => Promise<string> {
  return async function hashUser(user) {
    if (secret === undefined) return 'unknown'
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', encoder.encode(`hugway user ${secret}`), algorithm, false, [
      'sign',
    ])
    const digest = await crypto.subtle.sign('HMAC', key, encoder.encode(user))
    return `u_${toHex(new Uint8Array(digest).slice(0, HASH_BYTES))}`
  }
}
