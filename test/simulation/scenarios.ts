import { createRandom } from '../matrix/random.ts'
import type { Rule, Scenario } from './world.ts'

const CALM = { crash: 0, ending: 0, loss: 0, repeat: 0, longestMs: 30_000, reserve: 100_000 }
const CENT = 10_000_000

/** A run in which budgets run out, isolates die, and calls are lost and heard twice; the seed decides how much of each. */
export function roughScenario(seed: number, rule: Rule): Scenario {
  const random = createRandom(seed)
  const between = (low: number, high: number) => Math.round(low + (high - low) * random())
  const keys = between(1, 6)
  const both = between(0, 2)
  return {
    seed,
    rule,
    isolates: between(2, 60),
    requestsPerSecond: between(4, 30),
    seconds: 150,
    keys,
    ...(both !== 1 && { projectBudget: between(1, 6) * CENT }),
    ...(both !== 0 && { keyBudget: between(1, 3) * CENT }),
    crash: 0.05 * random(),
    loss: 0.03 * random(),
    repeat: 0.05 * random(),
    longestMs: between(5, 40) * 1_000,
    reserve: between(20, 400) * 1_000,
    ending: 0.2 * random(),
  }
}

/** Budgets that are far away: how often a request waits, and how often the object is called. */
export function quietScenario(isolates: number, requestsPerSecond: number, seconds: number): Scenario {
  const budget = 1_000_000 * CENT
  const budgets = { projectBudget: budget, keyBudget: budget }
  return { seed: 1, rule: 'ours', isolates, requestsPerSecond, seconds, keys: 1, ...budgets, ...CALM }
}

/** More than a rate and a number of slots allow. */
export function crowdedScenario(seed: number): Scenario {
  const limits = { requestsPerMinute: 240, concurrent: 12 }
  return {
    seed,
    rule: 'ours',
    isolates: 8,
    requestsPerSecond: 12,
    seconds: 240,
    keys: 2,
    limits,
    ...CALM,
    crash: 0.005,
  }
}
