import type { Catalog } from '../../core/catalog/catalog.ts'
import type { CompletionRecord, TokenUsage } from '../../core/completion-record.ts'
import { costOf, priceOf } from '../../core/limits/price.ts'
import { promptTokensEstimate } from '../../core/limits/reserve.ts'
import { parseModelRef } from '../../core/routing/model-ref.ts'

/** What an estimate is made of, where the upstream told no usage. */
export type Seen = {
  /** The length of what the answer said, in UTF-16 units; absent where nobody counted. */
  readonly answerLength?: number | undefined
  /** No estimate is more than what was reserved, in nanodollars. */
  readonly reservedNanoUsd?: number | undefined
}

const CHARACTERS_PER_TOKEN = 3

/**
 * Adds what a completion cost, by the price of the provider that answered; its tokens are estimated where the upstream told
 * none but began to answer, or read a prompt for a client that did not wait: who leaves early has cost something all the same.
 */
export function priceRecord(record: CompletionRecord, seen: Seen, catalog: Catalog): CompletionRecord {
  const estimate = record.usage ? undefined : estimateOf(record, seen)
  const usage = record.usage ?? estimate
  if (!usage || record.target === undefined) return record
  const ref = parseModelRef(record.target)
  const price = ref.ok ? priceOf(catalog.rowOf(ref.value), ref.value) : undefined
  const counted = { ...record, usage, ...(estimate && { isEstimated: true }) }
  if (!price) return counted
  const cost = costOf(usage, price, record.provider) + hedgeCost(record, catalog)
  const most = estimate ? (seen.reservedNanoUsd ?? cost) : cost
  return { ...counted, costNanoUsd: Math.min(cost, most) }
}

/** The call that was cancelled has read the prompt, as far as anybody knows: an estimate, which nobody reports. */
function hedgeCost({ hedged, shape }: CompletionRecord, catalog: Catalog): number {
  const ref = parseModelRef(hedged ?? '')
  const price = ref.ok && shape ? priceOf(catalog.rowOf(ref.value), ref.value) : undefined
  if (!price || !shape) return 0
  return costOf({ promptTokens: promptTokensEstimate(shape.promptBytes), completionTokens: 0 }, price, undefined)
}

function estimateOf(
  { end, firstTokenMs, shape, attempts }: CompletionRecord,
  { answerLength }: Seen,
): TokenUsage | undefined {
  const hasBegun = end === 'whole' || firstTokenMs !== undefined
  const hasLeft = end === 'client_gone' && attempts > 0
  if (!(hasBegun || hasLeft) || !shape) return undefined
  return {
    promptTokens: promptTokensEstimate(shape.promptBytes),
    completionTokens: Math.ceil((answerLength ?? 0) / CHARACTERS_PER_TOKEN),
  }
}
