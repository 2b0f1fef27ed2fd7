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
  return row && termsOf(row, ref).price
}

function readPriceOf(row: CatalogRow, ref: ModelRef): TargetPrice | undefined {
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
  return row && termsOf(row, ref).contextLength
}

function readLongestContextOf(row: CatalogRow, ref: ModelRef): number | undefined {
  const lengths = offersThatMayServe(row, ref).flatMap(({ contextLength }) => contextLength ?? [])
  const longest = Math.max(0, positive(row['context_length']) ?? 0, ...lengths)
  return longest > 0 ? longest : undefined
}

type Terms = { readonly price: TargetPrice | undefined; readonly contextLength: number | undefined }

/** By the pinned provider, '' for none. Each request looks two or three times, and a row is never changed. */
const termsByRow = new WeakMap<CatalogRow, Map<string, Terms>>()

function termsOf(row: CatalogRow, ref: ModelRef): Terms {
  const byProvider = termsByRow.get(row) ?? new Map<string, Terms>()
  termsByRow.set(row, byProvider)
  const pinned = pinnedOf(ref) ?? ''
  const known = byProvider.get(pinned)
  if (known) return known
  const terms = { price: readPriceOf(row, ref), contextLength: readLongestContextOf(row, ref) }
  if (byProvider.size < MOST_PROVIDERS) byProvider.set(pinned, terms)
  return terms
}

/** Anybody may make up a provider's name. */
const MOST_PROVIDERS = 32

const pinnedOf = ({ routing }: ModelRef) => (routing.kind === 'provider' ? routing.provider : undefined)

function offersThatMayServe(row: CatalogRow, ref: ModelRef): readonly Offer[] {
  const pinned = pinnedOf(ref)
  return offersOf(row).filter(({ provider, isLive }) => (pinned ? provider === pinned : isLive))
}

/** What an answer cost by the price of the provider that gave it, else by the highest, in nanodollars. */
export function costOf(usage: TokenUsage, price: TargetPrice, provider: string | undefined): number {
  const { input, output } = price.byProvider.get(provider ?? '') ?? price.highest
  return costNanoUsd(usage.promptTokens, input) + costNanoUsd(usage.completionTokens, output)
}
