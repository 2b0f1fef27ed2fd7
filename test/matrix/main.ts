import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../support/build-bundle.ts'
import { exitOnSignals } from '../support/exit-on-signals.ts'
import { writeBetweenMarks } from '../support/write-between-marks.ts'
import { CASES, contextsOf } from './cases.ts'
import { DISCONNECTS, PATIENT_TIMES } from './disconnects.ts'
import { playMatrix, problemLines } from './play-matrix.ts'
import { startPortkey } from './portkey.ts'
import { formatDisconnects, formatLeftOut, formatScorecard, formatTotals, type Scored } from './scorecard.ts'
import { formatStorage, runStorage, STORAGE_CASES, type StorageResult } from './storage.ts'
import { startHugway } from './subject.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './upstream.ts'

const USAGE = `npm run matrix -- [--only TEXT] [--hugway-only] [--no-write]
  --only TEXT     the cases whose id or fault contains TEXT; writes nothing
  --hugway-only   not Portkey's gateway; writes nothing
  --no-write      leaves docs/reliability.md alone`
const DOCUMENT = join(ROOT, 'docs', 'reliability.md')

/** Plays the whole matrix, prints the scorecard, and keeps it in docs/reliability.md. */
async function main(): Promise<void> {
  exitOnSignals()
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      'hugway-only': { type: 'boolean', default: false },
      'no-write': { type: 'boolean', default: false },
    },
  })
  const { only } = values
  const cases = only === undefined ? CASES : CASES.filter(({ id, fault }) => id.includes(only) || fault.includes(only))
  const disconnects =
    only === undefined ? DISCONNECTS : DISCONNECTS.filter(({ id, when }) => id === only || when === only)
  const upstream = await startScriptedUpstream()
  const choice = { upstream, cases, disconnects }
  const hugway = await playHugway(choice)
  const portkey = values['hugway-only'] ? undefined : await playPortkey(choice)
  const storage: StorageResult[] = []
  for (const one of only === undefined ? STORAGE_CASES : []) storage.push(await runStorage(one, upstream.simulator.url))
  await upstream.simulator.close()

  const text = formatAll(portkey ? [hugway, portkey] : [hugway], storage)
  console.log(text)
  const problems = [...problemLines(hugway), ...storage.flatMap((result) => result.problems)]
  for (const line of problems) console.error(`NOT KEPT ${line}`)
  if (only === undefined && !values['hugway-only'] && !values['no-write'])
    writeBetweenMarks(DOCUMENT, 'scorecard', text)
  process.exitCode = problems.length > 0 ? 1 : 0
}

type Choice = { upstream: ScriptedUpstream; cases: typeof CASES; disconnects: typeof DISCONNECTS }

async function playHugway(choice: Choice): Promise<Scored> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string }
  const simulatorUrl = choice.upstream.simulator.url
  const subject = await startHugway({ simulatorUrl, version, contexts: contextsOf() })
  const patient = await startHugway({ simulatorUrl, version, times: PATIENT_TIMES, upstreams: ['simulator'] })
  const scored = await playMatrix({ ...choice, subject, patient, isOurs: true }, progress('hugway'))
  await Promise.all([subject.close(), patient.close()])
  return scored
}

/** @returns `undefined` where it cannot be installed or started; says why. */
async function playPortkey(choice: Choice): Promise<Scored | undefined> {
  try {
    const { subject, patient } = await startPortkey(choice.upstream.simulator.url)
    const scored = await playMatrix({ ...choice, subject, patient, isOurs: false }, progress(subject.name))
    await subject.close()
    return scored
  } catch (error) {
    console.error(`Portkey's gateway was not run: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function progress(name: string) {
  return (done: number, of: number) => console.error(`${name}: ${done} of ${of} cases`)
}

function formatAll(scored: readonly Scored[], storage: readonly StorageResult[]): string {
  return [
    formatTotals(scored),
    formatScorecard(scored),
    '### Clients that leave',
    formatDisconnects(scored),
    '### Storage that fails',
    formatStorage(storage),
    '### Cells that are left out',
    formatLeftOut(),
  ].join('\n\n')
}

main().catch((error: unknown) => {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  process.exitCode = 2
})
