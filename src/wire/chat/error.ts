import { type Failure, GatewayError, type Interruption } from '../../core/failure.ts'
import { describeModelRefError } from '../../core/routing/model-ref.ts'
import { type AttemptReport, type FailureReason, isPassing } from '../../core/routing/outcome.ts'

/** OpenAI's error object. `attempts` and `problems` are ours: clients ignore members they do not know. */
export type ErrorBody = {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string
    readonly attempts?: readonly AttemptReport[]
    readonly problems?: readonly { readonly path: string; readonly message: string }[]
  }
}

type Envelope = Omit<ErrorBody['error'], 'param'> & { readonly status: number; readonly param?: string | null }

/**
 * The only place where a failure becomes OpenAI's `{ error: { message, type, param, code } }`.
 *
 * `x-should-retry: false` stops the official SDKs from repeating what the gateway has already repeated.
 */
export function toErrorResponse(thrown: unknown, requestId: string): Response {
  const { status, ...error } = describeThrown(thrown)
  const headers = new Headers({ 'x-request-id': requestId, 'x-should-retry': 'false' })
  const failure = thrown instanceof GatewayError ? thrown.failure : undefined
  if (failure?.kind === 'all_attempts_failed' && failure.retryAfterMs !== undefined) {
    headers.set('retry-after', String(Math.ceil(failure.retryAfterMs / 1_000)))
  }
  if (failure?.kind === 'method_not_allowed') headers.set('allow', failure.allowed.join(', '))
  if (failure?.kind === 'unauthorized') headers.set('www-authenticate', 'Bearer')
  return Response.json({ error: { param: null, ...error } }, { status, headers })
}

/** The same error object for an answer that has begun: it can only be an event of the stream. */
export function toErrorBody(thrown: unknown): ErrorBody {
  const { status: _status, ...error } = describeThrown(thrown)
  return { error: { param: null, ...error } }
}

function describeThrown(thrown: unknown): Envelope {
  if (thrown instanceof GatewayError) return describe(thrown.failure)
  // Whatever it is, its message was written for us, not for a caller.
  return {
    status: 500,
    type: 'server_error',
    code: 'internal_error',
    message: 'The gateway failed. The log has the reason under this request id.',
  }
}

function describe(failure: Failure): Envelope {
  switch (failure.kind) {
    case 'bad_request':
      return { ...invalid(400, 'invalid_request', failure.message), param: failure.param ?? null }
    case 'body_too_large':
      return invalid(413, 'request_too_large', `The body is larger than ${failure.maxBytes} bytes. Send less of it.`)
    case 'unauthorized':
      return unauthorized(failure.scope)
    case 'bad_settings':
      return server(503, 'not_configured', failure.problems.join(' '))
    case 'bad_model': {
      const hint = failure.nearestAlias ? ` Did you mean "${failure.nearestAlias}"?` : ''
      return { ...invalid(400, 'model_not_found', describeModelRefError(failure.detail) + hint), param: 'model' }
    }
    case 'unknown_model':
      return {
        ...invalid(404, 'model_not_found', `The model ${failure.model} does not exist in the list: GET /v1/models.`),
        param: 'model',
      }
    case 'unknown_route':
      return invalid(404, 'unknown_route', `Nothing is served at ${failure.method} ${failure.path}.`)
    case 'method_not_allowed':
      return invalid(405, 'method_not_allowed', `Not ${failure.method} here; use ${failure.allowed.join(' or ')}.`)
    case 'bad_config':
      return { ...invalid(400, 'invalid_config', summarize(failure.problems)), problems: failure.problems }
    case 'config_not_stored':
      return server(503, 'config_not_stored', 'KV did not take the configuration; nothing was changed. Send it again.')
    case 'config_changed':
    case 'unknown_version':
    case 'unsupported_media_type':
    case 'unknown_key':
    case 'key_not_active':
    case 'storage_unavailable':
    case 'catalog_refresh_failed':
      return describeAdmin(failure)
    case 'upstream_refused':
      return {
        status: failure.status,
        type: failure.type ?? 'invalid_request_error',
        code: failure.code ?? 'invalid_request',
        param: failure.param ?? null,
        message: failure.message,
      }
    case 'context_overflow':
      return invalid(400, 'context_length_exceeded', withPrefix('maximum context length exceeded', failure.message))
    case 'all_attempts_failed':
      return describeAttempts(failure.attempts)
    case 'client_gone':
      return invalid(499, 'client_gone', 'The client closed the connection.')
    case 'interrupted':
      return server(
        502,
        'stream_interrupted',
        `${INTERRUPTIONS[failure.why]}; the answer of ${failure.target} is incomplete`,
      )
  }
}

type AdminFailure = Extract<
  Failure,
  {
    kind:
      | 'config_changed'
      | 'unknown_version'
      | 'unsupported_media_type'
      | 'unknown_key'
      | 'key_not_active'
      | 'storage_unavailable'
      | 'catalog_refresh_failed'
  }
>

/** What only the operator meets. */
function describeAdmin(failure: AdminFailure): Envelope {
  switch (failure.kind) {
    case 'config_changed':
      return invalid(
        412,
        'config_changed',
        `The configuration was changed in the meantime (now: ${failure.current}); nothing was written. Read it again.`,
      )
    case 'unknown_version':
      return { ...invalid(404, 'unknown_version', `There is no version ${failure.id}.`), param: failure.param ?? null }
    case 'unsupported_media_type':
      return invalid(415, 'unsupported_media_type', `Send it with content-type ${failure.accepted.join(' or ')}.`)
    case 'unknown_key':
      return invalid(404, 'unknown_key', `There is no key with the id ${failure.id}: GET /admin/keys.`)
    case 'key_not_active':
      return invalid(409, 'key_not_active', `The key ${failure.id} is ${failure.status}; create a new one.`)
    case 'storage_unavailable':
      return server(503, 'storage_unavailable', 'KV did not answer; nothing was changed. Send it again.')
    case 'catalog_refresh_failed':
      return server(
        502,
        'catalog_refresh_failed',
        `The router gave no list (${failure.reason}); the last good one stays.`,
      )
  }
}

/** With "timed out", the words on which OpenClaw, its forks and pi-ai try again or go on to their next model. */
const INTERRUPTIONS: Record<Interruption, string> = {
  cut: 'Upstream timed out or closed the stream early',
  stalled: 'Upstream timed out: it fell silent',
  out_of_time: 'Upstream timed out: the request took longer than its total time',
  unreadable: 'Upstream timed out or broke the stream: it sent something unreadable',
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
  client_gone: [499, 'client_gone', 'The client left'],
}

function describeAttempts(attempts: readonly AttemptReport[]): Envelope {
  const reasons = [...new Set(attempts.map(({ reason }) => reason))]
  const passing = reasons.filter(isPassing)
  // One reason speaks for itself; several that may pass are "come back later"; else the first target's reason decides.
  const reason =
    reasons.length > 1 && passing.length > 0 ? (passing.length === 1 ? passing[0] : 'overloaded') : reasons[0]
  const [status, code, prefix] = BY_REASON[reason ?? 'overloaded']
  const tried = attempts.map(({ target, reason: why }) => `${target}: ${why}`).join('; ')
  // What the router says of our token ("unauthorized", "401") clients would take for their own key's fault.
  const last = attempts.length === 1 && reason !== 'upstream_auth' ? ` - ${attempts[0]?.message}` : ''
  const type = status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error'
  return { status, type, code, message: `${prefix}${last} (tried ${tried})`, attempts }
}

function unauthorized(scope: 'client' | 'admin'): Envelope {
  const message =
    scope === 'client'
      ? 'Unauthorized: invalid API key. Send Authorization: Bearer <a key of this gateway>.'
      : 'Unauthorized: /admin takes Authorization: Bearer <HUGWAY_ADMIN_TOKEN> and no other key.'
  return { status: 401, type: 'authentication_error', code: 'invalid_api_key', message }
}

function summarize(problems: readonly { path: string; message: string }[]): string {
  const lines = problems.map(({ path, message }) => `${path}: ${message}`)
  return `The configuration was not accepted and nothing was changed. ${lines.join('; ')}`
}

function withPrefix(prefix: string, message: string): string {
  return /maximum context length/i.test(message) ? message : `This model's ${prefix}: ${message}`
}

const invalid = (status: number, code: string, message: string): Envelope => ({
  status,
  type: 'invalid_request_error',
  code,
  message,
})

const server = (status: number, code: string, message: string): Envelope => ({
  status,
  type: 'server_error',
  code,
  message,
})
