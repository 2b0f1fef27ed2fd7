import { type CatalogRow, positive } from '../catalog/catalog.ts'
import { type Offer, offersOf, type Price, readConfiguredPrice } from '../catalog/offers.ts'
import type { TokenUsage } from '../completion-record.ts'
import type { ModelRef } from '../routing/model-ref.ts'
import { costNanoUsd } from './money.ts'

/** What one target may cost. */
export type TargetPrice = {
  /** The dearest of the providers that may serve it, input and output apart. */
  readonly highest: Price
  /** By provider, as the router names it. */
  readonly byProvider: ReadonlyMap<string, Price>
}

/**
 * The prices of a target. A configured `cost` holds whoever answers; else a pinned provider's, else those of every provider
 * that is not out of order, because the router may choose any of them. A provider without a price counts as the dearest.
 *
 * @returns `undefined` where nobody tells a price.
 */
export function priceOf(row: CatalogRow | undefined, ref: ModelRef): TargetPrice | undefined {
  if (!row) return undefined
  const configured = readConfiguredPrice(row['cost'])
  if (configured) return { highest: configured, byProvider: new Map() }
  const offers = offersThatMayServe(row, ref)
  const byProvider = new Map(offers.flatMap(({ provider, price }) => (price ? [[provider, price] as const] : [])))
  const general = byProvider.size === 0 ? readConfiguredPrice(row['pricing']) : undefined
  const all = general ? [general] : [...byProvider.values()]
  if (all.length === 0) return undefined
  const highest = {
    input: Math.max(...all.map(({ input }) => input)),
    output: Math.max(...all.map(({ output }) => output)),
  }
  return { highest, byProvider }
}

/**
 * The most that a context of this target holds, in tokens, whoever serves it: the router may choose the provider with the
 * longest, so what a request may cost is bound by no shorter one.
 *
 * @returns `undefined` where nobody tells.
 */
export function longestContextOf(row: CatalogRow | undefined, ref: ModelRef): number | undefined {
  if (!row) return undefined
  const lengths = offersThatMayServe(row, ref).flatMap(({ contextLength }) => contextLength ?? [])
  const longest = Math.max(0, positive(row['context_length']) ?? 0, ...lengths)
  return longest > 0 ? longest : undefined
}

function offersThatMayServe(row: CatalogRow, { routing }: ModelRef): readonly Offer[] {
  const pinned = routing.kind === 'provider' ? routing.provider : undefined
  return offersOf(row).filter(({ provider, isLive }) => (pinned ? provider === pinned : isLive))
}

/** What an answer cost by the price of the provider that gave it, else by the highest, in nanodollars. */
export function costOf(usage: TokenUsage, price: TargetPrice, provider: string | undefined): number {
  const { input, output } = price.byProvider.get(provider ?? '') ?? price.highest
  return costNanoUsd(usage.promptTokens, input) + costNanoUsd(usage.completionTokens, output)
}
