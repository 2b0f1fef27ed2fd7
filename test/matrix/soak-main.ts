import { parseArgs } from 'node:util'
import { exitOnSignals } from '../support/exit-on-signals.ts'
import { memoryGrowth, soak } from './soak.ts'

const USAGE = 'npm run soak -- [--requests N] [--seed N]'
const MIB = 1024 * 1024
/** Resident memory may grow by this factor from the second quarter of the run to the last. */
const MAX_GROWTH = 1.25

/** Ten thousand requests, a hundred at a time, 30 % of the attempts faulty. */
async function main(): Promise<void> {
  exitOnSignals()
  const { values } = parseArgs({
    options: { requests: { type: 'string', default: '10000' }, seed: { type: 'string', default: '20261124' } },
  })
  const requests = Number(values.requests)
  const seed = Number(values.seed)
  const onProgress = (done: number) => console.error(`${done} of ${requests}`)
  const report = await soak({ requests, atOnce: 100, faulty: 0.3, seed, onProgress })
  const growth = memoryGrowth(report.memory)
  const most = Math.max(0, ...report.memory)
  console.log(
    `${report.whole} of ${requests} answers whole in ${(report.durationMs / 1_000).toFixed(1)} s (seed ${seed})`,
  )
  console.log(`${report.faultyAttempts} of ${report.attempts} attempts faulty, those at the last fallbacks not counted`)
  console.log(`${report.leftOpen} upstream calls left open`)
  console.log(
    growth === undefined
      ? 'memory: not known on this system'
      : `memory of workerd: at most ${Math.round(most / MIB)} MiB, last quarter over second quarter ${growth.toFixed(2)}`,
  )
  for (const problem of report.problems.slice(0, 50)) console.error(`NOT WHOLE ${problem}`)
  const isFlat = growth === undefined || growth <= MAX_GROWTH
  if (!isFlat) console.error(`memory grew by more than ${MAX_GROWTH}`)
  process.exitCode = report.whole === requests && report.leftOpen === 0 && isFlat ? 0 : 1
}

main().catch((error: unknown) => {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  process.exitCode = 2
})
