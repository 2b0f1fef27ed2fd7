import type { CompletionRecord } from '../core/completion-record.ts'
import type { Log } from '../core/log.ts'
import { toSpans } from './completion-spans.ts'
import { type Span, toExportRequest } from './otlp.ts'
import { type PostDeps, postJson } from './post-json.ts'

/** Sends completions to a collector. Where none is set up there is none of these. */
export type SpanExporter = {
  /** Keeps the record's spans until a batch is full or {@link WAIT_MS} old; then it is sent while the client has left. */
  add(record: CompletionRecord, waitUntil: (work: Promise<unknown>) => void): void
}

export type ExporterOptions = {
  /** Ends in `/v1/traces`. */
  readonly url: string
  /** Secrets stand in these. */
  readonly headers: Readonly<Record<string, string>>
}

export type ExporterDeps = PostDeps & { readonly log: Log }

/** A request costs 30 us in a batch of 50, and 130 to 170 in one of its own. */
const BATCH_SPANS = 100
const WAIT_MS = 5_000
/** What comes while a collector does not answer is kept up to here, then dropped and counted. */
const MAX_WAITING = 1_000
const SEND_LIMIT_MS = 10_000

/** Plain data of the isolate: whichever request is there when a batch is due sends it, and awaits no other request. */
export function createExporter(deps: ExporterDeps, options: ExporterOptions): SpanExporter {
  const { clock } = deps
  let waiting: Span[] = []
  let lostSpans = 0
  /** When the batch that is being filled will be sent, by the request that began it; it may have been ended before. */
  let dueAt: number | undefined

  const lose = (count: number, reason: string) => {
    lostSpans += count
    deps.log('spans_lost', { spans: count, lostSpans, reason })
  }
  const flush = async () => {
    const batch = waiting
    waiting = []
    dueAt = undefined
    if (batch.length === 0) return
    const failure = await postJson(deps, { ...options, limitMs: SEND_LIMIT_MS }, toExportRequest(batch, lostSpans))
    if (failure !== undefined) lose(batch.length, failure)
  }
  return {
    add(record, waitUntil) {
      if (!record.trace) return
      const spans = toSpans(record, record.trace)
      if (waiting.length + spans.length > MAX_WAITING) return lose(spans.length, 'too many are waiting')
      waiting.push(...spans)
      if (waiting.length >= BATCH_SPANS) return waitUntil(flush())
      const now = clock.now()
      if (dueAt !== undefined && now <= dueAt + WAIT_MS) return
      dueAt = now + WAIT_MS
      waitUntil(clock.wait(WAIT_MS).then(flush))
    },
  }
}
