import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/failure.ts'
import { canBeApiKey } from '../../core/identity/api-key.ts'
import { type Caller, callerOf, DEPLOYMENT_CALLER } from '../../core/identity/caller.ts'
import type { Log } from '../../core/log.ts'
import type { GuessBrake } from '../../isolate/guess-brake.ts'
import { toHex } from '../../json/bytes.ts'
import type { ApiKeyStore, FindOptions } from '../../kv/api-key-store.ts'

export type KeyCheckDeps = {
  /** `HUGWAY_API_KEY`, where the deployment has one. */
  readonly deploymentKey: string | undefined
  readonly adminToken: string | undefined
  readonly store: Pick<ApiKeyStore, 'find' | 'hasAny' | 'isRemembered'>
  readonly brake: GuessBrake
  readonly clock: Clock
  readonly log: Log
}

/** Where a credential came from, as far as the platform says. */
export type Origin = { readonly address: string | undefined; readonly requestId: string }

export type KeyCheck = {
  /**
   * Says who calls.
   *
   * @param token `undefined` where no credential came, which the caller is told.
   * @throws {GatewayError} `unauthorized`; `bad_settings` while no client key is configured anywhere; `storage_unreadable`
   *   when it cannot be known whether the key is good; `too_many_guesses`.
   */
  authenticateClient(token: string | undefined, origin: Origin, options: FindOptions): Promise<Caller>
  /** @throws {GatewayError} `unauthorized` for everything but the admin token; `too_many_guesses`. */
  authenticateAdmin(token: string | undefined, origin: Origin): Promise<void>
  isAdminToken(token: string): boolean
  /**
   * Who holds the key with this digest; nothing where none does, or not any more.
   *
   * @throws {GatewayError} `storage_unreadable`; `too_many_guesses`.
   */
  findCaller(digest: string, address: string | undefined, options: FindOptions): Promise<Caller | undefined>
}

const NO_KEY =
  'No API key is configured, so nobody is served: run `npx wrangler secret put HUGWAY_API_KEY`, or make a key by POST /admin/keys.'
/** A wrong admin token is answered so much later, where there is no address to slow down. */
const WRONG_ADMIN_TOKEN_MS = 250

/** Tells callers in from others. The deployment's own keys are compared in constant time; KV knows keys by digest alone. */
export function createKeyCheck(deps: KeyCheckDeps): KeyCheck {
  const { deploymentKey, store, brake } = deps
  const isDeploymentKey = createComparison(deploymentKey)
  const isAdminToken = createComparison(deps.adminToken)
  const findKey = async (sha256: string, address: string | undefined, options: FindOptions) => {
    const needsRead = !store.isRemembered(sha256)
    // Only a read is refused: a key that this isolate knows goes on, whoever guesses from the same address.
    if (needsRead) refuseGuessing(brake.waitMs(address))
    const found = await store.find(sha256, options)
    if (found.kind === 'unknown') throw new GatewayError({ kind: 'storage_unreadable', what: 'keys' })
    if (needsRead && found.kind === 'none') brake.missed(address)
    return found.kind === 'active' ? callerOf(found.record) : undefined
  }
  return {
    isAdminToken,
    async findCaller(digest, address, options) {
      const known = deploymentKey === undefined ? undefined : await digestOfKey(deploymentKey)
      return createComparison(known)(digest) ? DEPLOYMENT_CALLER : findKey(digest, address, options)
    },
    async authenticateClient(token, { address }, options) {
      if (token !== undefined && isDeploymentKey(token)) return DEPLOYMENT_CALLER
      const canBeKey = token !== undefined && canBeApiKey(token)
      const caller = canBeKey ? await findKey(await digestOfKey(token), address, options) : undefined
      if (caller) return caller
      if (deploymentKey === undefined && (await store.hasAny(options.waitUntil)) === false) {
        throw new GatewayError({ kind: 'bad_settings', problems: [NO_KEY] })
      }
      throw new GatewayError({ kind: 'unauthorized', scope: 'client', isMissing: token === undefined })
    },
    async authenticateAdmin(token, { address, requestId }) {
      const guesser = address === undefined ? undefined : `admin ${address}`
      refuseGuessing(brake.waitMs(guesser))
      if (token !== undefined && isAdminToken(token)) return
      if (token !== undefined) {
        brake.missed(guesser)
        deps.log('admin_refused', { requestId, address })
        if (guesser === undefined) await deps.clock.wait(WRONG_ADMIN_TOKEN_MS)
      }
      throw new GatewayError({ kind: 'unauthorized', scope: 'admin' })
    },
  }
}

function refuseGuessing(waitMs: number | undefined): void {
  if (waitMs !== undefined) throw new GatewayError({ kind: 'too_many_guesses', waitMs })
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
