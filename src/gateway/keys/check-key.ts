import { GatewayError } from '../../core/failure.ts'
import { type Caller, callerOf, DEPLOYMENT_CALLER } from '../../core/identity/caller.ts'
import { toHex } from '../../json/bytes.ts'
import type { ApiKeyStore } from '../../kv/api-key-store.ts'

export type KeyCheckDeps = {
  /** `HUGWAY_API_KEY`, where the deployment has one. */
  readonly deploymentKey: string | undefined
  readonly adminToken: string | undefined
  readonly store: Pick<ApiKeyStore, 'find' | 'hasAny'>
}

export type KeyCheck = {
  /**
   * Says who calls.
   *
   * @throws {GatewayError} `unauthorized`; `bad_settings` while no client key is configured anywhere.
   */
  authenticateClient(token: string | undefined, waitUntil: (work: Promise<unknown>) => void): Promise<Caller>
  /** @throws {GatewayError} `unauthorized` for everything but the admin token. */
  authenticateAdmin(token: string | undefined): Promise<void>
  isAdminToken(token: string): boolean
  /** Who holds the key with this digest; nothing where none does, or not any more. */
  findCaller(digest: string, waitUntil: (work: Promise<unknown>) => void): Promise<Caller | undefined>
}

const NO_KEY =
  'No API key is configured, so nobody is served: run `npx wrangler secret put HUGWAY_API_KEY`, or make a key by POST /admin/keys.'

/** Tells callers in from others. The deployment's own keys are compared in constant time; KV knows keys by digest alone. */
export function createKeyCheck({ deploymentKey, adminToken, store }: KeyCheckDeps): KeyCheck {
  const isDeploymentKey = createComparison(deploymentKey)
  const isAdminToken = createComparison(adminToken)
  return {
    isAdminToken,
    async findCaller(digest, waitUntil) {
      if (deploymentKey !== undefined && (await digestOfKey(deploymentKey)) === digest) return DEPLOYMENT_CALLER
      const record = await store.find(digest, waitUntil)
      return record && callerOf(record)
    },
    async authenticateClient(token, waitUntil) {
      if (token !== undefined && isDeploymentKey(token)) return DEPLOYMENT_CALLER
      const record = token === undefined ? undefined : await store.find(await digestOfKey(token), waitUntil)
      if (record) return callerOf(record)
      if (deploymentKey === undefined && (await store.hasAny()) === false) {
        throw new GatewayError({ kind: 'bad_settings', problems: [NO_KEY] })
      }
      throw new GatewayError({ kind: 'unauthorized', scope: 'client' })
    },
    async authenticateAdmin(token) {
      if (token !== undefined && isAdminToken(token)) return
      throw new GatewayError({ kind: 'unauthorized', scope: 'admin' })
    },
  }
}

const encoder = new TextEncoder()

/** What is of another length is compared with itself, so that the time tells nothing of the key, its length included. */
function createComparison(key: string | undefined): (token: string) => boolean {
  const expected = key === undefined ? undefined : encoder.encode(key)
  return (token) => {
    if (!expected) return false
    const given = encoder.encode(token)
    const isAsLong = given.byteLength === expected.byteLength
    return crypto.subtle.timingSafeEqual(given, isAsLong ? expected : given) && isAsLong
  }
}

/** What KV knows a client key by: its SHA-256, as hex digits. */
export async function digestOfKey(key: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(key))))
}
