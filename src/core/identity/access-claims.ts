import { isObject } from '../../json/is-object.ts'

/** Cloudflare Access in front of the deployment: who vouches, and for which application. */
export type AccessSettings = {
  /** `https://<team>.cloudflareaccess.com` */
  readonly issuer: string
  /** The application's audience tag. */
  readonly audience: string
}

/** How far two clocks may be apart. */
const SKEW_MS = 60_000

/** Whether claims whose signature was good are for this application, and for now. */
export function areClaimsGood(claims: unknown, { issuer, audience }: AccessSettings, nowMs: number): boolean {
  if (!isObject(claims)) return false
  const { iss, aud, exp, nbf } = claims
  const isForUs = iss === issuer && (Array.isArray(aud) ? aud : [aud]).includes(audience)
  const isInTime = typeof exp === 'number' && exp * 1_000 > nowMs - SKEW_MS
  const hasBegun = nbf === undefined || (typeof nbf === 'number' && nbf * 1_000 <= nowMs + SKEW_MS)
  return isForUs && isInTime && hasBegun
}
