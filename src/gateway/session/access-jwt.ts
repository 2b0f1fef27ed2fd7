import { type Clock, TIMED_OUT, within } from '../../core/clock.ts'
import { type AccessSettings, areClaimsGood } from '../../core/identity/access-claims.ts'
import { fromBase64Url } from '../../json/bytes.ts'
import { isObject } from '../../json/is-object.ts'

export type AccessDeps = {
  readonly settings: AccessSettings
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly clock: Clock
}

/** The team's public keys by id, as they were read last; plain data. */
type KnownKeys = { readonly readAt: number; readonly byId: ReadonlyMap<string, JsonWebKey> }

/** Tells whether a token is one of Cloudflare Access's, for this application and for now. Never throws. */
export type AccessCheck = (token: string) => Promise<boolean>

const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
/** Access changes its keys every six weeks, and lists the new ones before it uses them. */
const KEEP_MS = 60 * 60 * 1_000
/** A key that is not known is asked for again, but not more often than this: anybody may name one. */
const ASK_AGAIN_MS = 60_000
const READ_LIMIT_MS = 5_000
const MAX_TOKEN_CHARACTERS = 8_192

export function createAccessCheck(deps: AccessDeps): AccessCheck {
  let known: KnownKeys = { readAt: Number.NEGATIVE_INFINITY, byId: new Map() }
  const keyOf = async (id: string) => {
    const ageMs = deps.clock.now() - known.readAt
    if (ageMs < (known.byId.has(id) ? KEEP_MS : ASK_AGAIN_MS)) return known.byId.get(id)
    known = { readAt: deps.clock.now(), byId: (await readKeys(deps)) ?? known.byId }
    return known.byId.get(id)
  }
  return async (token) => {
    const [head = '', body = '', signature = '', ...rest] = token.slice(0, MAX_TOKEN_CHARACTERS).split('.')
    const header = readPart(head)
    const bytes = fromBase64Url(signature)
    // The algorithm is ours to choose, not the token's: `none`, or one that takes a public key for a secret, opens nothing.
    if (rest.length > 0 || !bytes || !isObject(header) || header['alg'] !== 'RS256') return false
    const jwk = await keyOf(String(header['kid']))
    if (!jwk) return false
    try {
      const key = await crypto.subtle.importKey('jwk', jwk, ALGORITHM, false, ['verify'])
      const isSigned = await crypto.subtle.verify(ALGORITHM, key, bytes, new TextEncoder().encode(`${head}.${body}`))
      return isSigned && areClaimsGood(readPart(body), deps.settings, deps.clock.now())
    } catch {
      return false
    }
  }
}

async function readKeys({ settings, fetch, clock }: AccessDeps): Promise<ReadonlyMap<string, JsonWebKey> | undefined> {
  const read = async () => {
    const response = await fetch(`${settings.issuer}/cdn-cgi/access/certs`, { redirect: 'manual' })
    return response.ok ? await response.json() : void (await response.body?.cancel())
  }
  const body = await within(read(), READ_LIMIT_MS, clock).catch(() => undefined)
  if (body === TIMED_OUT || !isObject(body) || !Array.isArray(body['keys'])) return undefined
  // What is no RSA key does not import, and so opens nothing.
  return new Map(body['keys'].filter(isObject).map((key) => [String(key['kid']), { kty: 'RSA', ...key }]))
}

function readPart(part: string): unknown {
  const bytes = fromBase64Url(part)
  try {
    return bytes && JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
