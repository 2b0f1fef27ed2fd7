import type { Command, CommandContext } from '../command.ts'
import { usageError } from '../command-error.ts'
import { formatUsd, toSparkline, toTable } from '../table.ts'
import { printJson } from '../terminal.ts'
import { type AdminClient, createAdminClient } from '../worker/admin-client.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { findWorker, WORKER_FLAGS } from '../worker/worker-access.ts'

const DAY_MS = 86_400_000
const DIMENSIONS = ['day', 'project', 'key', 'model', 'provider', 'surface', 'user']
const EXPORT_PAGE = 200

/** `hugway usage`. */
export const usage: Command = {
  spec: {
    name: 'usage',
    positionals: '[export]',
    summary:
      'Tells who spent what, as a table, with a line of days. "export" writes single completions, one JSON a line.',
    details: 'Costs are estimates: tokens that the provider told, by the price in the list. Days are days in UTC.',
    flags: {
      ...WORKER_FLAGS,
      by: {
        kind: 'text',
        value: 'WHAT',
        help: `${DIMENSIONS.join(', ')}, with commas between them (default: project,key)`,
      },
      since: { kind: 'text', value: 'TIME', help: '7d, 4w, or a date (default: 30d)' },
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
  const at = count === undefined ? Date.parse(text) : Date.now() - Number(count) * hours * 3_600_000
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
    await printDays(context, client, report)
  }
  const unbooked = Number(fieldOf(report, 'unbooked'))
  if (unbooked > 0) terminal.warn(`${unbooked} completions could not be booked: the sums lack them`)
  for (const project of listOf(fieldOf(report, 'unavailable'))) {
    terminal.warn(`the ledger of ${String(project)} did not answer: the sums lack it`)
  }
}

/** A bar a day, so that one sees when it was spent. */
async function printDays(context: CommandContext, client: AdminClient, report: unknown): Promise<void> {
  const { body } = await client.request('GET', `/usage?${queryOf(context, 'day', 'json')}`)
  const costs = new Map(
    listOf(fieldOf(body, 'rows')).map((row) => [String(fieldOf(row, 'day')), Number(fieldOf(row, 'costUsd'))]),
  )
  const from = Date.parse(String(fieldOf(report, 'from')))
  const to = Date.parse(String(fieldOf(report, 'to')))
  const days: string[] = []
  for (let at = Math.floor(from / DAY_MS) * DAY_MS; at < to; at += DAY_MS)
    days.push(new Date(at).toISOString().slice(0, 10))
  if (days.length < 2) return
  const line = toSparkline(days.map((day) => costs.get(day) ?? 0))
  context.terminal.print(
    `\n${days[0]} ${line} ${days.at(-1)}  a day, at most ${formatUsd(Math.max(0, ...costs.values()))}`,
  )
}

const count = (value: unknown) => Number(value ?? 0).toLocaleString('en-US')
const SUMS: readonly (readonly [title: string, cell: (row: unknown) => string])[] = [
  ['REQUESTS', (row) => count(fieldOf(row, 'requests'))],
  ['FAILED', (row) => count(fieldOf(row, 'failed'))],
  ['PROMPT', (row) => count(fieldOf(row, 'promptTokens'))],
  ['ANSWER', (row) => count(fieldOf(row, 'completionTokens'))],
  ['COST', (row) => formatUsd(Number(fieldOf(row, 'costUsd')))],
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
