import { describe, expect, test } from 'vitest'
import { failedAlike, summarizeAttempts } from '../../../src/core/routing/chain-failure.ts'
import { type AttemptReport, blameOf, type Failed, type FailureReason } from '../../../src/core/routing/outcome.ts'

const failed = (reason: FailureReason): Failed => ({
  kind: 'status',
  status: 500,
  error: { message: '' },
  reason,
  blame: blameOf(reason),
})
const report = (reason: FailureReason, retryAfterMs?: number): AttemptReport => ({
  target: 'huggingface/a/b',
  reason,
  message: `it said ${reason}`,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
})

test.each<[what: string, reasons: FailureReason[], expected: boolean]>([
  ['two with one reason', ['timeout', 'timeout'], true],
  ['three with one reason', ['upstream_auth', 'upstream_auth', 'upstream_auth'], true],
  ['two with two', ['timeout', 'server_error'], false],
  ['one alone, which tells of its target', ['timeout'], false],
  ['none', [], false],
])('targets that fail alike: %s', (_what, reasons, expected) => {
  expect(failedAlike(reasons.map(failed))).toBe(expected)
})

describe('what the client is told', () => {
  test.each<[what: string, attempts: AttemptReport[], expected: object]>([
    [
      'too long',
      [report('context_overflow'), report('model_not_found')],
      { kind: 'context_overflow', message: 'it said context_overflow' },
    ],
    [
      'too long for one, the other busy',
      [report('overloaded'), report('context_overflow')],
      { kind: 'all_attempts_failed' },
    ],
    [
      'too long for one, no credit with the other',
      [report('context_overflow'), report('billing')],
      { kind: 'all_attempts_failed' },
    ],
    [
      'too long for one, a bad token with the other',
      [report('upstream_auth'), report('context_overflow')],
      { kind: 'all_attempts_failed' },
    ],
    ['a time that each names', [report('rate_limited', 5_000), report('overloaded', 2_000)], { retryAfterMs: 2_000 }],
  ])('%s', (_what, attempts, expected) => {
    expect(summarizeAttempts(attempts)).toMatchObject(expected)
  })

  test('is no time that only some name', () => {
    expect(summarizeAttempts([report('rate_limited', 5_000), report('overloaded')])).not.toHaveProperty('retryAfterMs')
  })
})
