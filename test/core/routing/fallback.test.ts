import { describe, expect, test } from 'vitest'
import { decideNext, type Next, type Situation } from '../../../src/core/routing/fallback.ts'
import {
  blameOf,
  type FailureReason,
  type Fault,
  mayHaveGenerated,
  type Outcome,
} from '../../../src/core/routing/outcome.ts'

const judged = (fault: Fault, reason: FailureReason): Outcome => ({ ...fault, reason, blame: blameOf(reason) })
const status = (code: number, reason: FailureReason, retryAfterMs?: number): Outcome =>
  judged(
    { kind: 'status', status: code, error: { message: '' }, ...(retryAfterMs !== undefined && { retryAfterMs }) },
    reason,
  )
const errorEvent = (reason: FailureReason): Outcome => judged({ kind: 'error_event', error: { message: '' } }, reason)
const reset = judged({ kind: 'network', beforeHeaders: true }, 'unreachable')
const broken = judged({ kind: 'network', beforeHeaders: false }, 'unreachable')
const late = (phase: 'headers' | 'first_token') => judged({ kind: 'timeout', phase }, 'timeout')
const stop = (because: Extract<Next, { do: 'stop' }>['because']): Next => ({ do: 'stop', because })
const next: Next = { do: 'try_next' }
const larger: Next = { do: 'try_larger' }
const retry = (afterMs?: number): Next => ({ do: 'retry', afterMs })
const two: Situation = { targetsLeft: 1, retriesDone: 0, budgetLeftMs: 10_000, callsLeft: 6, generations: 0 }
const last: Situation = { ...two, targetsLeft: 0 }

describe('what follows an attempt', () => {
  test.each<[title: string, outcome: Outcome, situation: Situation, expected: Next]>([
    ['an answer that began is kept', { kind: 'answering' }, two, { do: 'commit' }],
    ['a client that left ends it', judged({ kind: 'client_gone' }, 'client_gone'), two, stop('client_gone')],
    ['a refused connection moves on', reset, two, next],
    ['a refused connection of the last target is tried once more', reset, last, retry()],
    ['and not a third time', reset, { ...last, retriesDone: 1 }, stop('no_targets_left')],
    ['nor where two answers may have been generated', reset, { ...last, generations: 2 }, stop('no_targets_left')],
    ['an answer that broke before its first token moves on', broken, two, next],
    ['an answer that broke is not asked for again', broken, last, stop('no_targets_left')],
    ['a timeout moves on', late('headers'), two, next],
    ['a timeout of the last target ends it', late('first_token'), last, stop('no_targets_left')],
    ['missing credit moves on', status(402, 'billing'), two, next],
    ['a model that is gone moves on', status(400, 'model_not_found'), two, next],
    ['a server error moves on', status(500, 'server_error'), two, next],
    ['a 503 moves on', status(503, 'overloaded'), two, next],
    ['a 503 of the last target is tried once more', status(503, 'overloaded'), last, retry()],
    ['a 500 of the last target is not', status(500, 'server_error'), last, stop('no_targets_left')],
    ["the operator's bad token may be one target's alone", status(401, 'upstream_auth'), two, next],
    ['a legal block is one provider’s', status(451, 'legally_blocked'), two, next],
    ['a 429 moves on', status(429, 'rate_limited'), two, next],
    ['a 429 with a short Retry-After is waited out', status(429, 'rate_limited', 1_000), two, retry(1_000)],
    ['a Retry-After of nothing is at once', status(429, 'rate_limited', 0), two, retry(0)],
    ['it is waited out once', status(429, 'rate_limited', 1_000), { ...two, retriesDone: 1 }, next],
    ['a 429 with a long Retry-After moves on', status(429, 'rate_limited', 2_001), two, next],
    ['a spent quota is not waited for', status(429, 'billing', 1_000), two, next],
    [
      'a long Retry-After of the last target ends it',
      status(429, 'rate_limited', 60_000),
      last,
      stop('no_targets_left'),
    ],
    ['a 503 with a short Retry-After is waited out', status(503, 'overloaded', 500), two, retry(500)],
    [
      'a Retry-After longer than the time left is not waited for',
      status(429, 'rate_limited', 1_000),
      { ...two, budgetLeftMs: 1_000 },
      next,
    ],
    ['a bad request is the request’s fault', status(400, 'bad_request'), two, stop('request_at_fault')],
    ['also inside a 200', errorEvent('bad_request'), two, stop('request_at_fault')],
    [
      'one that nobody is blamed for moves on',
      { kind: 'error_event', error: { message: '' }, reason: 'bad_request', blame: 'nobody' },
      two,
      next,
    ],
    ['a conversation that is too long looks for a larger context', status(400, 'context_overflow'), two, larger],
    ['also as an error event', errorEvent('context_overflow'), two, larger],
    ['also with the last target', status(400, 'context_overflow'), last, larger],
    ['an error event moves on', errorEvent('overloaded'), two, next],
    ['an HTML page moves on', judged({ kind: 'bad_answer', detail: 'an HTML page' }, 'bad_answer'), two, next],
    ['spent time ends it', status(503, 'overloaded'), { ...two, budgetLeftMs: 0 }, stop('out_of_time')],
    [
      'a second try takes no call from a target that is left',
      status(429, 'rate_limited', 0),
      { ...two, callsLeft: 1 },
      next,
    ],
    ['spent calls end it', status(503, 'overloaded'), { ...two, callsLeft: 0 }, stop('no_calls_left')],
    ['also for a larger context', status(400, 'context_overflow'), { ...two, callsLeft: 0 }, stop('no_calls_left')],
    [
      'a bad request is told even then',
      status(422, 'bad_request'),
      { ...two, budgetLeftMs: -1, callsLeft: 0 },
      stop('request_at_fault'),
    ],
  ])('%s', (_title, outcome, situation, expected) => {
    expect(decideNext(outcome, situation)).toEqual(expected)
  })
})

test.each<[what: string, outcome: Outcome, tookMs: number, expected: boolean]>([
  ['an answer that was no use', judged({ kind: 'bad_answer', detail: 'x' }, 'bad_answer'), 10, true],
  ['an error inside a 200', errorEvent('server_error'), 10, true],
  ['silence', late('headers'), 150_000, true],
  ['an answer that broke', broken, 10, true],
  ['a refused connection', reset, 10, false],
  ['a connection that broke after a minute of silence', reset, 60_000, true],
  ['a 503', status(503, 'overloaded'), 10, false],
  ['a 504 after a minute', status(504, 'timeout'), 60_000, true],
  ['a 429, however late', status(429, 'rate_limited'), 60_000, false],
])('whether %s may have been paid for', (_what, outcome, tookMs, expected) => {
  expect(outcome.kind !== 'answering' && mayHaveGenerated(outcome, tookMs)).toBe(expected)
})
