import { describe, expect, test } from 'vitest'
import { crowdedScenario, quietScenario, roughScenario } from './scenarios.ts'
import { play } from './world.ts'

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

describe('what a bound costs', () => {
  test('at one request a second at most one in ten waits for a call', async () => {
    const { waited, served } = await play(quietScenario(1, 1, 600))
    expect(waited / served).toBeLessThan(0.1)
  })

  test('a hundred requests a second are a small part of what an object carries', async () => {
    const { calls } = await play(quietScenario(30, 100, 30))
    expect(calls / 30).toBeLessThan(60)
  })
})
