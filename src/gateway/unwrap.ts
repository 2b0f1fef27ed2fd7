import { type Failure, GatewayError } from '../core/failure.ts'
import type { Result } from '../core/result.ts'

/** @throws {GatewayError} What a result refuses. */
export function unwrap<T>(result: Result<T, Failure>): T {
  if (!result.ok) throw new GatewayError(result.error)
  return result.value
}
