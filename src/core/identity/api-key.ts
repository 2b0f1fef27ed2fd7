import type { KeyScopes } from './scopes.ts'

/** What is kept of a client key: never the key, and its hash only as the name of the record. Times in ISO 8601. */
export type ApiKeyRecord = KeyScopes & {
  readonly id?: string
  readonly name: string
  readonly createdAt?: string | undefined
  readonly expiresAt?: string | null | undefined
  readonly disabled?: boolean | undefined
  /** Its project; `default` where it is absent. */
  readonly project?: string | undefined
}

/** What a key is good for at `nowMs`. An expiry that cannot be read has passed. */
export function keyStatus({ expiresAt, disabled }: ApiKeyRecord, nowMs: number): 'active' | 'expired' | 'revoked' {
  if (disabled) return 'revoked'
  if (expiresAt === undefined || expiresAt === null) return 'active'
  const at = Date.parse(expiresAt)
  return Number.isNaN(at) || at <= nowMs ? 'expired' : 'active'
}

/** Keys that are made here: the prefix and 32 random bytes in base64url. */
const OWN_KEY = /^hw_[\w-]{43}$/
/** A key that a person put into storage by hand may look like anything that a header carries. */
const OTHER_KEY = /^(?!hw_)[\x21-\x7e]{1,256}$/

/** Whether a text can be a client key at all; what cannot is refused without asking storage for it. */
export function canBeApiKey(token: string): boolean {
  return OWN_KEY.test(token) || OTHER_KEY.test(token)
}
