import type { ReplayChange, ReplayReport } from '../../core/routing/replay.ts'
import type { CommandContext } from '../command.ts'
import { usageError } from '../command-error.ts'
import { printJson } from '../terminal.ts'
import type { AdminClient } from '../worker/admin-client.ts'
import { fieldOf } from '../worker/http-call.ts'

/** Prints what a document would change for the latest requests of a Worker. */
export async function printReplay({ args, terminal }: CommandContext, admin: AdminClient, document: unknown) {
  const last = args.text('last') ?? '200'
  if (!/^\d{1,4}$/.test(last)) throw usageError('--last takes a number from 1 to 1000')
  const { body } = await admin.request('POST', `/config/validate?replay=1&last=${last}`, JSON.stringify(document))
  const replay = fieldOf(body, 'replay') as ReplayReport // of a Worker of this version
  if (args.has('json')) printJson(terminal, replay)
  else for (const line of describeReplay(replay)) terminal.print(line)
  return undefined
}

function describeReplay(replay: ReplayReport): readonly string[] {
  const { requests, unchanged, elsewhere, refused, accepted, usdBefore, usdAfter, unpriced } = replay
  if (requests === 0) return ['no request has been kept yet that could be played again']
  const list = (title: string, changes: readonly ReplayChange[]) =>
    changes.length === 0 ? [] : [title, ...changes.map(describeChange)]
  return [
    `the latest ${requests} request(s): ${unchanged} would go where they went by this configuration`,
    ...list('would go elsewhere:', elsewhere),
    ...list('would be refused:', refused),
    ...list('would be refused no more:', accepted),
    `estimated: $${usdBefore.toFixed(4)} -> $${usdAfter.toFixed(4)}${unpriced > 0 ? `; ${unpriced} without a known price are left out` : ''}`,
  ]
}

const describeChange = ({ asked, from, to, requests }: ReplayChange) => `  ${requests} x ${asked}: ${from} -> ${to}`
