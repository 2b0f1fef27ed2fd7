import type { RouterModel } from '../../core/catalog/router-model.ts'
import type { Log } from '../../core/log.ts'
import type { ReadsUnderWay } from '../../kv/one-read.ts'
import type { LedgerClient } from '../../objects/ledger-client.ts'
import type { RequestContext } from '../context.ts'
import type { BookDeps } from './book.ts'

/** What an isolate has for the ledgers of its projects. */
export type LedgerDeps = BookDeps & {
  readonly client: LedgerClient
  /** Makes the hash of a request's `user`: the same text gives the same hash in every isolate. */
  readonly hashUser: (user: string) => Promise<string>
  /** The router's list, from wherever it is to be had: what prices are read from. */
  readonly readModels: (ctx: Pick<RequestContext, 'waitUntil'>) => Promise<readonly RouterModel[] | undefined>
  readonly memory: { toldUnbound?: boolean; readonly reads: ReadsUnderWay }
  readonly log: Log
}
