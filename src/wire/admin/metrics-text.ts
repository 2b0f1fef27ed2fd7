import { BUCKETS_MS, type Histogram, mergeTimes } from '../../core/limits/histogram.ts'
import type { MetricsRow } from '../../core/limits/ledger-report.ts'
import { toUsd } from '../../core/limits/money.ts'

type Labels = Readonly<Record<string, string>>
type Measured = { readonly project: string; readonly rows: readonly MetricsRow[]; readonly unbooked: number }

/** `GET /metrics`: Prometheus' text format, version 0.0.4. Counters are sums over all isolates and only grow. */
export function toMetricsText(projects: readonly Measured[]): string {
  const rows = projects.flatMap(({ project, rows: own }) => own.map((row) => ({ project, ...row })))
  const labelsOf = ({ project, model, provider, surface }: (typeof rows)[number]): Labels => ({
    project,
    model,
    provider,
    surface,
  })
  const counter = (name: string, help: string, lines: readonly (readonly [Labels, number])[]) =>
    [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} counter`,
      ...lines.map((line) => `${name}${format(line[0])} ${line[1]}`),
    ].join('\n')
  const tokens = rows.flatMap((row) => [
    [{ ...labelsOf(row), kind: 'prompt' }, row.promptTokens] as const,
    [{ ...labelsOf(row), kind: 'completion' }, row.completionTokens] as const,
  ])
  const blocks = [
    counter(
      'hugway_requests_total',
      'Completions by how they ended.',
      rows.map((row) => [{ ...labelsOf(row), end: row.end }, row.requests]),
    ),
    counter('hugway_tokens_total', 'Tokens of prompts and answers.', sumByLabels(tokens)),
    counter(
      'hugway_cost_usd_total',
      'Estimated cost in US dollars.',
      sumByLabels(rows.map((row) => [labelsOf(row), toUsd(row.costNanoUsd)])),
    ),
    counter(
      'hugway_unbooked_total',
      'Completions of which no record could be written.',
      projects.map(({ project, unbooked }) => [{ project }, unbooked]),
    ),
    histogram(
      'hugway_first_token_seconds',
      'Time until the first of an answer.',
      timesBy(rows, ({ firstToken }) => firstToken),
    ),
    histogram(
      'hugway_duration_seconds',
      'Time until the end of an answer.',
      timesBy(rows, ({ duration }) => duration),
    ),
  ]
  return `${blocks.join('\n')}\n`
}

function sumByLabels(lines: readonly (readonly [Labels, number])[]): readonly (readonly [Labels, number])[] {
  const sums = new Map<string, readonly [Labels, number]>()
  for (const [labels, value] of lines) {
    const place = format(labels)
    sums.set(place, [labels, (sums.get(place)?.[1] ?? 0) + value])
  }
  return [...sums.values()]
}

type Timed = MetricsRow & { readonly project: string }

/** By project and surface alone: a histogram for each model would be a flood of series. */
function timesBy(
  rows: readonly Timed[],
  timesOf: (row: Timed) => Histogram,
): readonly (readonly [Labels, Histogram])[] {
  const sums = new Map<string, readonly [Labels, Histogram]>()
  for (const row of rows) {
    const labels = { project: row.project, surface: row.surface }
    const known = sums.get(format(labels))
    sums.set(format(labels), [labels, known ? mergeTimes(known[1], timesOf(row)) : timesOf(row)])
  }
  return [...sums.values()]
}

function histogram(name: string, help: string, lines: readonly (readonly [Labels, Histogram])[]): string {
  const text = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`]
  for (const [labels, { counts, sumMs }] of lines) {
    let sum = 0
    for (const [index, count] of counts.entries()) {
      sum += count
      const bound = BUCKETS_MS[index]
      text.push(
        `${name}_bucket${format({ ...labels, le: bound === undefined ? '+Inf' : String(bound / 1_000) })} ${sum}`,
      )
    }
    text.push(`${name}_sum${format(labels)} ${sumMs / 1_000}`, `${name}_count${format(labels)} ${sum}`)
  }
  return text.join('\n')
}

function format(labels: Labels): string {
  const quoted = (value: string) => value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${quoted(value)}"`)
  return `{${pairs.join(',')}}`
}
