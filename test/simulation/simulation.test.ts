import { describe, expect, test } from 'vitest'
import { play } from './play.ts'
import { crowdedScenario, quietScenario, roughChildrenScenario, roughScenario } from './scenarios.ts'

const SEED = 20_261_127

describe('isolates and requests that die, calls that are lost and heard twice, periods that change', () => {
  test('no budget is overshot, and the ledger has what was spent and no more', async () => {
    for (let seed = SEED; seed < SEED + 4; seed++) {
      const outcome = await play(roughScenario(seed, 'ours'))
      expect(outcome.accounts).toBeGreaterThan(0)
      expect(outcome.served).toBeGreaterThan(0)
      expect(outcome.overshoot, `seed ${seed}`).toBe(0)
      expect(outcome.isLedgerTrue, `seed ${seed}`).toBe(true)
      expect(outcome.lost, `seed ${seed}`).toBe(0)
    }
  })

  test.each(['returns_what_was_lost', 'waits_for_the_lease_alone'] as const)('the rule %s is caught', async (rule) => {
    const outcomes = []
    for (let seed = SEED; seed < SEED + 4; seed++) outcomes.push(await play(roughScenario(seed, rule)))
    expect(Math.max(...outcomes.map(({ overshoot }) => overshoot))).toBeGreaterThan(0)
  })

  test('rates and requests at once hold over all isolates', async () => {
    const outcome = await play(crowdedScenario(SEED))
    expect(outcome.refused).toBeGreaterThan(0)
    expect(outcome.slotOvershoot).toBeLessThanOrEqual(1)
    // A bucket of one minute and what flows into it in that minute, and the slices that isolates hold.
    expect(outcome.rateOvershoot).toBeLessThanOrEqual(2.2)
  })
})

describe('children between isolates and the object, which die as well', () => {
  test('no budget is overshot, and the ledger has nothing that was not spent', async () => {
    // Of the first some lose what they had on disk as well.
    for (const seed of [SEED + 1, SEED + 4]) {
      const outcome = await play(roughChildrenScenario(seed, 'ours'))
      expect(outcome.served).toBeGreaterThan(0)
      expect(outcome.restarts).toBeGreaterThan(0)
      expect(outcome.overshoot, `seed ${seed}`).toBe(0)
      expect(outcome.isLedgerTrue, `seed ${seed}`).toBe(true)
    }
  })

  test('a child that lends again what a dead isolate held is caught', async () => {
    const { overshoot } = await play(roughChildrenScenario(SEED, 'child_returns_what_was_lost'))
    expect(overshoot).toBeGreaterThan(0)
  }, 60_000)
})

describe('what a bound costs', () => {
  test('at one request a second at most one in ten waits for a call', async () => {
    const { waitedPart } = await play(
      quietScenario({ requestsPerSecond: 1, isolates: 1, seconds: 600, warmUpSeconds: 0 }),
    )
    expect(waitedPart).toBeLessThan(0.1)
  })

  test('a hundred requests a second are a small part of what an object carries', async () => {
    const load = { requestsPerSecond: 100, isolates: 30, seconds: 30, warmUpSeconds: 0 }
    const { rootCallsPerSecond } = await play(quietScenario(load))
    expect(rootCallsPerSecond).toBeLessThan(60)
  })

  test('children take nearly all calls from the object', async () => {
    const load = { requestsPerSecond: 200, isolates: 60, seconds: 30, warmUpSeconds: 10 }
    const flat = await play(quietScenario(load))
    const { rootCallsPerSecond } = await play(quietScenario({ ...load, children: 4 }))
    expect(rootCallsPerSecond).toBeLessThan(flat.rootCallsPerSecond / 5)
  })
})
