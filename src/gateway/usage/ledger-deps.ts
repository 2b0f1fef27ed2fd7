import type { Log } from '../../core/log.ts'
import type { LedgerClient } from '../../objects/ledger-client.ts'
import type { BookDeps } from './book.ts'

/** What an isolate has for the ledgers of its projects. */
export type LedgerDeps = BookDeps & {
  readonly client: LedgerClient
  /** Makes the hash of a request's `user`: the same text gives the same hash in every isolate. */
  readonly hashUser: (user: string) => Promise<string>
  readonly memory: { toldUnbound?: boolean }
  readonly log: Log
}
