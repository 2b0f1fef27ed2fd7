import { type Catalog, isListed } from '../core/catalog/catalog.ts'
import type { CompletionRecord } from '../core/completion-record.ts'
import { toUsd } from '../core/limits/money.ts'
import { parseModelRef } from '../core/routing/model-ref.ts'
import type { RouterClient } from '../huggingface/router-client.ts'
import type { ChatRequest } from '../wire/chat/request.ts'
import { bookFree } from './admit.ts'
import type { AdmitDeps, AdmitFacts } from './admit-targets.ts'
import type { CompletionDraft } from './completion-draft.ts'
import type { CallerContext } from './context.ts'
import type { Route } from './route-completion.ts'
import { priceRecord } from './usage/price-record.ts'

const NANO_DIGITS = 9

/** What admission needs to know of a request that was understood. */
export function toAdmitFacts(draft: CompletionDraft, { plan, shape }: Route, { choiceCount }: ChatRequest): AdmitFacts {
  const { promptBytes, imageCount = 0, hasMedia, maxTokens } = shape
  const size = { promptBytes, imageCount, hasMedia, maxTokens, choiceCount }
  return { askedModel: draft.askedModel, targets: plan.targets, size, user: draft.user }
}

/**
 * Adds what a completion cost, as far as this isolate knows the prices; where it has not read them yet, the ledger gets
 * them a moment later and the log line goes without.
 */
export function costRecord(
  deps: AdmitDeps,
  record: CompletionRecord,
  draft: CompletionDraft,
  ctx: CallerContext,
): { readonly record: CompletionRecord; readonly book: () => Promise<void> | undefined } {
  const { store } = deps.catalog
  const { admission, answerLength, user } = draft
  const seen = { answerLength, reservedNanoUsd: admission?.reservedNanoUsd }
  const priced = (models: Parameters<AdmitDeps['catalogInUse']['of']>[1]) => {
    const catalog = deps.catalogInUse.of(ctx.config, models)
    const isUnlisted = models && isUnknown(record, catalog)
    return { ...priceRecord(record, seen, catalog), ...(isUnlisted && { isUnlisted }) }
  }
  const known = store.remembered()
  // Of a budgeted caller the list was asked for before its request: where there is none, the built-in one is all there is.
  const isKnown = known !== undefined || admission?.reservedNanoUsd !== undefined
  const told = isKnown ? priced(known?.models) : record
  const settle = (final: CompletionRecord) =>
    admission ? admission.settle(final) : bookFree(deps.ledger, { user }, final, ctx)
  const book = () => {
    if (isKnown || record.target === undefined) return settle(told)
    return store.read().then((stored) => settle(priced(stored?.models)))
  }
  return { record: told, book }
}

/** Whether a target is nothing but a name that a caller wrote: one that has answered is a model, whatever the list says. */
function isUnknown({ target, end, firstTokenMs, usage }: CompletionRecord, catalog: Catalog): true | undefined {
  const hasAnswered = end === 'whole' || firstTokenMs !== undefined || usage !== undefined
  const ref = parseModelRef(target ?? '')
  return ref.ok && !hasAnswered && !isListed(catalog, ref.value) ? true : undefined
}

/** For people who look at one answer; the ledger has the same in nanodollars. */
export function costHeader({ costNanoUsd }: CompletionRecord): Record<string, string> {
  return costNanoUsd === undefined ? {} : { 'x-hugway-cost-usd': toUsd(costNanoUsd).toFixed(NANO_DIGITS) }
}

/** The same, with a router whose calls somebody else pays than the deployment. */
export function billTo<T extends { readonly router: RouterClient }>(deps: T, organisation: string | undefined): T {
  if (organisation === undefined) return deps
  const { router } = deps
  const postChat: RouterClient['postChat'] = (body, stream, signal, headers) =>
    router.postChat(body, stream, signal, { ...headers, 'x-hf-bill-to': organisation })
  return { ...deps, router: { ...router, postChat } }
}
