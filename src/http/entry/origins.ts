import { GatewayError } from '../../core/failure.ts'

const EXPOSED = [
  'x-request-id',
  'x-should-retry',
  'x-hugway-target',
  'x-hugway-attempts',
  'x-hugway-provider',
  'x-hugway-skipped',
  'x-hugway-config',
  'x-hugway-dropped-tools',
  'retry-after',
  'retry-after-ms',
  'x-hugway-cost-usd',
  'x-hugway-max-tokens',
  ...['limit', 'remaining', 'reset'].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]),
].join()

const PREFLIGHT_SECONDS = 600

/** What lets a page of one of these origins read an answer; see https://fetch.spec.whatwg.org/#http-cors-protocol. */
export function originHeaders({ headers }: Request, origins: readonly string[]): Record<string, string> {
  const exposed = { 'access-control-expose-headers': EXPOSED }
  if (origins.includes('*')) return { ...exposed, 'access-control-allow-origin': '*' }
  const origin = headers.get('origin')
  const isAllowed = origin !== null && origins.includes(origin)
  return { ...exposed, vary: 'origin', ...(isAllowed && { 'access-control-allow-origin': origin }) }
}

/**
 * The answer to a browser that asks before it calls. It shows a refusal to nobody, but its list of requests does, and so
 * does curl.
 *
 * @throws {GatewayError} `origin_not_allowed`.
 */
export function answerPreflight({ headers }: Request, origins: readonly string[]): Response | undefined {
  const origin = headers.get('origin')
  const isAllowed = origins.includes('*') || (origin !== null && origins.includes(origin))
  if (!isAllowed && origin !== null && headers.has('access-control-request-method')) {
    throw new GatewayError({ kind: 'origin_not_allowed', origin: origin.slice(0, 200), hasOrigins: origins.length > 0 })
  }
  if (origins.length === 0) return undefined
  const wanted = headers.get('access-control-request-headers')
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET,POST',
      'access-control-max-age': String(PREFLIGHT_SECONDS),
      ...(wanted !== null && { 'access-control-allow-headers': wanted, vary: 'access-control-request-headers' }),
    },
  })
}
