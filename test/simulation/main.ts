import { parseArgs } from 'node:util'
import { crowdedScenario, quietScenario, roughScenario } from './scenarios.ts'
import { type Outcome, play, type Rule } from './world.ts'

const USAGE = 'npm run simulate -- [--runs N] [--seed N]'

/** Budgets, rates and leases in virtual time: a minute of this machine for hours of many isolates. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '20' }, seed: { type: 'string', default: '20261127' } },
  })
  const [runs, seed] = [Number(values.runs), Number(values.seed)]
  if (!Number.isInteger(runs) || !Number.isInteger(seed)) {
    console.error(USAGE)
    return 2
  }
  const ours = await playRough('ours', runs, seed)
  const wrong: readonly Rule[] = ['returns_what_was_lost', 'waits_for_the_lease_alone']
  let isCaught = true
  for (const rule of wrong) isCaught = (await playRough(rule, Math.ceil(runs / 5), seed)) > 0 && isCaught
  const crowded = await play(crowdedScenario(seed))
  console.log(
    `\nrate: at most ${crowded.rateOvershoot.toFixed(2)} x its limit in the worst minute (2: bucket and refill)`,
  )
  console.log(`at once: at most ${crowded.slotOvershoot.toFixed(2)} x the limit`)
  await playQuiet()
  const isGood = ours === 0 && isCaught && crowded.rateOvershoot <= 2.2 && crowded.slotOvershoot <= 1
  console.log(isGood ? '\nno budget was overshot, and both wrong rules were caught' : '\nFAILED')
  return isGood ? 0 : 1
}

/** @returns The worst overshoot, as a part of its budget. */
async function playRough(rule: Rule, runs: number, seed: number): Promise<number> {
  const sum = { requests: 0, served: 0, crashes: 0, calls: 0, accounts: 0 }
  let worst = 0
  let overshot = 0
  for (let run = 0; run < runs; run++) {
    const outcome: Outcome = await play(roughScenario(seed + run, rule))
    if (!outcome.isLedgerTrue) throw new Error(`seed ${seed + run}: the ledger has more than was spent`)
    if (outcome.lost > 0) throw new Error(`seed ${seed + run}: ${outcome.lost} records were lost by isolates that live`)
    for (const key of ['requests', 'served', 'crashes', 'calls', 'accounts'] as const) sum[key] += outcome[key]
    worst = Math.max(worst, outcome.overshoot)
    if (outcome.overshoot > 0) overshot += 1
  }
  const percent = (worst * 100).toFixed(1)
  console.log(
    `${rule}: ${runs} runs, ${sum.requests} requests, ${sum.served} served, ${sum.crashes} crashes, ` +
      `${sum.accounts} budgets; overshot in ${overshot} runs, by ${percent} % at worst`,
  )
  return worst
}

async function playQuiet(): Promise<void> {
  console.log('\nrequests a second, isolates, waited for a call, calls of the object a second')
  const rows = [
    [1, 1, 600],
    [10, 4, 120],
    [100, 30, 60],
    [1_000, 100, 10],
    [1_000, 300, 10],
    [10_000, 300, 4],
    [10_000, 2_000, 4],
  ] as const
  for (const [perSecond, isolates, seconds] of rows) {
    const { waited, served, calls } = await play(quietScenario(isolates, perSecond, seconds))
    const waits = `${((waited / served) * 100).toFixed(1)} %`
    console.log(
      [perSecond, isolates, waits, (calls / seconds).toFixed(1)].map((cell) => String(cell).padStart(8)).join(''),
    )
  }
}

process.exitCode = await main()
