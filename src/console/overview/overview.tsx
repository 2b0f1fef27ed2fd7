import { useMemo, useState } from 'preact/hooks'
import type { ProjectList, UsageDimension, UsageReport, UsageRequestPage } from '../../wire/admin/usage.ts'
import { call } from '../api.ts'
import { count, duration, money, percent, quantile } from '../format.ts'
import { Choice } from '../parts/fields.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { type Load, useLoad } from '../parts/use-load.ts'
import { Budgets } from './budgets.tsx'
import { Groups } from './groups.tsx'
import { type Measure, Over } from './over-time.tsx'
import { usagePath } from './range.ts'
import { Wrong } from './wrong.tsx'

const RANGES = [
  ['1', 'The last hour'],
  ['24', 'The last day'],
  ['168', 'The last week'],
  ['720', 'The last 30 days'],
] as const
const GROUPS = ['project', 'key', 'model', 'provider'] as const satisfies readonly UsageDimension[]
const MEASURES: readonly (readonly [Measure, string])[] = [
  ['requests', 'Requests and failures'],
  ['cost', 'Cost'],
  ['tokens', 'Tokens'],
  ['first', 'First token'],
]

/** What it costs, what failed, and what is wrong now. */
export function Overview() {
  const [hours, setHours] = useState<(typeof RANGES)[number][0]>('168')
  const [group, setGroup] = useState<(typeof GROUPS)[number]>('model')
  const [measure, setMeasure] = useState<Measure>('requests')
  const path = (by: readonly UsageDimension[]) => usagePath(Number(hours), Date.now(), by)
  const total = useLoad(`days ${hours}`, (signal) => call<UsageReport>(path(['day']), { signal }))
  const grouped = useLoad(`by ${group} ${hours}`, (signal) => call<UsageReport>(path([group]), { signal }))
  const latest = useLoad('latest', (signal) => call<UsageRequestPage>('/admin/requests?limit=100', { signal }))
  const projects = useLoad('projects', (signal) => call<ProjectList>('/admin/projects', { signal }))
  return (
    <>
      <Wrong projects={projects.data?.projects ?? []} />
      <div class="bar">
        <Choice label="Time" value={hours} options={RANGES} onChange={setHours} />
        <Choice label="Chart" value={measure} options={MEASURES} onChange={setMeasure} />
        <button type="button" onClick={() => [total, grouped, latest, projects].map(({ reload }) => reload())}>
          Refresh
        </button>
      </div>
      <Loaded load={total} what="usage">
        {(report) =>
          report.total.requests === 0 ? <Beginning /> : <Sums report={report} latest={latest} measure={measure} />
        }
      </Loaded>
      <h2>Who and what</h2>
      <div class="bar">
        <Choice
          label="By"
          value={group}
          options={GROUPS.map((one) => [one, `by ${one}`] as const)}
          onChange={setGroup}
        />
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

function Sums({ report, latest, measure }: { report: UsageReport; latest: Load<UsageRequestPage>; measure: Measure }) {
  const { total, unbooked } = report
  const requests = latest.data?.requests
  const firsts = useMemo(() => requests?.flatMap(({ firstTokenMs }) => firstTokenMs ?? []) ?? [], [requests])
  return (
    <>
      <dl class="tiles">
        <Tile name="Requests" value={count(total.requests)} />
        <Tile name="Failed" value={`${count(total.failed)} (${percent(total.failed, total.requests)})`} />
        <Tile name="Cost" value={money(total.costNanoUsd)} />
        <Tile name="Tokens in" value={count(total.promptTokens)} />
        <Tile name="Tokens out" value={count(total.completionTokens)} />
        <Tile
          name={`First token, p50 / p95 of the last ${firsts.length}`}
          value={`${duration(quantile(firsts, 0.5))} / ${duration(quantile(firsts, 0.95))}`}
        />
      </dl>
      {(total.unpriced > 0 || total.estimated > 0 || unbooked > 0) && (
        <p class="hint">
          {total.unpriced > 0 && `${count(total.unpriced)} requests have no known price. `}
          {total.estimated > 0 && `Tokens of ${count(total.estimated)} were counted from bytes. `}
          {unbooked > 0 && `${count(unbooked)} could not be booked.`}
        </p>
      )}
      <Over report={report} requests={requests ?? []} measure={measure} />
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
