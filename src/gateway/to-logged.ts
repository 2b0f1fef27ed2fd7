import { GatewayError } from '../core/failure.ts'

/** What was thrown, in words for the log; of a bug more is known there than the client is told. */
export function toLogged(error: unknown): unknown {
  return error instanceof GatewayError
    ? error.failure
    : { kind: 'bug', error: error instanceof Error ? error.stack : String(error) }
}
