import { type Failure, GatewayError, type Interruption } from '../core/failure.ts'
import { quote } from '../core/quote.ts'
import { describeModelRefError } from '../core/routing/model-ref.ts'
import type { AttemptReport } from '../core/routing/outcome.ts'
import { describeAdminFailure } from './admin/failure-words.ts'
import { describeAttempts } from './attempt-words.ts'
import { describeIntakeFailure, isIntakeFailure } from './intake-words.ts'
import { describeLimitFailure, isLimitFailure } from './limit-words.ts'
import { describeNobodyLeft } from './route-words.ts'
import { invalid, server } from './status-words.ts'

/**
 * What a failure is called, whichever surface tells it: its HTTP status, its code, and a sentence that says what to do.
 * Each surface puts it into an envelope of its own.
 */
export type FailureWords = {
  readonly status: number
  /** OpenAI's word for the kind of failure; a surface with words of its own derives them from the status. */
  readonly type: string
  readonly code: string
  readonly message: string
  readonly param?: string | null
  readonly attempts?: readonly AttemptReport[]
  readonly problems?: readonly { readonly path: string; readonly message: string }[]
  /** Headers that go with the status, whatever the envelope. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Says what was thrown, as far as a caller may know it. Exhaustive: a new kind of failure does not compile without words. */
export function describeThrown(thrown: unknown): FailureWords {
  if (thrown instanceof GatewayError) return describe(thrown.failure)
  // Whatever it is, its message was written for us, not for a caller.
  return server(500, 'internal_error', 'The gateway failed. The log has the reason under this request id.')
}

function describe(failure: Failure): FailureWords {
  if (isLimitFailure(failure)) return describeLimitFailure(failure)
  if (isIntakeFailure(failure)) return describeIntakeFailure(failure)
  switch (failure.kind) {
    case 'bad_request':
      return { ...invalid(400, 'invalid_request', failure.message), param: failure.param ?? null }
    case 'bad_model': {
      const hint = failure.nearestAlias ? ` Did you mean "${failure.nearestAlias}"?` : ''
      return { ...invalid(400, 'model_not_found', describeModelRefError(failure.detail) + hint), param: 'model' }
    }
    case 'unknown_model':
      return {
        ...invalid(404, 'model_not_found', `The model ${failure.model} does not exist in the list: GET /v1/models.`),
        param: 'model',
      }
    case 'ambiguous_model': {
      const { model, refs } = failure
      const said = `"${quote(model)}" is the alias of ${refs.join(' and of ')}. Send one of these as "model".`
      return { ...invalid(400, 'ambiguous_model', said), param: 'model' }
    }
    case 'no_provider_matches':
      return { ...invalid(404, 'no_provider_matches', describeNobodyLeft(failure.models)), param: 'provider' }
    case 'unknown_route':
      return notServed(failure)
    case 'method_not_allowed':
      return {
        ...invalid(405, 'method_not_allowed', `Not ${failure.method} here; use ${failure.allowed.join(' or ')}.`),
        headers: { allow: failure.allowed.join(', ') },
      }
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
    case 'sign_in_refused':
    case 'unknown_project':
      return describeAdminFailure(failure)
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
      return describeAttempts(failure.attempts, failure.retryAfterMs)
    case 'client_gone':
      return invalid(499, 'client_gone', 'The client closed the connection.')
    case 'upstream_error':
      return { ...server(502, 'upstream_error', failure.error.message), ...failure.error }
    case 'interrupted':
      return server(
        502,
        'stream_interrupted',
        `${INTERRUPTIONS[failure.why]}; the answer of ${failure.target} is incomplete`,
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

function summarize(problems: readonly { path: string; message: string }[]): string {
  const lines = problems.map(({ path, message }) => `${path}: ${message}`)
  return `The configuration was not accepted and nothing was changed. ${lines.join('; ')}`
}

function withPrefix(prefix: string, message: string): string {
  return /maximum context length/i.test(message) ? message : `This model's ${prefix}: ${message}`
}

function notServed({ method, path, hint }: Extract<Failure, { kind: 'unknown_route' }>): FailureWords {
  return invalid(404, 'unknown_route', `Nothing is served at ${method} ${path}.${hint ? ` ${hint}` : ''}`)
}
