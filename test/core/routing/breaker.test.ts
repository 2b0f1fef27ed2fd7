import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterFailure,
  afterNoVerdict,
  afterProbe,
  afterSuccess,
  breakerState,
  endOfAttempt,
  type FailureWeight,
  HEALTHY,
  preferHealthy,
  type TargetHealth,
  withoutFailure,
} from '../../../src/core/routing/breaker.ts'
import { blameOf, CLIENT_GONE, type Failed, type FailureReason } from '../../../src/core/routing/outcome.ts'

const T = 1_000_000_000
const judged = (reason: FailureReason): Failed => ({
  kind: 'status',
  status: 400,
  error: { message: '' },
  reason,
  blame: blameOf(reason),
})
const late: Failed = { kind: 'timeout', phase: 'headers', reason: 'timeout', blame: 'target' }

const WEIGHTS: Readonly<Record<string, FailureWeight>> = { x: 'full', y: 'full', h: 'half', r: 'rate' }

/** One failure: `x` and `y` of two callers, `h` a late JSON answer, `r` a rate limit. */
const fail = (before: TargetHealth, at: number, event = 'x', minCallers = 1) => {
  const sample = { by: event === 'y' ? 'second' : 'first', failure: WEIGHTS[event] ?? 'full' }
  return afterFailure(before, at, { sample, reason: 'overloaded' }, minCallers)
}

/** Lives through `events` a millisecond apart: `.` is a success, a letter a failure. */
function after(events: string, from = HEALTHY, startAt = T, minCallers = 1): TargetHealth {
  let health = from
  for (const [index, event] of [...events].entries()) {
    const at = startAt + index
    health = event === '.' ? afterSuccess(health, at, 'first') : fail(health, at, event, minCallers)
  }
  return health
}

describe('a breaker opens', () => {
  test.each<[title: string, events: string, state: string]>([
    ['after five failures in a row', 'xxxxx', 'open'],
    ['not after four', 'xxxx', 'closed'],
    ['not where a success came between', 'xxxx.xxxx', 'closed'],
    ['where half of ten failed, none five times in a row', '.x.x.x.x.x', 'open'],
    ['not where half of nine failed', 'x.x.x.x.x', 'closed'],
    ['not where less than half failed', '..x..x..x..x..x..x..', 'closed'],
    ['not for failures that twenty outcomes have pushed out', 'xxxx.xxxx...................x', 'closed'],
    ['not after nine JSON answers that took too long', 'hhhhhhhhh', 'closed'],
    ['after ten of them', 'hhhhhhhhhh', 'open'],
    ['after a rate limit only by how often', 'rrrrrrrrr', 'closed'],
    ['after ten rate limits', 'rrrrrrrrrr', 'open'],
    ['not for rate limits between answers', 'r..r..r..r..r..r..r.', 'closed'],
  ])('%s', (_title, events, state) => {
    expect(breakerState(after(events), T + events.length)).toBe(state)
  })
})

describe('an open breaker', () => {
  const open = after('xxxxx')
  const openUntil = T + 4 + 10_000

  test('stays open for ten seconds, then lets one probe through', () => {
    expect(breakerState(open, openUntil - 1)).toBe('open')
    expect(breakerState(open, openUntil)).toBe('half_open')
    expect(breakerState(afterProbe(open, openUntil), openUntil + 1)).toBe('probing')
  })

  test('closes when the probe succeeds, and has forgotten what was', () => {
    const closed = afterSuccess(afterProbe(open, openUntil), openUntil + 5, 'first')
    expect(breakerState(closed, openUntil + 5)).toBe('closed')
    expect(breakerState(after('xxxx', closed, openUntil + 6), openUntil + 10)).toBe('closed')
  })

  test('stays open twice as long each time the probe fails, up to two minutes', () => {
    let health = open
    let at = openUntil
    for (const seconds of [20, 40, 80, 120, 120]) {
      health = fail(afterProbe(health, at), at)
      expect(health.openUntil).toBe(at + seconds * 1_000)
      at += seconds * 1_000
    }
  })

  test('is not kept open by failures that were under way when it opened', () => {
    const later = after('x'.repeat(100), open, T + 5)
    expect(later.openUntil).toBe(openUntil)
    expect(later.timesOpened).toBe(1)
  })

  test('lets another probe through when the first never reports', () => {
    const probing = afterProbe(open, openUntil)
    expect(breakerState(probing, openUntil + 29_999)).toBe('probing')
    expect(breakerState(probing, openUntil + 30_000)).toBe('half_open')
  })

  test('gets its probe back when nothing was learnt by it', () => {
    const probing = afterProbe(open, openUntil)
    expect(breakerState(afterNoVerdict(probing), openUntil + 1)).toBe('half_open')
  })

  test('begins anew after five quiet minutes', () => {
    const at = T + 4 + 300_001
    expect(breakerState(fail(open, at), at)).toBe('closed')
    expect(fail(open, at).consecutiveFailures).toBe(1)
  })

  test('remembers why', () => {
    expect(open.lastReason).toBe('overloaded')
  })
})

describe('a breaker that it takes two callers to open', () => {
  test.each<[title: string, events: string, state: string]>([
    ['stays closed for whatever one caller does', 'x'.repeat(30), 'closed'],
    ['opens for five failures of two', 'xxxyx', 'open'],
    ['opens with the first failure of a second', 'xxxxxxxxy', 'open'],
    ['stays closed where the second caller was answered', 'xxxx.xxxx', 'closed'],
    [
      'forgets a second caller whom twenty outcomes have pushed out',
      `y${'x'.repeat(3)}.${'.x'.repeat(5)}${'.'.repeat(10)}xxxx`,
      'closed',
    ],
  ])('%s', (_title, events, state) => {
    expect(breakerState(after(events, HEALTHY, T, 2), T + events.length)).toBe(state)
  })
})

test('a breaker that two opened is not kept shut by one of them who always comes first', () => {
  const open = after('xxxyx', HEALTHY, T, 2)
  const openUntil = open.openUntil ?? 0
  const probed = fail(afterProbe(open, openUntil), openUntil, 'x', 2)
  expect(breakerState(probed, openUntil)).toBe('half_open')
  const other = fail(afterProbe(probed, openUntil + 1), openUntil + 1, 'y', 2)
  expect(breakerState(other, openUntil + 1)).toBe('open')
})

describe('a failure that turned out to say nothing', () => {
  test('is taken out, and a breaker that it opened is closed as it was', () => {
    const before = after('xxxx')
    const opened = fail(before, T + 5)
    const [sample] = opened.recent.slice(-1)
    if (!sample) throw new Error('a failure was remembered')
    const healed = withoutFailure(opened, sample, before)
    expect(breakerState(opened, T + 6)).toBe('open')
    expect(breakerState(healed, T + 6)).toBe('closed')
    expect(healed).toMatchObject({ consecutiveFailures: 4, timesOpened: 0 })
  })

  test('leaves alone what came after it', () => {
    const before = after('xx')
    const failed = fail(before, T + 3)
    const [sample] = failed.recent.slice(-1)
    if (!sample) throw new Error('a failure was remembered')
    expect(withoutFailure(after('xx', failed, T + 4), sample, before).consecutiveFailures).toBe(4)
    expect(withoutFailure(after('.x', failed, T + 4), sample, before).consecutiveFailures).toBe(1)
    const opened = after('xx', failed, T + 4)
    expect(breakerState(withoutFailure(opened, sample, before), T + 6)).toBe('open')
  })
})

test.each<[what: string, failed: Failed, stream: boolean, expected: unknown]>([
  ['a request at fault', judged('bad_request'), true, { kind: 'no_verdict' }],
  ['a client that left', CLIENT_GONE, true, { kind: 'no_verdict' }],
  ['a legal block', judged('legally_blocked'), true, { kind: 'no_verdict' }],
  ['a rate limit', judged('rate_limited'), true, { kind: 'failure', weight: 'rate' }],
  ['a dead stream', late, true, { kind: 'failure', weight: 'full' }],
  ['a late JSON answer', late, false, { kind: 'failure', weight: 'half' }],
  ['a refused connection', judged('unreachable'), false, { kind: 'failure', weight: 'full', reason: 'unreachable' }],
])('%s says so much of its target', (_what, failed, stream, expected) => {
  expect(endOfAttempt(failed, { stream, isSilence: false })).toMatchObject(expected as object)
})

describe('who is tried', () => {
  const open = (seconds: number): TargetHealth => ({ ...after('xxxxx'), openUntil: T + seconds * 1_000 })
  const probing = { ...open(-1), probeAt: T - 1 }
  test.each<[title: string, healths: Record<string, TargetHealth>, order: string[]]>([
    ['the healthy, as they were given', { a: HEALTHY, b: HEALTHY }, ['a', 'b']],
    ['not one that is open', { a: open(5), b: HEALTHY }, ['b']],
    ['one that is half open', { a: open(-1), b: HEALTHY }, ['a', 'b']],
    ['not one that is being probed', { a: probing, b: HEALTHY }, ['b']],
    ['of those that are all open, the one that opens again first', { a: open(9), b: open(5), c: open(7) }, ['b']],
    ['one that is being probed before one that is open', { a: open(9), b: probing }, ['b']],
    ['nobody of nobody', {}, []],
  ])('%s', (_title, healths, order) => {
    const healthOf = (name: string) => healths[name] ?? HEALTHY
    expect(preferHealthy(Object.keys(healths), healthOf, T)).toEqual(order)
  })
})

test('whatever happens, memory stays small, somebody is tried, and no breaker is open for more than two minutes', () => {
  const event = fc.tuple(fc.constantFrom('fail', 'succeed', 'probe'), fc.nat({ max: 400_000 }))
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), (events) => {
      let health = HEALTHY
      let at = T
      for (const [what, ms] of events) {
        at += ms
        if (what === 'fail') health = fail(health, at)
        if (what === 'succeed') health = afterSuccess(health, at, 'first')
        if (what === 'probe' && breakerState(health, at) === 'half_open') health = afterProbe(health, at)
        expect(health.recent.length).toBeLessThanOrEqual(20)
        expect((health.openUntil ?? at) - at).toBeLessThanOrEqual(120_000)
        expect(preferHealthy(['one'], () => health, at)).toEqual(['one'])
      }
    }),
    { seed: 6 },
  )
})
