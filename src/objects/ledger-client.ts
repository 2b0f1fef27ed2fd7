import type { CompletionRecord } from '../core/completion-record.ts'

/** What a project's ledger does for the gateway. */
export type LedgerClient = {
  /** Books a record that no lease belongs to. Belongs into `waitUntil`. Never throws. */
  book(record: CompletionRecord): Promise<void>
}
