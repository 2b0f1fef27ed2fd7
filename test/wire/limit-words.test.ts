import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/core/failure.ts'
import { describeThrown } from '../../src/wire/failure-words.ts'
import type { LimitFailure } from '../../src/wire/limit-words.ts'

const KEY = { kind: 'key', id: 'k_1', name: 'laptop' } as const
const wordsOf = (failure: LimitFailure) => describeThrown(new GatewayError(failure))

/** How OpenClaw's forks and predecessors classify: by the text alone, the first row that fits. From their own source. */
const CLASSIFIER: readonly (readonly [kind: string, words: RegExp])[] = [
  ['rate_limit', /rate limit|too many requests|429|quota exceeded|usage limit/i],
  ['overloaded', /overloaded|service unavailable|high demand/i],
  ['billing', /payment required|insufficient credits|credit balance|insufficient balance|http 402/i],
  ['auth', /unauthorized|forbidden|invalid api key|401|403|expired/i],
  ['model_not_found', /model_not_found|model not found|does not exist.*model|model.*does not exist/i],
]
const classify = (text: string) => CLASSIFIER.find(([, words]) => words.test(text))?.[0]

describe('a gateway that reads the message alone does the right thing', () => {
  test.each<[failure: LimitFailure, kind: string]>([
    [{ kind: 'quota_exceeded', owner: KEY, limitUsd: 5, per: 'day', resetsAt: Date.UTC(2026, 10, 28) }, 'billing'],
    [{ kind: 'rate_limited', owner: KEY, what: 'requests', retryAfterMs: 1_000 }, 'rate_limit'],
    [{ kind: 'rate_limited', owner: KEY, what: 'held', retryAfterMs: 1_000 }, 'rate_limit'],
    [{ kind: 'model_not_allowed', model: 'a/b', owner: KEY, allowed: ['c/*'] }, 'model_not_found'],
    [{ kind: 'ledger_unavailable', reason: 'no_answer' }, 'overloaded'],
  ])('%o is %s', (failure, kind) => {
    expect(classify(wordsOf(failure).message)).toBe(kind)
  })
})

describe('a refusal says what to do', () => {
  test('whose budget it is, and when it resets', () => {
    const resetsAt = Date.UTC(2026, 10, 28)
    const { message } = wordsOf({ kind: 'quota_exceeded', owner: KEY, limitUsd: 5, per: 'day', resetsAt })
    expect(message).toContain('the budget of the key "laptop" (5 USD a day)')
    expect(message).toContain('resets at 2026-11-28T00:00:00.000Z')
  })

  test('a budget in total does not reset', () => {
    const { message } = wordsOf({ kind: 'quota_exceeded', owner: KEY, limitUsd: 5, per: 'total' })
    expect(message).toContain('It does not reset')
  })

  test('what may be used instead', () => {
    const { message } = wordsOf({ kind: 'model_not_allowed', model: 'a/b', owner: KEY, allowed: ['fast', 'c/*'] })
    expect(message).toContain('It may use: fast, c/*.')
  })

  test('which model was asked for, as text that does no harm to a terminal', () => {
    const { message } = wordsOf({ kind: 'model_not_allowed', model: 'a/b\u001b[2J', owner: KEY, allowed: ['c/*'] })
    expect(message).toMatch(/^The model "a\/b\?\[2J" does not exist for the key "laptop"/)
  })

  test('how a model gets a price', () => {
    expect(wordsOf({ kind: 'unpriced_model', models: ['a/b'] }).message).toContain('cost: { input, output }')
  })

  test('a deployment without a ledger says so', () => {
    expect(wordsOf({ kind: 'ledger_unavailable', reason: 'no_binding' }).message).toContain('deploy it again')
  })
})

describe('the headers of a wait', () => {
  const headersOf = (retryAfterMs: number) =>
    wordsOf({ kind: 'rate_limited', owner: KEY, what: 'requests', retryAfterMs }).headers

  test('a short one may be waited for', () => {
    const headers = { 'retry-after': '2', 'retry-after-ms': '1200', 'x-should-retry': 'true' }
    expect(headersOf(1_200)).toEqual(headers)
  })

  test('a long one is not repeated by an SDK', () => {
    expect(headersOf(61_000)).toEqual({ 'retry-after': '61', 'retry-after-ms': '61000' })
  })

  test('is never zero', () => {
    expect(headersOf(0)).toMatchObject({ 'retry-after': '1', 'retry-after-ms': '1' })
  })
})
