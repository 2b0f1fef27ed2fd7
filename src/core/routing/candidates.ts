import type { Offer } from '../catalog/offers.ts'
import type { Excluded, Unfit } from './dropped.ts'
import { isKnownToSupport, lackOf, type Needs } from './needs.ts'
import type { Preferences } from './preferences.ts'

/** The offers of one model, sorted out. */
export type SortedOut = {
  readonly fit: readonly Offer[]
  readonly unfit: readonly { readonly offer: Offer; readonly reason: Unfit }[]
  readonly excluded: readonly { readonly offer: Offer; readonly reason: Excluded }[]
}

/** Sorts out who may serve a request and who can. Wishes come first: what they exclude is not asked even in need. */
export function sortOut(offers: readonly Offer[], preferences: Preferences, needs: Needs): SortedOut {
  const fit: Offer[] = []
  const unfit: { offer: Offer; reason: Unfit }[] = []
  const excluded: { offer: Offer; reason: Excluded }[] = []
  for (const offer of offers) {
    const wish = exclusionOf(offer, preferences, needs)
    const lack = wish ? undefined : unfitnessOf(offer, needs)
    if (wish) excluded.push({ offer, reason: wish })
    else if (lack) unfit.push({ offer, reason: lack })
    else fit.push(offer)
  }
  return { fit, unfit, excluded }
}

/** What an offer lacks for sure, or that the router's own check has found it failing. */
export function unfitnessOf(offer: Offer, needs: Needs): Unfit | undefined {
  return offer.isLive ? lackOf(offer, needs) : 'not_live'
}

function exclusionOf(offer: Offer, preferences: Preferences, needs: Needs): Excluded | undefined {
  const { only, ignore, order, allowFallbacks, maxPrice, requireParameters } = preferences
  const name = offer.provider.toLowerCase()
  if (only && !only.includes(name)) return 'not_in_only'
  if (ignore?.includes(name)) return 'ignored'
  if (order && allowFallbacks === false && !order.includes(name)) return 'not_in_order'
  if (maxPrice && !offer.price) return 'price_unknown'
  if (maxPrice && offer.price && isOver(offer.price, maxPrice)) return 'over_max_price'
  return requireParameters && !isKnownToSupport(offer, needs) ? 'support_unknown' : undefined
}

function isOver(price: NonNullable<Offer['price']>, maxPrice: NonNullable<Preferences['maxPrice']>): boolean {
  const { prompt = Number.POSITIVE_INFINITY, completion = Number.POSITIVE_INFINITY } = maxPrice
  return price.input > prompt || price.output > completion
}
