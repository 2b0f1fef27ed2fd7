import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterFailure,
  afterProbe,
  afterSuccess,
  breakerState,
  HEALTHY,
  preferHealthy,
  type TargetHealth,
} from '../../../src/core/routing/breaker.ts'

const T = 1_000_000_000

/** Lives through `events` a millisecond apart: `x` a failure, `.` a success. */
function after(events: string, from = HEALTHY, startAt = T): TargetHealth {
  let health = from
  for (const [index, event] of [...events].entries()) {
    const at = startAt + index
    health = event === 'x' ? afterFailure(health, at, 'overloaded') : afterSuccess(health, at)
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
    const closed = afterSuccess(afterProbe(open, openUntil), openUntil + 5)
    expect(breakerState(closed, openUntil + 5)).toBe('closed')
    expect(breakerState(after('xxxx', closed, openUntil + 6), openUntil + 10)).toBe('closed')
  })

  test('stays open twice as long each time the probe fails, up to two minutes', () => {
    let health = open
    let at = openUntil
    for (const seconds of [20, 40, 80, 120, 120]) {
      health = afterFailure(afterProbe(health, at), at, 'overloaded')
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

  test('begins anew after five quiet minutes', () => {
    const at = T + 4 + 300_001
    expect(breakerState(afterFailure(open, at, 'x'), at)).toBe('closed')
    expect(afterFailure(open, at, 'x').consecutiveFailures).toBe(1)
  })

  test('remembers why', () => {
    expect(open.lastReason).toBe('overloaded')
  })
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
        if (what === 'fail') health = afterFailure(health, at, 'x')
        if (what === 'succeed') health = afterSuccess(health, at)
        if (what === 'probe' && breakerState(health, at) === 'half_open') health = afterProbe(health, at)
        expect(health.recent.length).toBeLessThanOrEqual(20)
        expect((health.openUntil ?? at) - at).toBeLessThanOrEqual(120_000)
        expect(preferHealthy(['one'], () => health, at)).toEqual(['one'])
      }
    }),
    { seed: 6 },
  )
})
