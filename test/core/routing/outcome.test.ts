import { describe, expect, test } from 'vitest'
import {
  blameOf,
  type Failed,
  type FailureReason,
  type Fault,
  mayHaveWorkedUnseen,
} from '../../../src/core/routing/outcome.ts'

const failed = (fault: Fault, reason: FailureReason = 'server_error'): Failed => ({
  ...fault,
  reason,
  blame: blameOf(reason),
})
const status = (code: number) => failed({ kind: 'status', status: code, error: { message: 'no' } })

describe('whether a whole answer of which nothing came may have been generated, and is paid for', () => {
  test.each<[what: string, outcome: Failed, tookMs: number, expected: boolean]>([
    ['one that ran out of time', failed({ kind: 'timeout', phase: 'headers' }), 300_000, true],
    ['one that broke off on its way', failed({ kind: 'network', beforeHeaders: false }), 10, true],
    ['a connection that broke after a long wait', failed({ kind: 'network', beforeHeaders: true }), 20_000, true],
    ['a gateway that gave up after a long wait', status(504), 60_000, true],
    ['a connection that was refused at once', failed({ kind: 'network', beforeHeaders: true }), 10, false],
    ['a server that failed at once', status(503), 10, false],
    ['a request that was refused, however late', status(429), 60_000, false],
    ['what shows itself what came', failed({ kind: 'bad_answer', detail: 'an empty answer' }), 60_000, false],
    ['a client that left, which is booked by its end', failed({ kind: 'client_gone' }), 60_000, false],
  ])('%s: %o after %i ms is %s', (_what, outcome, tookMs, expected) => {
    expect(mayHaveWorkedUnseen(outcome, false, tookMs)).toBe(expected)
    expect(mayHaveWorkedUnseen(outcome, true, tookMs)).toBe(false)
  })
})
