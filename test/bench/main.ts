import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../support/build-bundle.ts'
import { writeBetweenMarks } from '../support/write-between-marks.ts'
import { bundleRow } from './bundle.ts'
import { measureLoad } from './cell.ts'
import { type Contender, direct, startBare, startFloor, startHugway, startPortkey } from './contenders.ts'
import { loadAverage } from './measure.ts'
import type { Row } from './rounds.ts'
import { ROW_MAKERS } from './rows.ts'
import { formatTable } from './table.ts'
import { startUpstream, type Upstream } from './upstream.ts'

const USAGE = `npm run bench -- [--quick] [--only TEXT] [--json FILE] [--no-portkey]
  --quick       under a minute, without Portkey; a first impression, not a result
  --only TEXT   the rows whose name contains TEXT; several with | between them
  --json FILE   keeps the figures for machines
  --no-portkey  not Portkey's gateway
  --write       keeps the table in docs/performance.md`
const DOCUMENT = join(ROOT, 'docs', 'performance.md')

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      'no-portkey': { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  const makers = ROW_MAKERS.filter(({ name }) => values.only.split('|').some((text) => name.includes(text)))
  if (makers.length === 0) throw new Error(`no row's name contains "${values.only}"`)
  const machine = { cpu: cpus()[0]?.model, cores: availableParallelism(), loadBefore: loadAverage(), loadAfter: 0 }
  const upstream = await startUpstream()
  const contenders = [await startFloor(upstream.url), await startHugway(upstream.url), await startBare(upstream.url)]
  try {
    const portkey = values.quick || values['no-portkey'] ? undefined : await tryPortkey(upstream)
    if (portkey) contenders.push(portkey)
    const ceiling = await ceilingOf(upstream)
    const rows: Row[] = values.only === '' ? [await bundleRow()] : []
    for (const maker of makers) {
      console.error(`measuring: ${maker.name}`)
      try {
        rows.push(...(await maker.measure({ upstream, contenders, isQuick: values.quick })))
      } catch (error) {
        // Twenty minutes of other rows are not to be lost with it.
        console.error(`not measured: ${maker.name}: ${error instanceof Error ? error.message : String(error)}`)
        process.exitCode = 1
      }
    }
    machine.loadAfter = loadAverage()
    const text = `${formatTable(rows)}\n\n${describe(machine, ceiling)}`
    console.log(text)
    if (values.write) writeBetweenMarks(DOCUMENT, 'bench', text)
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify({ machine, ceiling, rows }, null, 2)}\n`)
  } finally {
    upstream.close()
    await Promise.all(contenders.map((contender) => contender.close()))
  }
}

/** @returns `undefined` where it cannot be installed or started; says why. */
async function tryPortkey(upstream: Upstream): Promise<Contender | undefined> {
  try {
    return await startPortkey(upstream.url)
  } catch (error) {
    console.error(`Portkey's gateway is not measured: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** What the upstream can do at most: its own CPU time for a request and for an event, asked without anyone in between. */
async function ceilingOf(upstream: Upstream): Promise<{ readonly requestUs: number; readonly eventUs: number }> {
  const none = direct(upstream.url, upstream.pid)
  const bodyOf = () => JSON.stringify({ model: 'a/b', messages: [] })
  const whole = await measureLoad(none, { count: 2_000, atOnce: 64, shape: { kind: 'whole' }, bodyOf }, upstream)
  const shape = { kind: 'stream', events: 100, paceMs: 5 } as const
  const stream = await measureLoad(none, { count: 50, atOnce: 50, shape, bodyOf }, upstream)
  return { requestUs: whole.cpuUs, eventUs: stream.cpuUs / shape.events }
}

type Machine = {
  readonly cpu: string | undefined
  readonly cores: number
  readonly loadBefore: number
  readonly loadAfter: number
}

function describe(
  { cpu, cores, loadBefore, loadAfter }: Machine,
  { requestUs, eventUs }: { requestUs: number; eventUs: number },
): string {
  const perSecond = (us: number) => Math.round(1e6 / us).toLocaleString('en-US')
  return [
    `Machine: ${cores} cores (${cpu}), load ${loadBefore.toFixed(1)} before and ${loadAfter.toFixed(1)} after.`,
    `The upstream's ceiling on one core: ${perSecond(requestUs)} requests or ${perSecond(eventUs)} events a second.`,
  ].join('\n')
}

main().catch((error: unknown) => {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  process.exitCode = 1
})
