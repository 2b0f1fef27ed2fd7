import { useState } from 'preact/hooks'
import type { ProjectList, UsageDimension, UsageReport } from '../../wire/admin/usage.ts'
import { call } from '../api.ts'
import { count, money, percent, quantiles } from '../format.ts'
import { Choice } from '../parts/fields.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { useLoad } from '../parts/use-load.ts'
import { Budgets } from './budgets.tsx'
import { Groups } from './groups.tsx'
import { MEASURES, type Measure, Over } from './over-time.tsx'
import { courseOf, usagePath } from './range.ts'
import { Wrong } from './wrong.tsx'

const RANGES = [
  ['1', 'This hour'],
  ['24', 'The last day'],
  ['168', 'The last week'],
  ['720', 'The last 30 days'],
] as const
const GROUPS = ['project', 'key', 'model', 'provider'] as const satisfies readonly UsageDimension[]
/** What it costs, what failed, and what is wrong now. */
export function Overview() {
  const [hours, setHours] = useState<(typeof RANGES)[number][0]>('168')
  const [group, setGroup] = useState<(typeof GROUPS)[number]>('model')
  const [measure, setMeasure] = useState<Measure>('requests')
  const [turn, setTurn] = useState(0)
  const course = courseOf(Number(hours))
  const usage = (of: number, by: readonly UsageDimension[]) => (signal: AbortSignal) =>
    call<UsageReport>(usagePath(of, Date.now(), by), { signal })
  const total = useLoad(`total ${hours}`, usage(Number(hours), []))
  const drawn = useLoad(`course ${course.step} ${course.hours}`, usage(course.hours, [course.step]))
  const grouped = useLoad(`by ${group} ${hours}`, usage(Number(hours), [group]))
  const projects = useLoad('projects', (signal) => call<ProjectList>('/admin/projects', { signal }))
  const refresh = () => {
    for (const { reload } of [total, drawn, grouped, projects]) reload()
    setTurn(turn + 1)
  }
  return (
    <>
      <Wrong projects={projects.data?.projects ?? []} turn={turn} />
      <div class="bar">
        <Choice label="Time" value={hours} options={RANGES} onChange={setHours} />
        <Choice label="Chart" value={measure} options={MEASURES} onChange={setMeasure} />
        <button type="button" onClick={refresh}>
          Refresh
        </button>
      </div>
      <Loaded load={total} what="usage">
        {(report) => (report.total.requests === 0 ? <Beginning /> : <Sums report={report} />)}
      </Loaded>
      <Loaded load={drawn} what="the course">
        {(report) =>
          report.total.requests > 0 && (
            <>
              <p class="hint">
                By the {course.step}
                {course.hours > Number(hours) && ', over the last day'}
              </p>
              <Over report={report} step={course.step} measure={measure} />
            </>
          )
        }
      </Loaded>
      <h2>Who and what</h2>
      <div class="bar">
        <Choice label="By" value={group} options={GROUPS.map((one) => [one, one] as const)} onChange={setGroup} />
      </div>
      <Loaded load={grouped} what="usage">
        {(report) => <Groups report={report} group={group} />}
      </Loaded>
      <Budgets load={projects} />
    </>
  )
}

function Beginning() {
  return (
    <Empty>
      <p>Nothing was asked in this time. Three ways to begin:</p>
      <ul>
        <li>
          <a href="#/playground">Ask something in the playground</a>
        </li>
        <li>
          <a href="#/keys">Make a key</a> for yourself or a colleague
        </li>
        <li>
          <a href="#/configuration">Give models names</a> in the configuration
        </li>
      </ul>
    </Empty>
  )
}

function Sums({ report }: { report: UsageReport }) {
  const { total, unbooked, untimed } = report
  return (
    <>
      <dl class="tiles">
        <Tile name="Requests" value={count(total.requests)} />
        <Tile name="Failed" value={`${count(total.failed)} (${percent(total.failed, total.requests)})`} />
        <Tile name="Cost" value={money(total.costNanoUsd)} />
        <Tile name="Tokens in" value={count(total.promptTokens)} />
        <Tile name="Tokens out" value={count(total.completionTokens)} />
        <Tile name="First token, about: p50 / p95" value={quantiles(total.firstTokenMs)} />
        <Tile name="Whole answer, about: p50 / p95" value={quantiles(total.durationMs)} />
      </dl>
      {(total.unpriced > 0 || total.estimated > 0 || unbooked > 0 || untimed) && (
        <p class="hint">
          {total.unpriced > 0 && `${count(total.unpriced)} requests have no known price. `}
          {total.estimated > 0 && `Tokens of ${count(total.estimated)} were counted from bytes. `}
          {unbooked > 0 && `${count(unbooked)} could not be booked. `}
          {untimed && 'First tokens and durations are told of a shorter time.'}
        </p>
      )}
    </>
  )
}

function Tile({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
