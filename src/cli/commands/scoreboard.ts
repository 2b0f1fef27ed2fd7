import type { Command } from '../command.ts'
import { toTable } from '../table.ts'
import { printJson } from '../terminal.ts'
import { createAdminClient } from '../worker/admin-client.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'
import { findWorker, WORKER_FLAGS } from '../worker/worker-access.ts'

const COLUMNS = [
  'model',
  'provider',
  'seen',
  'first token',
  'p95',
  'tokens/s',
  'failed',
  'broken',
  'tools bad',
  '$/M in',
  '$/M out',
]

/** `hugway scoreboard`. */
export const scoreboard: Command = {
  spec: {
    name: 'scoreboard',
    positionals: '',
    summary: 'Shows what the Worker has seen of each provider: waits, speed, failures, price.',
    details: 'What is old counts less, so the numbers of attempts are weights.',
    flags: { ...WORKER_FLAGS, json: { kind: 'switch', help: 'for a script: one JSON value on standard output' } },
  },
  async run({ args, project, terminal }) {
    const { body } = await createAdminClient(findWorker(args, project)).request('GET', '/scoreboard')
    const rows = listOf(fieldOf(body, 'rows'))
    if (args.has('json')) printJson(terminal, rows)
    else if (rows.length === 0) terminal.print('nothing has been seen yet')
    else for (const line of toTable([COLUMNS, ...rows.map(cellsOf)], 2)) terminal.print(line)
    return undefined
  },
}

function cellsOf(row: unknown): string[] {
  const wait = fieldOf(row, 'firstTokenMs')
  const price = fieldOf(row, 'price')
  const text = (name: string) => String(fieldOf(row, name) ?? '')
  const number = (value: unknown, unit = '') => (typeof value === 'number' ? `${value}${unit}` : '-')
  const share = (value: unknown) => (typeof value === 'number' ? `${(value * 100).toFixed(1)} %` : '-')
  return [
    text('model').replace('huggingface/', ''),
    text('provider'),
    number(fieldOf(row, 'attempts')),
    number(fieldOf(wait, 'p50'), ' ms'),
    number(fieldOf(wait, 'p95'), ' ms'),
    number(fieldOf(row, 'tokensPerSecond')),
    share(fieldOf(row, 'failedShare')),
    share(fieldOf(row, 'brokenShare')),
    share(fieldOf(row, 'badToolShare')),
    number(fieldOf(price, 'input')),
    number(fieldOf(price, 'output')),
  ]
}
