import { parseArgs } from 'node:util'
import { exitOnSignals } from '../support/exit-on-signals.ts'
import { startGateway } from '../support/start-gateway.ts'
import { ATTACKS, type Attack } from './attacks.ts'
import { startScriptedUpstream } from './scripted-upstream.ts'
import { type Cost, watchWorker } from './watch-worker.ts'

const USAGE = 'npm run stress -- [--only TEXT]'

/** Times so short that what they end can be watched, and bodies so large that a bomb is looked into. */
const CONFIG = {
  agents: { defaults: { model: 'a/b' } },
  hugway: {
    maxBodyBytes: 20 * 1024 * 1024,
    timeouts: { headersMs: 60_000, firstTokenMs: 60_000, idleMs: 5_000, totalMs: 20_000 },
  },
}

/** Attacks what would be deployed, in a fresh bare workerd each time, and prints what every other client felt of it. */
async function main(): Promise<void> {
  exitOnSignals()
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
  console.log('| attack | deaf, ms | peak, MiB (before) | CPU, ms | what came |\n| --- | --- | --- | --- | --- |')
  for (const attack of ATTACKS.filter(({ name }) => name.includes(values.only))) {
    const [cost, came] = await play(attack)
    console.log(toRow(attack, cost, came))
  }
}

async function play(attack: Attack): Promise<[Cost, string]> {
  const upstream = await startScriptedUpstream()
  const gateway = await startGateway({ upstreamUrl: upstream.url, config: CONFIG })
  try {
    return await watchWorker(gateway.url, gateway.pid, () => attack.run(gateway, upstream))
  } finally {
    await gateway.close()
    await upstream.close()
  }
}

function toRow({ name }: Attack, { deafMs, peakMib, beforeMib, cpuMs }: Cost, came: string): string {
  return `| ${name} | ${Math.round(deafMs)} | ${peakMib} (${beforeMib}) | ${Math.round(cpuMs)} | ${came} |`
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(`${error instanceof Error ? error.stack : String(error)}\n${USAGE}`)
    process.exitCode = 2
  },
)
