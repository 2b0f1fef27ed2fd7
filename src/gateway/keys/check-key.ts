import { GatewayError } from '../../core/failure.ts'
import { toHex } from '../../json/bytes.ts'
import type { ApiKeyStore } from '../../kv/api-key-store.ts'

export type KeyCheckDeps = {
  /** `HUGWAY_API_KEY`, where the deployment has one. */
  readonly deploymentKey: string | undefined
  readonly adminToken: string | undefined
  readonly store: Pick<ApiKeyStore, 'find' | 'hasAny'>
}

export type KeyCheck = {
  /** @throws {GatewayError} `unauthorized`; `bad_settings` while no client key is configured anywhere. */
  requireClient(token: string | undefined, later: (work: Promise<unknown>) => void): Promise<void>
  /** @throws {GatewayError} `unauthorized` for everything but the admin token. */
  requireAdmin(token: string | undefined): Promise<void>
}

const NO_KEY =
  'No API key is configured, so nobody is served: run `npx wrangler secret put HUGWAY_API_KEY`, or make a key by POST /admin/keys.'

/** Tells callers in from others. The deployment's own keys are compared in constant time; KV knows keys by digest alone. */
export function createKeyCheck({ deploymentKey, adminToken, store }: KeyCheckDeps): KeyCheck {
  const isDeploymentKey = createComparison(deploymentKey)
  const isAdminToken = createComparison(adminToken)
  return {
    async requireClient(token, later) {
      if (token !== undefined && (isDeploymentKey(token) || (await store.find(await digestOfKey(token), later)))) return
      if (deploymentKey === undefined && (await store.hasAny()) === false) {
        throw new GatewayError({ kind: 'bad_settings', problems: [NO_KEY] })
      }
      throw new GatewayError({ kind: 'unauthorized', scope: 'client' })
    },
    async requireAdmin(token) {
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
