import { type AttemptReport, blameOf, type FailureReason, isPassing } from '../core/routing/outcome.ts'
import type { StatusWords } from './status-words.ts'

export type AttemptWords = StatusWords & {
  readonly attempts: readonly AttemptReport[]
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The words that chat gateways look for when they choose between waiting, another model and giving up. OpenClaw reads
 * status and code, its forks and predecessors the message alone.
 */
const BY_REASON: Record<FailureReason, readonly [status: number, code: string, prefix: string]> = {
  rate_limited: [429, 'rate_limit_exceeded', 'Rate limit reached: too many requests'],
  overloaded: [503, 'overloaded', 'Service Unavailable: upstream overloaded'],
  billing: [402, 'insufficient_quota', 'Payment Required: insufficient credits'],
  model_not_found: [404, 'model_not_found', 'The model does not exist or is not supported'],
  context_overflow: [400, 'context_length_exceeded', 'maximum context length exceeded'],
  upstream_auth: [
    502,
    'upstream_auth',
    "Bad Gateway: the router refused the gateway's own token; its operator must check HF_TOKEN",
  ],
  timeout: [504, 'timeout', 'Gateway Timeout: upstream timed out'],
  unreachable: [502, 'upstream_unreachable', 'Bad Gateway: the upstream cannot be reached'],
  server_error: [502, 'upstream_error', 'Bad Gateway: upstream error'],
  bad_answer: [502, 'upstream_bad_answer', 'Bad Gateway: the upstream sent no usable answer'],
  bad_request: [400, 'invalid_request', 'The upstream refused the request'],
  legally_blocked: [451, 'unavailable_for_legal_reasons', 'The upstream may not answer, for legal reasons'],
  client_gone: [499, 'client_gone', 'The client left'],
}

/**
 * Words for a request that no target answered.
 *
 * @param retryAfterMs Milliseconds until it is worth another try, where the targets said so.
 */
export function describeAttempts(attempts: readonly AttemptReport[], retryAfterMs: number | undefined): AttemptWords {
  const reasons = [...new Set(attempts.map(({ reason }) => reason))]
  const passing = reasons.filter(isPassing)
  // One reason speaks for itself; several that may pass are "come back later"; else the first target's reason decides
  // that does not blame the request: what one target says of it does not hide that another lacks credit.
  const first = reasons.find((reason) => blameOf(reason) !== 'request') ?? reasons[0]
  const reason = reasons.length > 1 && passing.length > 0 ? (passing.length === 1 ? passing[0] : 'overloaded') : first
  const [status, code, prefix] = BY_REASON[reason ?? 'overloaded']
  const tried = attempts.map(({ target, reason: why }) => `${target}: ${why}`).join('; ')
  // What the router says of our token ("unauthorized", "401") clients would take for their own key's fault.
  const last = attempts.length === 1 && reason !== 'upstream_auth' ? ` - ${attempts[0]?.message}` : ''
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error'
  const headers = retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }
  return { status, type, code, message: `${prefix}${last} (tried ${tried})`, attempts, ...(headers && { headers }) }
}
