import { describe, expect, test } from 'vitest'
import { decideNext, isTargetsFault, type Next, type Situation } from '../../../src/core/routing/fallback.ts'
import type { FailureReason, Outcome } from '../../../src/core/routing/outcome.ts'
import { reasonOf } from '../../../src/core/routing/outcome.ts'

const status = (code: number, message = '', retryAfterMs?: number): Outcome => ({
  kind: 'status',
  status: code,
  error: { message },
  ...(retryAfterMs !== undefined && { retryAfterMs }),
})
const errorEvent = (message: string, code?: string): Outcome => ({
  kind: 'error_event',
  error: { message, ...(code !== undefined && { code }) },
})
const reset: Outcome = { kind: 'network', beforeHeaders: true }
const broken: Outcome = { kind: 'network', beforeHeaders: false }
const stop = (because: Extract<Next, { do: 'stop' }>['because']): Next => ({ do: 'stop', because })
const next: Next = { do: 'try_next' }
const larger: Next = { do: 'try_larger' }
const retry = (afterMs?: number): Next => ({ do: 'retry', afterMs })
const two: Situation = { targetsLeft: 1, retriesDone: 0, budgetLeftMs: 10_000 }
const last: Situation = { ...two, targetsLeft: 0 }

describe('what follows an attempt', () => {
  test.each<[title: string, outcome: Outcome, situation: Situation, expected: Next]>([
    ['an answer that began is kept', { kind: 'answering' }, two, { do: 'commit' }],
    ['a client that left ends it', { kind: 'client_gone' }, two, stop('client_gone')],
    ['a refused connection moves on', reset, two, next],
    ['a refused connection of the last target is tried once more', reset, last, retry()],
    ['and not a third time', reset, { ...last, retriesDone: 1 }, stop('no_targets_left')],
    ['an answer that broke before its first token moves on', broken, two, next],
    ['an answer that broke is not asked for again', broken, last, stop('no_targets_left')],
    ['a timeout moves on', { kind: 'timeout', phase: 'headers' }, two, next],
    ['a timeout of the last target ends it', { kind: 'timeout', phase: 'first_token' }, last, stop('no_targets_left')],
    ['a 402 moves on', status(402), two, next],
    ['a 404 moves on', status(404), two, next],
    ['a 408 moves on', status(408), two, next],
    ['a 409 moves on', status(409), two, next],
    ['a 500 moves on', status(500), two, next],
    ['a 503 moves on', status(503), two, next],
    ['a 503 of the last target is tried once more', status(503), last, retry()],
    ['a 500 of the last target is not', status(500), last, stop('no_targets_left')],
    ['a 504 moves on', status(504), two, next],
    ['a 529 moves on', status(529), two, next],
    ["the operator's bad token may be one target's alone", status(401), two, next],
    ['a 403 likewise', status(403), two, next],
    ['a redirect is no answer', status(302), two, next],
    ['a 429 moves on', status(429), two, next],
    ['a 429 with a short Retry-After is waited out', status(429, '', 1_000), two, retry(1_000)],
    ['a Retry-After of nothing is at once', status(429, '', 0), two, retry(0)],
    ['it is waited out once', status(429, '', 1_000), { ...two, retriesDone: 1 }, next],
    ['a 429 with a long Retry-After moves on', status(429, '', 2_001), two, next],
    ['a long Retry-After of the last target ends it', status(429, '', 60_000), last, stop('no_targets_left')],
    ['a 503 with a short Retry-After is waited out', status(503, '', 500), two, retry(500)],
    [
      'a Retry-After longer than the time left is not waited for',
      status(429, '', 1_000),
      { ...two, budgetLeftMs: 1_000 },
      next,
    ],
    ['a 400 is the request’s fault', status(400, 'bad temperature'), two, stop('request_at_fault')],
    ['a 413 is the request’s fault', status(413), two, stop('request_at_fault')],
    ['a 422 is the request’s fault', status(422), two, stop('request_at_fault')],
    [
      'a 400 that does not serve the model moves on',
      status(400, "The requested model 'x' is not supported by any provider you have enabled."),
      two,
      next,
    ],
    [
      'a conversation that is too long looks for a larger context',
      status(400, "This model's maximum context length is 8192 tokens"),
      two,
      larger,
    ],
    ['also as a 413', status(413, 'prompt is too long: 9000 tokens'), two, larger],
    ['also as an error event', errorEvent('context_length_exceeded'), two, larger],
    ['also with the last target', status(400, 'maximum context length'), last, larger],
    ['an error event moves on', errorEvent('overloaded'), two, next],
    ['an HTML page moves on', { kind: 'bad_answer', detail: 'an HTML page' }, two, next],
    ['spent time ends it', status(503), { ...two, budgetLeftMs: 0 }, stop('out_of_time')],
    ['a bad request is told even then', status(422), { ...two, budgetLeftMs: -1 }, stop('request_at_fault')],
  ])('%s', (_title, outcome, situation, expected) => {
    expect(decideNext(outcome, situation)).toEqual(expected)
  })
})

describe('the reason of a failure', () => {
  test.each<[what: string, outcome: Outcome, reason: FailureReason]>([
    ['401 in the router’s words', status(401, 'Invalid username or password.'), 'upstream_auth'],
    [
      '403 in the router’s words',
      status(403, 'This authentication method does not have sufficient permissions'),
      'upstream_auth',
    ],
    ['402 in the router’s words', status(402, 'You have depleted your monthly included credits.'), 'billing'],
    ['404 of a model', status(404, 'The model `x` does not exist'), 'model_not_found'],
    [
      '400 of a provider without the model',
      status(400, 'Model not supported by provider hf-inference'),
      'model_not_found',
    ],
    [
      '400 by its code',
      { kind: 'status', status: 400, error: { message: '', code: 'model_not_supported' } },
      'model_not_found',
    ],
    ['429', status(429, 'Rate limit reached for model'), 'rate_limited'],
    [
      '429 of a spent quota',
      { kind: 'status', status: 429, error: { message: '', code: 'insufficient_quota' } },
      'billing',
    ],
    ['408', status(408), 'timeout'],
    ['409', status(409), 'overloaded'],
    ['500', status(500, 'Internal server error'), 'server_error'],
    ['503', status(503), 'overloaded'],
    ['504', status(504), 'timeout'],
    ['529', status(529), 'overloaded'],
    ['405', status(405), 'server_error'],
    ['410', status(410), 'model_not_found'],
    ['421', status(421), 'server_error'],
    ['204', status(204), 'bad_answer'],
    ['302', status(302), 'bad_answer'],
    [
      'vLLM’s overflow',
      status(400, "This model's maximum context length is 32768 tokens. However, you requested 40000"),
      'context_overflow',
    ],
    [
      'TGI’s overflow',
      status(422, 'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192'),
      'context_overflow',
    ],
    ['Mistral’s overflow', status(400, 'Prompt contains 40000 tokens; too many tokens'), 'context_overflow'],
    ['an error event about credits', errorEvent('You have exceeded your monthly included credits'), 'billing'],
    ['an error event about requests', errorEvent('Too many requests'), 'rate_limited'],
    ['an error event about load', errorEvent('The engine is currently overloaded'), 'overloaded'],
    ['an error event about a model', errorEvent('x', 'model_not_found'), 'model_not_found'],
    ['any other error event', errorEvent('Failed to call a function.'), 'server_error'],
  ])('%s is %s', (_what, outcome, reason) => {
    expect(outcome.kind !== 'answering' && reasonOf(outcome)).toBe(reason)
  })
})

test.each<[title: string, outcome: Outcome, expected: boolean]>([
  ['a 503 counts against the target', status(503), true],
  ['a 429 counts against the target', status(429), true],
  ['a reset counts against the target', reset, true],
  ['a bad request does not', status(422), false],
  ['a conversation that is too long does not', status(400, 'maximum context length'), false],
  ['a client that left does not', { kind: 'client_gone' }, false],
])('%s', (_title, outcome, expected) => {
  expect(outcome.kind !== 'answering' && isTargetsFault(outcome)).toBe(expected)
})
