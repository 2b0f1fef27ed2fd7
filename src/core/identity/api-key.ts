/** What is kept of a client key: never the key, and its hash only as the name of the record. Times in ISO 8601. */
export type ApiKeyRecord = {
  readonly id?: string
  readonly name: string
  readonly createdAt?: string | undefined
  readonly expiresAt?: string | null | undefined
  readonly disabled?: boolean | undefined
}

/** What a key is good for at `nowMs`. An expiry that cannot be read has passed. */
export function keyStatus({ expiresAt, disabled }: ApiKeyRecord, nowMs: number): 'active' | 'expired' | 'revoked' {
  if (disabled) return 'revoked'
  if (expiresAt === undefined || expiresAt === null) return 'active'
  const at = Date.parse(expiresAt)
  return Number.isNaN(at) || at <= nowMs ? 'expired' : 'active'
}
