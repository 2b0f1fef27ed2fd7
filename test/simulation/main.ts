import { parseArgs } from 'node:util'
import { play } from './play.ts'
import type { Outcome, Rule, Scenario } from './scenario.ts'
import {
  crowdedScenario,
  type Load,
  quietScenario,
  roughChildrenScenario,
  roughScenario,
  scarceScenario,
} from './scenarios.ts'

const USAGE = 'npm run simulate -- [--runs N] [--seed N]'

/** Budgets, rates and leases in virtual time: two minutes of a machine for hours of many isolates. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '20' }, seed: { type: 'string', default: '20261127' } },
  })
  const [runs, seed] = [Number(values.runs), Number(values.seed)]
  if (!Number.isInteger(runs) || !Number.isInteger(seed)) {
    console.error(USAGE)
    return 2
  }
  const few = Math.ceil(runs / 5)
  const promises = [
    await isKept(roughScenario, runs, seed),
    await isCaught(roughScenario, 'returns_what_was_lost', few, seed),
    await isCaught(roughScenario, 'waits_for_the_lease_alone', few, seed),
    await isKept(roughChildrenScenario, few, seed),
    await isCaught(roughChildrenScenario, 'returns_what_was_lost', few, seed),
    await isCaught(roughChildrenScenario, 'child_returns_what_was_lost', few, seed),
    await areRatesKept(seed),
  ]
  await showScarce(seed)
  await showLoads()
  const isGood = promises.every((one) => one)
  console.log(isGood ? '\nno budget was overshot, and every wrong rule was caught' : '\nFAILED')
  return isGood ? 0 : 1
}

type Rough = (seed: number, rule: Rule) => Scenario

const isKept = async (make: Rough, runs: number, seed: number) => (await playRough(make, 'ours', runs, seed)) === 0

const isCaught = async (make: Rough, rule: Rule, runs: number, seed: number) =>
  (await playRough(make, rule, runs, seed)) > 0

/** @returns The worst overshoot, as a part of its budget. */
async function playRough(make: Rough, rule: Rule, runs: number, seed: number): Promise<number> {
  const sum = { requests: 0, served: 0, crashes: 0, restarts: 0, accounts: 0 }
  let worst = 0
  let overshot = 0
  for (let run = 0; run < runs; run++) {
    const scenario = make(seed + run, rule)
    const outcome: Outcome = await play(scenario)
    if (!outcome.isLedgerTrue) throw new Error(`seed ${seed + run}: the ledger has more than was spent`)
    if (outcome.lost > 0 && !scenario.children?.lossesAMinute) {
      throw new Error(`seed ${seed + run}: ${outcome.lost} records were lost by isolates that live`)
    }
    for (const key of ['requests', 'served', 'crashes', 'restarts', 'accounts'] as const) sum[key] += outcome[key]
    worst = Math.max(worst, outcome.overshoot)
    if (outcome.overshoot > 0) overshot += 1
  }
  const children = sum.restarts > 0 ? `, ${sum.restarts} restarts of children` : ''
  console.log(
    `${children ? 'with children, ' : ''}${rule}: ${runs} runs, ${sum.requests} requests, ${sum.served} served, ` +
      `${sum.crashes} crashes${children}, ${sum.accounts} budgets; overshot in ${overshot} runs, ` +
      `by ${percent(worst)} at worst`,
  )
  return worst
}

async function areRatesKept(seed: number): Promise<boolean> {
  const { rateOvershoot, slotOvershoot } = await play(crowdedScenario(seed))
  console.log(`\nrate: at most ${rateOvershoot.toFixed(2)} x its limit in the worst minute (2: bucket and refill)`)
  console.log(`at once: at most ${slotOvershoot.toFixed(2)} x the limit`)
  return rateOvershoot <= 2.2 && slotOvershoot <= 1
}

/** Two levels hold more that nobody may spend: how much of a budget is used when it is refused. */
async function showScarce(seed: number): Promise<void> {
  const flat = await play(scarceScenario(seed))
  const children = await play(scarceScenario(seed, 4))
  console.log(
    `\nof a budget of 5 cents that 30 isolates ask too much of, ${percent(flat.spentPart)} is spent in the end; ` +
      `with 4 children ${percent(children.spentPart)}`,
  )
}

const LOADS: readonly Load[] = [
  { requestsPerSecond: 1, isolates: 1, seconds: 620, warmUpSeconds: 20 },
  { requestsPerSecond: 10, isolates: 4, seconds: 140, warmUpSeconds: 20 },
  { requestsPerSecond: 100, isolates: 30, seconds: 60, warmUpSeconds: 20 },
  { requestsPerSecond: 1_000, isolates: 100, seconds: 24, warmUpSeconds: 12 },
  { requestsPerSecond: 1_000, isolates: 300, seconds: 24, warmUpSeconds: 12 },
  { requestsPerSecond: 10_000, isolates: 300, seconds: 10, warmUpSeconds: 6 },
  { requestsPerSecond: 10_000, isolates: 2_000, seconds: 9, warmUpSeconds: 5 },
  { requestsPerSecond: 100, isolates: 30, seconds: 60, warmUpSeconds: 20, children: 4 },
  { requestsPerSecond: 1_000, isolates: 300, seconds: 24, warmUpSeconds: 12, children: 4 },
  { requestsPerSecond: 10_000, isolates: 300, seconds: 10, warmUpSeconds: 6, children: 8 },
  { requestsPerSecond: 10_000, isolates: 2_000, seconds: 9, warmUpSeconds: 5, children: 16 },
]

async function showLoads(): Promise<void> {
  console.log("\nafter every isolate's cold start: calls a second of the project's object and of the busiest child;")
  console.log('requests that wait for a call, and how long those do, in milliseconds')
  console.log(row('requests/s', 'isolates', 'children', 'object', 'child', 'wait', 'median', 'p99'))
  for (const load of LOADS) {
    const { rootCallsPerSecond, childCallsPerSecond, waitedPart, waitMs } = await play(quietScenario(load))
    const { requestsPerSecond, isolates, children = 0 } = load
    const calls = [rootCallsPerSecond, childCallsPerSecond].map((one) => one.toFixed(1))
    const waits = [percent(waitedPart), waitMs.median.toFixed(), waitMs.p99.toFixed()]
    console.log(row(requestsPerSecond, isolates, children, ...calls, ...waits))
  }
}

const row = (...cells: readonly (string | number)[]) => cells.map((cell) => String(cell).padStart(11)).join('')
const percent = (part: number) => `${(part * 100).toFixed(1)} %`

process.exitCode = await main()
