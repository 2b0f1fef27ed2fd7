import { useMemo } from 'preact/hooks'
import type { UsageReport, UsageRequest } from '../../wire/admin/usage.ts'
import { count, duration, usd } from '../format.ts'
import { Chart, type Series } from '../parts/chart.tsx'
import { Table } from '../parts/table.tsx'
import { byDay, byMoment, firstTokensOver, type Point } from './range.ts'

export type Measure = 'requests' | 'cost' | 'tokens' | 'first'

const BLUE = '#4c7cf0'
const RED = '#e5534b'
const DAY_MS = 86_400_000
const PARTS = 24

/** The course of one measure: by day, and within a day from the latest requests. The numbers stand below the picture. */
export function Over({
  report,
  requests,
  measure,
}: {
  report: UsageReport
  requests: readonly UsageRequest[]
  measure: Measure
}) {
  const isShort = Date.parse(report.to) - Date.parse(report.from) <= DAY_MS
  const points = useMemo(() => {
    const { rows, from, to } = report
    return isShort ? byMoment(requests, from, to, PARTS) : byDay(rows, from, to)
  }, [report, requests, isShort])
  const drawn = useMemo(
    () =>
      measure === 'first'
        ? firstTokens(requests)
        : { times: points.map(({ at }) => at), series: seriesOf(points, measure) },
    [points, requests, measure],
  )
  const isOfLatest = isShort || measure === 'first'
  return (
    <>
      {isOfLatest && <p class="hint">Drawn from the latest {requests.length} requests.</p>}
      <Chart
        title={`${measure} over time; the table below has the numbers`}
        times={drawn.times}
        series={drawn.series}
      />
      <details>
        <summary>The same as a table</summary>
        {measure === 'first' ? <FirstTokens requests={requests} /> : <Points points={points} isShort={isShort} />}
      </details>
    </>
  )
}

function seriesOf(points: readonly Point[], measure: Exclude<Measure, 'first'>): Series[] {
  if (measure === 'cost') return [{ label: 'Cost in $', color: BLUE, values: points.map(({ costUsd }) => costUsd) }]
  if (measure === 'tokens') return [{ label: 'Tokens', color: BLUE, values: points.map(({ tokens }) => tokens) }]
  return [
    { label: 'Requests', color: BLUE, values: points.map(({ requests }) => requests) },
    { label: 'Failed', color: RED, values: points.map(({ failed }) => failed) },
  ]
}

function firstTokens(requests: readonly UsageRequest[]) {
  const groups = firstTokensOver(requests, PARTS)
  const seconds = (ms: number) => ms / 1_000
  return {
    times: groups.map(({ at }) => at),
    series: [
      { label: 'First token p50 in s', color: BLUE, values: groups.map(({ p50 }) => seconds(p50)) },
      { label: 'p95', color: RED, values: groups.map(({ p95 }) => seconds(p95)) },
    ],
  }
}

function Points({ points, isShort }: { points: readonly Point[]; isShort: boolean }) {
  const label = ({ at }: Point) =>
    new Date(at)
      .toISOString()
      .slice(0, isShort ? 16 : 10)
      .replace('T', ' ')
  return (
    <Table
      caption="Over time (UTC)"
      rows={points.toReversed()}
      keyOf={({ at }) => String(at)}
      columns={[
        { title: isShort ? 'From' : 'Day', cell: label },
        { title: 'Requests', cell: ({ requests }) => count(requests), isNumber: true },
        { title: 'Failed', cell: ({ failed }) => count(failed), isNumber: true },
        { title: 'Tokens', cell: ({ tokens }) => count(tokens), isNumber: true },
        { title: 'Cost', cell: ({ costUsd }) => usd(costUsd), isNumber: true },
      ]}
    />
  )
}

function FirstTokens({ requests }: { requests: readonly UsageRequest[] }) {
  return (
    <Table
      caption="First token of the latest requests (UTC)"
      rows={firstTokensOver(requests, PARTS).toReversed()}
      keyOf={({ at }) => String(at)}
      columns={[
        { title: 'From', cell: ({ at }) => new Date(at).toISOString().slice(0, 19).replace('T', ' ') },
        { title: 'Requests', cell: ({ requests: all }) => count(all), isNumber: true },
        { title: 'p50', cell: ({ p50 }) => duration(p50), isNumber: true },
        { title: 'p95', cell: ({ p95 }) => duration(p95), isNumber: true },
      ]}
    />
  )
}
