/** A sign-in to the console: as the operator, or as the holder of one client key. */
export type Session = {
  /** In milliseconds since the epoch. */
  readonly expiresAt: number
} & ({ readonly kind: 'admin' } | { readonly kind: 'key'; readonly keyDigest: string })

export const SESSION_MS = 8 * 60 * 60 * 1_000
export const SIGN_IN_CODE_MS = 5 * 60 * 1_000

/** What a signature is for: one that was made for the one purpose is worth nothing for the other. */
export type SignaturePurpose = 'session' | 'sign-in code'

/** The text that is signed. */
export const toSignedText = (purpose: SignaturePurpose, payload: string) => `hugway ${purpose} v1\n${payload}`

/** What a session's cookie says; no secret stands in it. `nonce` makes two sessions of one moment differ. */
export function formatSession(session: Session, nonce: string): string {
  return [session.kind, session.kind === 'key' ? session.keyDigest : '', session.expiresAt, nonce].join('.')
}

/** Reads a payload whose signature was good; nothing where it has expired. */
export function readSession(payload: string, nowMs: number): Session | undefined {
  const [kind, keyDigest = '', expiry] = payload.split('.')
  const expiresAt = readExpiry(expiry, nowMs)
  if (expiresAt === undefined) return undefined
  if (kind === 'admin') return { kind, expiresAt }
  return kind === 'key' && keyDigest !== '' ? { kind, keyDigest, expiresAt } : undefined
}

/** What the link that `npm start` prints says: `nonce` is spent with its first use. */
export function formatSignInCode(expiresAt: number, nonce: string): string {
  return `${expiresAt}.${nonce}`
}

/** Reads a payload whose signature was good; nothing where it has expired. */
export function readSignInCode(payload: string, nowMs: number): { nonce: string; expiresAt: number } | undefined {
  const [expiry, nonce = ''] = payload.split('.')
  const expiresAt = readExpiry(expiry, nowMs)
  return expiresAt === undefined || nonce === '' ? undefined : { nonce, expiresAt }
}

function readExpiry(text: string | undefined, nowMs: number): number | undefined {
  const expiresAt = Number(text)
  return Number.isSafeInteger(expiresAt) && expiresAt > nowMs ? expiresAt : undefined
}

const FIRST_DELAY_MS = 250
const MAX_DELAY_MS = 4_000

/**
 * How long a wrong try to sign in waits for its answer, by how many there were lately. A right one never waits, so that
 * nobody can lock the operator out.
 */
export function wrongTryDelayMs(wrongTries: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(10, Math.max(0, wrongTries - 1)))
}
