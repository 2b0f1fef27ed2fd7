import { useMemo } from 'preact/hooks'
import type { TimeQuantiles, UsageReport } from '../../wire/admin/usage.ts'
import { count, quantiles, usd } from '../format.ts'
import { Chart, type Series } from '../parts/chart.tsx'
import { Table } from '../parts/table.tsx'
import { type Point, pointsOf, type Step } from './range.ts'

export const MEASURES = [
  ['requests', 'Requests and failures'],
  ['cost', 'Cost'],
  ['tokens', 'Tokens'],
  ['first', 'First token'],
  ['duration', 'Whole answer'],
] as const
export type Measure = (typeof MEASURES)[number][0]

const BLUE = '#4c7cf0'
const RED = '#e5534b'

/** The course of one measure. The numbers stand below the picture. */
export function Over({ report, step, measure }: { report: UsageReport; step: Step; measure: Measure }) {
  const points = useMemo(() => pointsOf(report.rows, report.from, report.to, step), [report, step])
  const times = useMemo(() => points.map(({ at }) => at), [points])
  const series = useMemo(() => seriesOf(points, measure), [points, measure])
  const name = MEASURES.find(([one]) => one === measure)?.[1]
  return (
    <>
      <Chart title={`${name} by ${step}; the table below has the numbers`} times={times} series={series} />
      <details>
        <summary>The same as a table</summary>
        <Points points={points} step={step} />
      </details>
    </>
  )
}

function seriesOf(points: readonly Point[], measure: Measure): Series[] {
  switch (measure) {
    case 'cost':
      return [{ label: 'Cost in $', color: BLUE, values: points.map(({ costUsd }) => costUsd) }]
    case 'tokens':
      return [{ label: 'Tokens', color: BLUE, values: points.map(({ tokens }) => tokens) }]
    case 'first':
      return timesOf('First token', (point) => point.firstTokenMs, points)
    case 'duration':
      return timesOf('Whole answer', (point) => point.durationMs, points)
    case 'requests':
      return [
        { label: 'Requests', color: BLUE, values: points.map(({ requests }) => requests) },
        { label: 'Failed', color: RED, values: points.map(({ failed }) => failed) },
      ]
  }
}

function timesOf(label: string, of: (point: Point) => TimeQuantiles, points: readonly Point[]): Series[] {
  const seconds = (ms: number | null) => (ms === null ? null : ms / 1_000)
  return [
    { label: `${label} p50 in s`, color: BLUE, values: points.map((point) => seconds(of(point).p50)) },
    { label: 'p95', color: RED, values: points.map((point) => seconds(of(point).p95)) },
  ]
}

function Points({ points, step }: { points: readonly Point[]; step: Step }) {
  const label = ({ at }: Point) => new Date(at).toISOString().slice(0, step === 'hour' ? 16 : 10)
  return (
    <Table
      caption="Over time (UTC), the latest first"
      rows={points.toReversed()}
      keyOf={({ at }) => String(at)}
      columns={[
        { title: step === 'hour' ? 'Hour' : 'Day', cell: (point) => label(point).replace('T', ' ') },
        { title: 'Requests', cell: ({ requests }) => count(requests), isNumber: true },
        { title: 'Failed', cell: ({ failed }) => count(failed), isNumber: true },
        { title: 'Tokens', cell: ({ tokens }) => count(tokens), isNumber: true },
        { title: 'Cost', cell: ({ costUsd }) => usd(costUsd), isNumber: true },
        { title: 'First token p50 / p95', cell: ({ firstTokenMs }) => quantiles(firstTokenMs), isNumber: true },
        { title: 'Whole answer p50 / p95', cell: ({ durationMs }) => quantiles(durationMs), isNumber: true },
      ]}
    />
  )
}
