import type { CompletionRecord, Surface } from '../core/completion-record.ts'
import type { ModelRef } from '../core/routing/model-ref.ts'
import type { AttemptReport } from '../core/routing/outcome.ts'

/** What admission needs to know of a completion request: sizes and kinds, never content. */
export type AdmitFacts = {
  readonly surface: Surface
  /** `model` as it was sent. */
  readonly askedModel: string | undefined
  /** The planned chain, in order, before rights are looked at. */
  readonly targets: readonly ModelRef[]
  /** Bytes of the body without the images in it: a tokenizer never makes more tokens than these. */
  readonly promptBytes: number
  readonly imageCount: number
  /** `max_completion_tokens ?? max_tokens`, where the client set one. */
  readonly maxTokens: number | undefined
  /** `n` */
  readonly choiceCount: number
}

/** A request that may go on. Exactly one `settle` follows. */
export type Admission = {
  /** The targets that may be asked, in order; at least one. */
  readonly targets: readonly ModelRef[]
  /** Targets that were left out, for the report of the chain. */
  readonly skipped: readonly AttemptReport[]
  /** To be sent as the limit of the answer, because the budget affords no more. */
  readonly maxTokens?: number | undefined
  /** Sent as `X-HF-Bill-To`. */
  readonly billTo?: string | undefined
  /** For the client: `x-ratelimit-*`, `x-hugway-max-tokens`. */
  readonly headers: Readonly<Record<string, string>>
  /** Books the record, gives back what was reserved and not used. Belongs into `waitUntil`. Never throws. */
  settle(record: CompletionRecord): Promise<void>
}
