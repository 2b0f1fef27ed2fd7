import type { KeyScopes } from './scopes.ts'

/** What is kept of a client key: never the key, and its hash only as the name of the record. Times in ISO 8601. */
export type ApiKeyRecord = KeyScopes & {
  readonly id?: string
  readonly name: string
  readonly createdAt?: string | undefined
  readonly expiresAt?: string | null | undefined
  readonly disabled?: boolean | undefined
  /** Opens nothing for the moment; unlike a key that was revoked, it is not forgotten. */
  readonly paused?: boolean | undefined
  /** Its project; `default` where it is absent. */
  readonly project?: string | undefined
  /** The id of the key that it was made in place of, or that one's: by this the ledger knows all of them as one. */
  readonly lineage?: string | undefined
}

/** What a key is good for. */
export type KeyStatus = 'active' | 'expired' | 'revoked' | 'disabled'

/** What a key is good for at `nowMs`. An expiry that cannot be read has passed. */
export function keyStatus({ expiresAt, disabled, paused }: ApiKeyRecord, nowMs: number): KeyStatus {
  if (disabled) return 'revoked'
  const at = Date.parse(expiresAt ?? '')
  const hasEnd = expiresAt !== undefined && expiresAt !== null
  if (hasEnd && (Number.isNaN(at) || at <= nowMs)) return 'expired'
  return paused ? 'disabled' : 'active'
}

/** Keys that are made here: the prefix and 32 random bytes in base64url. */
const OWN_KEY = /^hw_[\w-]{43}$/
/** A key that a person put into storage by hand may look like anything that a header carries. */
const OTHER_KEY = /^(?!hw_)[\x21-\x7e]{1,256}$/

/** Whether a text can be a client key at all; what cannot is refused without asking storage for it. */
export function canBeApiKey(token: string): boolean {
  return OWN_KEY.test(token) || OTHER_KEY.test(token)
}
