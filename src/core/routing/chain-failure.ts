import type { Failure } from '../failure.ts'
import { type AttemptReport, type Failed, isPassing } from './outcome.ts'

/** Whether several targets were asked and all failed for one reason. */
export function failedAlike(asked: readonly Failed[]): boolean {
  return asked.length > 1 && asked.every(({ reason }) => reason === asked[0]?.reason)
}

/**
 * What the client is told. That it wrote too much, only if no other target might have taken it: a moment later, or with
 * credit, or with a better token.
 */
export function summarizeAttempts(attempts: readonly AttemptReport[]): Failure {
  const passing = attempts.filter(({ reason }) => isPassing(reason))
  const overflow = attempts.findLast(({ reason }) => reason === 'context_overflow')
  const mightHaveTaken = attempts.some(({ reason }) => reason === 'billing' || reason === 'upstream_auth')
  if (overflow && passing.length === 0 && !mightHaveTaken)
    return { kind: 'context_overflow', message: overflow.message }
  // A time to come back at is one only if every target that may recover has named it.
  const waits = passing.flatMap(({ retryAfterMs }) => retryAfterMs ?? [])
  const named = waits.length > 0 && waits.length === passing.length
  return { kind: 'all_attempts_failed', attempts, ...(named && { retryAfterMs: Math.min(...waits) }) }
}
