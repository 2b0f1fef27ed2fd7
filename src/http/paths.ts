import type { Context } from 'hono'
import { getPath } from 'hono/utils/url'
import { type Failure, GatewayError } from '../core/failure.ts'
import { adviseOnPath } from '../wire/route-advice.ts'
import type { AppEnv } from './deps.ts'

const MAX_PATH_CHARACTERS = 200

/**
 * The path that is routed by: a base URL that ends in a slash makes clients double it, and some put one at the end. The
 * target `*`, which is no path, becomes one that nothing is served at: routes match nothing else.
 */
export function pathOf(request: Request): string {
  const path = `/${getPath(request)}`.replace(/\/{2,}/g, '/')
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** What a path that nothing is served at is refused with; it says what to do instead, where that is known. */
export function unknownRoute(c: Context<AppEnv>): GatewayError {
  const path = c.req.path.slice(0, MAX_PATH_CHARACTERS)
  const hint = adviseOnPath(path, originOf(c.req.url))
  const failure: Failure = { kind: 'unknown_route', method: c.req.method, path, ...(hint !== undefined && { hint }) }
  return new GatewayError(failure)
}

/** The origin of a URL whose host may be anything: it is a header of the client's. */
export function originOf(url: string): string | undefined {
  return /^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?=[/?#]|$)/.exec(url)?.[0]
}
