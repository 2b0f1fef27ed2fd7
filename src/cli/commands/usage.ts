import { formatNanoUsd, formatUsd } from '../../core/limits/money.ts'
import type { Command, CommandContext } from '../command.ts'
import { usageError } from '../command-error.ts'
import { toSparkline, toTable } from '../table.ts'
import { printJson } from '../terminal.ts'
import { type AdminClient, createAdminClient } from '../worker/admin-client.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { findWorker, WORKER_FLAGS } from '../worker/worker-access.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Up to so long a time one sees more by the hour. */
const SHORT_MS = 2 * DAY_MS
const DIMENSIONS = ['hour', 'day', 'project', 'key', 'model', 'provider', 'surface', 'user']
const EXPORT_PAGE = 200

/** `hugway usage`. */
export const usage: Command = {
  spec: {
    name: 'usage',
    positionals: '[export]',
    summary:
      'Tells who spent what, as a table, with a line of days, or of hours. "export" writes single completions, one JSON a line.',
    details:
      'Costs are estimates: tokens that the provider told, by the price in the list. Hours and days are those of UTC. First tokens (of streams) are estimated from counts of how many were how fast, p50 and p95.',
    flags: {
      ...WORKER_FLAGS,
      by: {
        kind: 'text',
        value: 'WHAT',
        help: `${DIMENSIONS.join(', ')}, with commas between them (default: project,key)`,
      },
      since: { kind: 'text', value: 'TIME', help: '12h, 7d, 4w, or a date (default: 30d)' },
      project: { kind: 'text', value: 'P', help: 'this project alone' },
      csv: { kind: 'switch', help: 'for a spreadsheet' },
      json: { kind: 'switch', help: 'for a script: one JSON value on standard output' },
    },
  },
  async run(context) {
    const [what] = context.args.positionals
    if (what === 'export') return exportRequests(context)
    if (what !== undefined) throw usageError(`"${what}" is not understood: usage, or usage export`)
    const { args, terminal } = context
    const client = createAdminClient(findWorker(args, context.project))
    const by = args.text('by') ?? 'project,key'
    if (args.has('csv')) {
      const { text } = await client.request('GET', `/usage?${queryOf(context, by, 'csv')}`)
      terminal.print(text.trimEnd())
      return undefined
    }
    const { body } = await client.request('GET', `/usage?${queryOf(context, by, 'json')}`)
    if (args.has('json')) printJson(terminal, body)
    else await printReport(context, client, body, by.split(','))
    return undefined
  },
}

/** A query of everything but secrets: names and times. */
function queryOf({ args }: CommandContext, by: string, format: 'json' | 'csv'): string {
  const since = sinceOf(args.text('since') ?? '30d')
  const project = args.text('project')
  return new URLSearchParams({ by, format, from: since, ...(project !== undefined && { project }) }).toString()
}

function sinceOf(text: string): string {
  const [, count, unit] = /^(\d{1,4})([dwh])$/.exec(text) ?? []
  const hours = unit === 'h' ? 1 : unit === 'w' ? 168 : 24
  const at = count === undefined ? Date.parse(text) : Date.now() - Number(count) * hours * HOUR_MS
  if (Number.isNaN(at)) throw usageError('--since takes 7d, 4w, 12h, or a date')
  return new Date(at).toISOString()
}

async function printReport(
  context: CommandContext,
  client: AdminClient,
  report: unknown,
  by: readonly string[],
): Promise<void> {
  const { terminal } = context
  const rows = listOf(fieldOf(report, 'rows'))
  const total = fieldOf(report, 'total')
  if (rows.length === 0) terminal.print('nothing was used in this time')
  else {
    const header = [...by.map((name) => name.toUpperCase()), ...SUMS.map(([title]) => title)]
    const last = [...by.map((_, index) => (index === 0 ? 'total' : '')), ...SUMS.map(([, cell]) => cell(total))]
    const lines = rows.map((row) => [...by.map((name) => nameIn(row, name)), ...SUMS.map(([, cell]) => cell(row))])
    for (const line of toTable([header, ...lines, last], by.length)) terminal.print(line)
    await printCourse(context, client, report)
  }
  for (const warning of whatSumsLack(report)) terminal.warn(warning)
}

/** What whoever reads the sums of a report must know of them. */
export function whatSumsLack(report: unknown): readonly string[] {
  const countOf = (of: unknown, name: string) => Number(fieldOf(of, name) ?? 0)
  const total = fieldOf(report, 'total')
  const [unbooked, estimated, unpriced] = [
    countOf(report, 'unbooked'),
    countOf(total, 'estimated'),
    countOf(total, 'unpriced'),
  ]
  const more = 'there are more rows: those that cost most are shown. Take a later --since, or fewer names in --by'
  const untimed = 'there are too many sums to read their times: first tokens are told of a shorter --since'
  return [
    ...(fieldOf(report, 'truncated') === true ? [more] : []),
    ...(fieldOf(report, 'untimed') === true ? [untimed] : []),
    ...(estimated > 0 ? [`${estimated} completions are estimated in part: the upstream did not tell all tokens`] : []),
    ...(unpriced > 0 ? [`${unpriced} completions have no known price: the costs lack them`] : []),
    ...(unbooked > 0 ? [`${unbooked} completions could not be booked: the sums lack them`] : []),
    ...listOf(fieldOf(report, 'unavailable')).map(
      (project) => `the ledger of ${String(project)} did not answer: the sums lack it`,
    ),
  ]
}

/** A bar a day, or an hour of a short time, so that one sees when it was spent. */
async function printCourse(context: CommandContext, client: AdminClient, report: unknown): Promise<void> {
  const from = Date.parse(String(fieldOf(report, 'from')))
  const to = Date.parse(String(fieldOf(report, 'to')))
  const step =
    to - from > SHORT_MS ? { by: 'day', ms: DAY_MS, characters: 10 } : { by: 'hour', ms: HOUR_MS, characters: 16 }
  const { body } = await client.request('GET', `/usage?${queryOf(context, step.by, 'json')}`)
  const name = (at: string) => at.slice(0, step.characters).replace('T', ' ')
  const costs = new Map(
    listOf(fieldOf(body, 'rows')).map((row) => [name(String(fieldOf(row, step.by))), Number(fieldOf(row, 'costUsd'))]),
  )
  const steps: string[] = []
  for (let at = Math.floor(from / step.ms) * step.ms; at < to; at += step.ms)
    steps.push(name(new Date(at).toISOString()))
  if (steps.length < 2) return
  const line = toSparkline(steps.map((one) => costs.get(one) ?? 0))
  const most = formatUsd(Math.max(0, ...costs.values()))
  context.terminal.print(
    `\n${steps[0]} ${line} ${steps.at(-1)}  ${step.by === 'day' ? 'a day' : 'an hour'}, at most ${most}`,
  )
}

const count = (value: unknown) => Number(value ?? 0).toLocaleString('en-US')
const seconds = (ms: unknown) => (typeof ms === 'number' ? `${(ms / 1_000).toFixed(1)} s` : '-')
const SUMS: readonly (readonly [title: string, cell: (row: unknown) => string])[] = [
  ['REQUESTS', (row) => count(fieldOf(row, 'requests'))],
  ['FAILED', (row) => count(fieldOf(row, 'failed'))],
  ['PROMPT', (row) => count(fieldOf(row, 'promptTokens'))],
  ['ANSWER', (row) => count(fieldOf(row, 'completionTokens'))],
  ['COST', (row) => formatNanoUsd(Number(fieldOf(row, 'costNanoUsd')))],
  ['FIRST P50', (row) => seconds(fieldOf(fieldOf(row, 'firstTokenMs'), 'p50'))],
  ['FIRST P95', (row) => seconds(fieldOf(fieldOf(row, 'firstTokenMs'), 'p95'))],
]

function nameIn(row: unknown, name: string): string {
  const own = fieldOf(row, name)
  const shown = name === 'key' ? (fieldOf(row, 'keyName') ?? own) : own
  return String(shown ?? '').replace(/^huggingface\//, '') || '-'
}

/** Every completion that is still kept, newest first, one a line. */
async function exportRequests({ args, project, terminal }: CommandContext): Promise<undefined> {
  const client = createAdminClient(findWorker(args, project))
  const since = sinceOf(args.text('since') ?? '3650d')
  const only = args.text('project')
  for (let before: unknown = undefined; before !== null; ) {
    const query = new URLSearchParams({ limit: String(EXPORT_PAGE), ...(only !== undefined && { project: only }) })
    if (typeof before === 'string') query.set('before', before)
    const { body } = await client.request('GET', `/requests?${query}`)
    const requests = listOf(fieldOf(body, 'requests'))
    const kept = requests.filter((request) => String(fieldOf(request, 'at')) >= since)
    for (const request of kept) terminal.print(JSON.stringify(request))
    before = kept.length < requests.length ? null : (fieldOf(body, 'next') ?? null)
  }
  return undefined
}
