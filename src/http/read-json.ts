import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/failure.ts'
import { readBody } from './read-body.ts'

const MAX_BYTES = 64 * 1024

/**
 * Reads a small JSON body; nothing at all counts as `{}`.
 *
 * @throws {GatewayError} `bad_request`; `body_too_large`; `body_too_slow`.
 */
export async function readJson(request: Request, clock: Clock, maxBytes = MAX_BYTES): Promise<unknown> {
  const text = new TextDecoder().decode(await readBody(request, maxBytes, clock))
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new GatewayError({ kind: 'bad_request', message: 'The body is not JSON.' }, { cause })
  }
}
