import { describe, expect, test } from 'vitest'
import { type Failure, GatewayError } from '../../src/core/failure.ts'
import { MODEL_REF_FORM } from '../../src/core/routing/model-ref.ts'
import type { AttemptReport, FailureReason } from '../../src/core/routing/outcome.ts'
import { type ErrorBody, toErrorBody } from '../../src/wire/chat/error.ts'
import { describeThrown, type FailureWords } from '../../src/wire/failure-words.ts'

const attempt = (reason: FailureReason, target = 'huggingface/a/b', message = 'it said so'): AttemptReport => ({
  target,
  reason,
  message,
})
const failed = (...attempts: AttemptReport[]): Failure => ({ kind: 'all_attempts_failed', attempts })

/** The words for a failure, and how chat's envelope says them. */
function answerTo(failure: Failure): { words: FailureWords; error: ErrorBody['error'] } {
  const thrown = new GatewayError(failure)
  return { words: describeThrown(thrown), error: toErrorBody(thrown).error }
}

const KEY = { kind: 'key', id: 'k_1', name: 'laptop' } as const
const RATE = 'rate_limit_error'
const INVALID = 'invalid_request_error'
const detail = { reason: 'not_a_model_ref', text: 'gpt' } as const
const problems = [{ path: 'agents.x', message: 'unknown key' }]
const interrupted: Failure = { kind: 'interrupted', why: 'cut', target: 'huggingface/a/b' }

describe('every failure has one answer', () => {
  test.each<[failure: Failure, status: number, type: string, code: string, param: string | null]>([
    [{ kind: 'bad_request', message: 'no', param: 'messages' }, 400, INVALID, 'invalid_request', 'messages'],
    [{ kind: 'bad_request', message: 'no' }, 400, INVALID, 'invalid_request', null],
    [{ kind: 'body_too_large', maxBytes: 9 }, 413, INVALID, 'request_too_large', null],
    [{ kind: 'unauthorized', scope: 'client' }, 401, 'authentication_error', 'invalid_api_key', null],
    [{ kind: 'unauthorized', scope: 'admin' }, 401, 'authentication_error', 'invalid_api_key', null],
    [{ kind: 'bad_settings', problems: ['HF_TOKEN is not set.'] }, 503, 'server_error', 'not_configured', null],
    [{ kind: 'bad_model', detail }, 400, INVALID, 'model_not_found', 'model'],
    [{ kind: 'unknown_model', model: 'x' }, 404, INVALID, 'model_not_found', 'model'],
    [{ kind: 'unknown_route', method: 'GET', path: '/x' }, 404, INVALID, 'unknown_route', null],
    [{ kind: 'method_not_allowed', method: 'PUT', allowed: ['GET', 'POST'] }, 405, INVALID, 'method_not_allowed', null],
    [{ kind: 'bad_config', problems }, 400, INVALID, 'invalid_config', null],
    [{ kind: 'quota_exceeded', owner: KEY, limitUsd: 5, per: 'day' }, 402, INVALID, 'insufficient_quota', null],
    [{ kind: 'rate_limited', owner: KEY, what: 'tokens', retryAfterMs: 1_200 }, 429, RATE, 'rate_limit_exceeded', null],
    [{ kind: 'request_over_limit', owner: KEY, tokens: 9, limit: 8 }, 400, INVALID, 'request_over_limit', 'max_tokens'],
    [{ kind: 'unpriced_model', models: ['a/b'] }, 400, INVALID, 'unpriced_model', 'model'],
    [
      { kind: 'model_not_allowed', model: 'a/b', owner: KEY, allowed: ['c/*'] },
      404,
      INVALID,
      'model_not_found',
      'model',
    ],
    [{ kind: 'ledger_unavailable', reason: 'no_answer' }, 503, 'server_error', 'ledger_unavailable', null],
    [{ kind: 'unknown_project', id: 'x', known: ['default'] }, 404, INVALID, 'unknown_project', null],
    [{ kind: 'config_not_stored' }, 503, 'server_error', 'config_not_stored', null],
    [{ kind: 'upstream_refused', status: 422, message: 'no' }, 422, INVALID, 'invalid_request', null],
    [{ kind: 'upstream_refused', status: 400, message: 'no', type: 't', code: 'c', param: 'p' }, 400, 't', 'c', 'p'],
    [{ kind: 'context_overflow', message: 'too long' }, 400, INVALID, 'context_length_exceeded', null],
    [{ kind: 'client_gone' }, 499, INVALID, 'client_gone', null],
    [interrupted, 502, 'server_error', 'stream_interrupted', null],
  ])('%j', (failure, status, type, code, param) => {
    const { words, error } = answerTo(failure)
    expect(error).toMatchObject({ type, code, param, message: expect.stringMatching(/\S/) })
    expect(error).not.toHaveProperty('headers')
    expect(words.status).toBe(status)
  })
})

describe('the message says what to do', () => {
  test.each<[failure: Failure, message: RegExp]>([
    [{ kind: 'bad_model', detail, nearestAlias: 'gpt oss' }, /"gpt" .* Did you mean "gpt oss"\?$/],
    [{ kind: 'bad_settings', problems: ['A is bad.', 'B is bad.'] }, /^A is bad\. B is bad\.$/],
    [{ kind: 'bad_config', problems }, /nothing was changed.*agents\.x: unknown key/],
    [{ kind: 'unauthorized', scope: 'admin' }, /HUGWAY_ADMIN_TOKEN/],
    [interrupted, /huggingface\/a\/b.*(incomplete|not complete)/],
  ])('%j', (failure, message) => {
    expect(answerTo(failure).error.message).toMatch(message)
  })

  test('of a model that is none, by quoting the form', () => {
    expect(answerTo({ kind: 'bad_model', detail }).error.message).toContain(MODEL_REF_FORM)
  })
})

/** The patterns by which OpenClaw's fork, which reads nothing but the message, tells failures apart. */
const READ_BY_CLIENTS = {
  rate_limit: /rate limit|too many requests/i,
  overloaded: /overloaded|service unavailable/i,
  billing: /payment required|insufficient credits/i,
  model: /model.*does not exist/i,
  timeout: /timeout|timed out/i,
  server: /bad gateway/i,
  overflow: /maximum context length/i,
}
const AUTH = /unauthorized|forbidden|invalid api key|expired|\b40[13]\b/i

describe('when every target failed for one reason, clients can read it', () => {
  test.each<[reason: FailureReason, status: number, code: string, pattern: RegExp]>([
    ['rate_limited', 429, 'rate_limit_exceeded', READ_BY_CLIENTS.rate_limit],
    ['overloaded', 503, 'overloaded', READ_BY_CLIENTS.overloaded],
    ['billing', 402, 'insufficient_quota', READ_BY_CLIENTS.billing],
    ['model_not_found', 404, 'model_not_found', READ_BY_CLIENTS.model],
    ['context_overflow', 400, 'context_length_exceeded', READ_BY_CLIENTS.overflow],
    ['timeout', 504, 'timeout', READ_BY_CLIENTS.timeout],
    ['unreachable', 502, 'upstream_unreachable', READ_BY_CLIENTS.server],
    ['server_error', 502, 'upstream_error', READ_BY_CLIENTS.server],
    ['bad_answer', 502, 'upstream_bad_answer', READ_BY_CLIENTS.server],
    ['upstream_auth', 502, 'upstream_auth', READ_BY_CLIENTS.server],
  ])('%s', (reason, status, code, pattern) => {
    for (const attempts of [[attempt(reason)], [attempt(reason), attempt(reason, 'huggingface/c/d')]]) {
      const { words, error } = answerTo(failed(...attempts))
      expect([words.status, error.code]).toEqual([status, code])
      expect(error.message).toMatch(pattern)
      expect(error.attempts).toEqual(attempts)
      for (const { target } of attempts) expect(error.message).toContain(`${target}: ${reason}`)
    }
  })

  test('the operator’s bad token is never taken for the client’s bad key', () => {
    for (const said of ['HTTP 401 without a message', 'Unauthorized: token expired', 'Forbidden']) {
      const { words, error } = answerTo(failed(attempt('upstream_auth', 'huggingface/a/b', said)))
      expect(words.status).toBe(502)
      expect(error.message).not.toMatch(AUTH)
    }
  })
})

describe('when they failed for several reasons', () => {
  test.each<[reasons: FailureReason[], status: number, code: string]>([
    [['rate_limited', 'billing'], 429, 'rate_limit_exceeded'],
    [['billing', 'rate_limited'], 429, 'rate_limit_exceeded'],
    [['timeout', 'model_not_found'], 504, 'timeout'],
    [['rate_limited', 'overloaded'], 503, 'overloaded'],
    [['server_error', 'timeout', 'billing'], 503, 'overloaded'],
    [['billing', 'model_not_found'], 402, 'insufficient_quota'],
    [['model_not_found', 'upstream_auth'], 404, 'model_not_found'],
    [['upstream_auth', 'billing'], 502, 'upstream_auth'],
  ])('%j is told as %i %s', (reasons, status, code) => {
    const { words, error } = answerTo(failed(...reasons.map((reason) => attempt(reason))))
    expect([words.status, error.code]).toEqual([status, code])
  })

  test('no attempt at all is an overload', () => {
    expect(answerTo(failed()).words.status).toBe(503)
  })
})

test.each<[waitMs: number | undefined, header: string | null]>([
  [undefined, null],
  [0, '0'],
  [1, '1'],
  [1_500, '2'],
  [120_000, '120'],
])('a wait of %s ms is a Retry-After of %s', (retryAfterMs, header) => {
  const attempts = [attempt('rate_limited')]
  const failure: Failure = {
    kind: 'all_attempts_failed',
    attempts,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
  expect(answerTo(failure).words.headers?.['retry-after'] ?? null).toBe(header)
})

test('a method that is not allowed hears which are', () => {
  const { words } = answerTo({ kind: 'method_not_allowed', method: 'PUT', allowed: ['GET', 'POST'] })
  expect(words.headers?.['allow']).toBe('GET, POST')
})

test('an unknown caller hears how to authenticate', () => {
  const { words } = answerTo({ kind: 'unauthorized', scope: 'client' })
  expect(words.headers?.['www-authenticate']).toBe('Bearer')
})

test.each<[what: string, thrown: unknown]>([
  ['an error', new Error('secret hf_abcdef in /etc/passwd')],
  ['a text', 'secret hf_abcdef'],
  ['nothing', undefined],
])('%s that nobody expected is a 500 with nothing of its own', (_what, thrown) => {
  expect(describeThrown(thrown).status).toBe(500)
  expect(toErrorBody(thrown)).toMatchObject({ error: { type: 'server_error', code: 'internal_error', param: null } })
  expect(JSON.stringify(toErrorBody(thrown))).not.toMatch(/secret|hf_abcdef|passwd/)
})
