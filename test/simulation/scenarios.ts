import { createRandom } from '../matrix/random.ts'
import type { Children, Rule, Scenario } from './scenario.ts'

const CALM = { crash: 0, ending: 0, loss: 0, repeat: 0, longestMs: 30_000, reserve: 100_000 }
const CENT = 10_000_000
const NEAR_MS = 32
const FAR_MS = 120

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
    warmUpSeconds: 0,
    keys,
    ...(both !== 1 && { projectBudget: between(1, 6) * CENT }),
    ...(both !== 0 && { keyBudget: between(1, 3) * CENT }),
    crash: 0.05 * random(),
    loss: 0.03 * random(),
    repeat: 0.05 * random(),
    awayMs: NEAR_MS,
    longestMs: between(5, 40) * 1_000,
    reserve: between(20, 400) * 1_000,
    ending: 0.2 * random(),
  }
}

/** The same with children, which begin anew in the middle; in every second run some lose their storage as well. */
export function roughChildrenScenario(seed: number, rule: Rule): Scenario {
  const random = createRandom(seed)
  const children: Children = {
    count: 2 + Math.floor(5 * random()),
    restartsAMinute: 1 + Math.floor(5 * random()),
    lossesAMinute: seed % 2 === 0 ? 1 + Math.floor(2 * random()) : 0,
  }
  const rough = roughScenario(seed, rule)
  // Two levels divide what is left twice, so requests are smaller; and what is lost at the root is so within the run.
  const smaller = { reserve: Math.ceil(rough.reserve / 4), longestMs: rough.longestMs / 2 }
  return { ...rough, ...smaller, seconds: 240, awayMs: FAR_MS, children }
}

export type Load = {
  readonly requestsPerSecond: number
  readonly isolates: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly children?: number
}

/** Budgets that are far away: how often a request waits, and how often objects are called. */
export function quietScenario({ children, ...load }: Load): Scenario {
  const budget = 1_000_000 * CENT
  return {
    seed: 1,
    rule: 'ours',
    ...load,
    keys: 1,
    projectBudget: budget,
    keyBudget: budget,
    ...CALM,
    awayMs: children === undefined ? NEAR_MS : FAR_MS,
    ...(children !== undefined && { children: { count: children, restartsAMinute: 0, lossesAMinute: 0 } }),
  }
}

/** More than a budget holds, and nothing that fails: how much of it can be used. */
export function scarceScenario(seed: number, children?: number): Scenario {
  return {
    seed,
    rule: 'ours',
    isolates: 30,
    requestsPerSecond: 30,
    seconds: 150,
    warmUpSeconds: 0,
    keys: 1,
    projectBudget: 5 * CENT,
    ...CALM,
    awayMs: FAR_MS,
    ...(children !== undefined && { children: { count: children, restartsAMinute: 0, lossesAMinute: 0 } }),
  }
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
    warmUpSeconds: 0,
    keys: 2,
    limits,
    ...CALM,
    awayMs: NEAR_MS,
    crash: 0.005,
  }
}
