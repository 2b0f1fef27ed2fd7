import type { Catalog } from '../../core/catalog/catalog.ts'
import type { CompletionRecord, TokenUsage, UnusedAnswer } from '../../core/completion-record.ts'
import { costOf, priceOf } from '../../core/limits/price.ts'
import { promptTokensEstimate } from '../../core/limits/reserve.ts'
import { parseModelRef } from '../../core/routing/model-ref.ts'

/** What an estimate is made of, where the upstream told no usage. */
export type Seen = {
  /** The length of what the answer said, in UTF-16 units; absent where nobody counted. */
  readonly answerLength?: number | undefined
  /** No estimate of one call is more than what was reserved for it, in nanodollars. */
  readonly reservedNanoUsd?: number | undefined
}

const CHARACTERS_PER_TOKEN = 3

/**
 * Adds what a completion cost, by the price of the provider that answered, and what its unused answers did; tokens are
 * estimated where the upstream told none but began to answer, or read a prompt for a client that did not wait: who leaves
 * early has cost something all the same.
 */
export function priceRecord(record: CompletionRecord, seen: Seen, catalog: Catalog): CompletionRecord {
  const estimate = estimateOf(record, seen)
  const usage = estimate ? completed(record.usage, estimate) : record.usage
  const isEstimated = usage !== record.usage
  const unusedAnswers = record.unusedAnswers?.map((one) => priceUnused(one, record, seen, catalog))
  const ofUnused = unusedAnswers?.flatMap(({ costNanoUsd }) => costNanoUsd ?? [])
  const own = usage ? costOfCall({ ...record, usage }, record.usage, seen, catalog) : undefined
  const isPriced = usage ? own !== undefined : (ofUnused ?? []).length > 0
  return {
    ...record,
    ...(isEstimated && { usage, isEstimated }),
    ...(unusedAnswers && { unusedAnswers }),
    ...(isPriced && { costNanoUsd: (ofUnused ?? []).reduce((sum, cost) => sum + cost, own ?? 0) }),
  }
}

/** What was told, where it can be true: no prompt is empty, and words are not made of no tokens. The rest is estimated. */
function completed(told: TokenUsage | undefined, estimate: TokenUsage): TokenUsage {
  if (!told) return estimate
  const promptTokens = told.promptTokens || estimate.promptTokens
  const completionTokens = told.completionTokens || estimate.completionTokens
  const isWhole = promptTokens === told.promptTokens && completionTokens === told.completionTokens
  return isWhole ? told : { ...told, promptTokens, completionTokens }
}

function priceUnused(unused: UnusedAnswer, { shape }: CompletionRecord, seen: Seen, catalog: Catalog): UnusedAnswer {
  const usage = completed(unused.usage, tokensOf(shape?.promptBytes ?? 0, unused.textLength))
  const isEstimated = usage !== unused.usage
  const costNanoUsd = costOfCall({ ...unused, usage }, unused.usage, seen, catalog)
  return { ...unused, usage, isEstimated, costNanoUsd }
}

type PricedCall = Pick<CompletionRecord, 'target' | 'provider'> & { readonly usage: TokenUsage }

/** What was told costs what it costs; an estimate no more than was reserved. */
function costOfCall(
  { target, provider, usage }: PricedCall,
  told: TokenUsage | undefined,
  { reservedNanoUsd }: Seen,
  catalog: Catalog,
): number | undefined {
  const ref = parseModelRef(target ?? '')
  const price = ref.ok ? priceOf(catalog.rowOf(ref.value), ref.value) : undefined
  if (!price) return undefined
  const cost = costOf(usage, price, provider)
  if (usage === told) return cost
  return Math.max(told ? costOf(told, price, provider) : 0, Math.min(cost, reservedNanoUsd ?? cost))
}

function estimateOf(record: CompletionRecord, { answerLength }: Seen): TokenUsage | undefined {
  const { end, firstTokenMs, shape } = record
  const hasBegun = end === 'whole' || firstTokenMs !== undefined
  const hasLeft = end === 'client_gone' && isUnderWay(record)
  return (hasBegun || hasLeft) && shape ? tokensOf(shape.promptBytes, answerLength ?? 0) : undefined
}

/** Whether a call was given up, rather than all had failed by then. */
function isUnderWay({ attempts, failedAttempts }: CompletionRecord): boolean {
  return attempts > failedAttempts.filter(({ skipped, reason }) => !skipped && reason !== 'client_gone').length
}

const tokensOf = (promptBytes: number, textLength: number): TokenUsage => ({
  promptTokens: promptTokensEstimate(promptBytes),
  completionTokens: Math.ceil(textLength / CHARACTERS_PER_TOKEN),
})
