import { GatewayError } from '../core/errors.ts'
import { toHex } from '../core/hex.ts'
import type { ApiKeyStore } from '../kv/api-key-store.ts'

export type KeyTools = {
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

/** Tells callers in from others. Keys are compared as digests, in constant time; KV knows them by their digest alone. */
export function createKeyCheck({ deploymentKey, adminToken, store }: KeyTools): KeyCheck {
  const isDeploymentKey = createComparison(deploymentKey)
  const isAdminToken = createComparison(adminToken)
  return {
    async requireClient(token, later) {
      const digest = token === undefined ? undefined : await digestOf(token)
      if (digest && ((await isDeploymentKey(digest)) || (await store.find(toHex(digest), later)))) return
      if (deploymentKey === undefined && (await store.hasAny()) === false) {
        throw new GatewayError({ kind: 'bad_settings', problems: [NO_KEY] })
      }
      throw new GatewayError({ kind: 'unauthorized', scope: 'client' })
    },
    async requireAdmin(token) {
      if (token !== undefined && (await isAdminToken(await digestOf(token)))) return
      throw new GatewayError({ kind: 'unauthorized', scope: 'admin' })
    },
  }
}

/** The expected digest is made once an isolate. Digests are of one length, so nothing of the key's shows. */
function createComparison(key: string | undefined): (digest: Uint8Array) => Promise<boolean> {
  let expected: Uint8Array | undefined
  return async (digest) => {
    if (key === undefined) return false
    expected ??= await digestOf(key)
    return crypto.subtle.timingSafeEqual(expected, digest)
  }
}

async function digestOf(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
