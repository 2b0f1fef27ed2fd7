import type { Offer } from '../catalog/offers.ts'
import { sortOut, unfitnessOf } from './candidates.ts'
import type { Dropped, Unfit } from './dropped.ts'
import type { HubModelId, ModelRef } from './model-ref.ts'
import type { Needs } from './needs.ts'
import { isFiltering, isOrdering, type Preferences } from './preferences.ts'
import type { Resolver } from './route-rules.ts'
import { type Ranked, type Ranking, rankCandidates } from './score.ts'
import type { Expectation } from './traffic.ts'

/** What is known at the moment of the decision. */
export type RouteKnowledge = {
  /** Who serves a model; none where nobody knows. */
  readonly offersOf: (id: HubModelId) => readonly Offer[]
  readonly expectationOf: (offer: Offer) => Expectation
  /** Whether the target's breaker keeps requests away. */
  readonly isOpen: (target: ModelRef) => boolean
  /** The provider that stood first for this model and ranking last time. */
  readonly leaderOf: (id: HubModelId, ranking: Ranking) => string | undefined
  /** The provider that answered this conversation last, where it has one. */
  readonly lastProvider: string | undefined
}

/** One model of a chain, as it will be asked. */
export type ModelPlan = {
  /** What the name meant. */
  readonly ref: ModelRef
  /** Who chooses the provider; a ref that names one has no choice left. */
  readonly resolvedBy: Resolver
  readonly ranking?: Ranking
  readonly preferences: Preferences
  /** In the order in which they are asked; a model whose provider the router chooses has one. */
  readonly targets: readonly ModelRef[]
  /** Targets that probably cannot serve, in the order in which they would be asked in need. */
  readonly inNeed: readonly { readonly target: ModelRef; readonly reason: Unfit }[]
  /** The ranked candidates of own resolution, the first as it was ranked: exploring and affinity change `targets` alone. */
  readonly candidates: readonly Ranked[]
  readonly dropped: readonly Dropped[]
  /** Why the first target is not the best candidate. */
  readonly firstBecause?: 'explores' | 'answered_last'
}

/** What holds for one model of a request. */
export type ModelQuestion = {
  readonly ref: ModelRef
  readonly resolve: Resolver
  readonly policies: Resolver
  readonly preferences: Preferences
  readonly needs: Needs
  readonly known: RouteKnowledge
  readonly explores: boolean
}

/** Decides who is asked for one model. */
export function planModel(question: ModelQuestion): ModelPlan {
  const { ref, preferences, known } = question
  const offers = known.offersOf(ref.id)
  if (ref.routing.kind === 'provider') return planPinned(question, ref.routing.provider, offers)
  if (!needsResolution(question)) return planAsWritten(question, offers)
  if (offers.length === 0) return planUnknown(question)
  const { fit, unfit, excluded } = sortOut(offers, preferences, question.needs)
  const ranking = rankingOf(ref, preferences)
  const rank = (some: readonly Offer[]) =>
    rankCandidates(some, {
      ranking,
      preferences,
      needs: question.needs,
      expectationOf: known.expectationOf,
      isOpen: (offer) => known.isOpen(pin(ref.id, offer.provider)),
      leader: known.leaderOf(ref.id, ranking),
    })
  const candidates = rank(fit)
  const isOnlyBest = preferences.allowFallbacks === false && !preferences.order
  const { ordered, because } = reorder(isOnlyBest ? candidates.slice(0, 1) : candidates, ranking, question)
  const reasonOf = new Map(unfit.map(({ offer, reason }) => [offer, reason]))
  return {
    ref,
    resolvedBy: 'own',
    ranking,
    preferences,
    targets: ordered.map(({ offer }) => pin(ref.id, offer.provider)),
    inNeed: rank([...reasonOf.keys()]).flatMap(({ offer }) => {
      const reason = reasonOf.get(offer)
      return reason ? [{ target: pin(ref.id, offer.provider), reason }] : []
    }),
    candidates,
    dropped: [...unfit, ...excluded].map(({ offer, reason }) => ({ provider: offer.provider, reason })),
    ...(because && { firstBecause: because }),
  }
}

/** A provider of a model as the router takes it. */
function pin(id: HubModelId, provider: string): ModelRef {
  return { id, routing: { kind: 'provider', provider } }
}

/** `:preferred` is the order of a person's settings at Hugging Face, which nobody here knows: only a filter breaks it up. */
function needsResolution({ ref, resolve, policies, preferences }: ModelQuestion): boolean {
  if (isFiltering(preferences)) return true
  if (ref.routing.kind === 'default') return resolve === 'own' || isOrdering(preferences)
  return policies === 'own' && !(ref.routing.kind === 'policy' && ref.routing.policy === 'preferred')
}

function rankingOf({ routing }: ModelRef, { sort }: Preferences): Ranking {
  if (sort) return sort
  return routing.kind === 'policy' && routing.policy === 'cheapest' ? 'price' : 'fastest'
}

/** The ref goes up as it was written; it is passed over only when nobody behind it could serve. */
function planAsWritten({ ref, preferences, needs }: ModelQuestion, offers: readonly Offer[]): ModelPlan {
  const reason = unfitnessOfAll(offers, needs)
  return {
    ref,
    resolvedBy: 'router',
    preferences,
    targets: reason ? [] : [ref],
    inNeed: reason ? [{ target: ref, reason }] : [],
    candidates: [],
    dropped: [],
  }
}

/** The wish has chosen the provider already, so it is only asked whether it may and can. */
function planPinned(question: ModelQuestion, provider: string, offers: readonly Offer[]): ModelPlan {
  const { ref, preferences, needs } = question
  const name = provider.toLowerCase()
  const listed = offers.find((offer) => offer.provider.toLowerCase() === name)
  const offer = listed ?? { model: ref.id, provider, isLive: true }
  const { order: _order, ...filters } = preferences
  const { unfit, excluded } = sortOut([offer], filters, needs)
  const [lack] = unfit
  return {
    ref,
    resolvedBy: 'router',
    preferences,
    targets: lack || excluded.length > 0 ? [] : [ref],
    inNeed: lack ? [{ target: ref, reason: lack.reason }] : [],
    candidates: [],
    dropped: [...unfit, ...excluded].map(({ reason }) => ({ provider, reason })),
  }
}

/**
 * The catalogue does not know who serves the model. A wish that names providers is kept by naming them to the router, a
 * sort by the router's own policy; a filter that needs facts excludes the model.
 */
function planUnknown({ ref, preferences }: ModelQuestion): ModelPlan {
  const { only, order, ignore, maxPrice, requireParameters, sort } = preferences
  const plan = { ref, resolvedBy: 'own' as const, preferences, inNeed: [], candidates: [] }
  const named = only ? [...(order?.filter((name) => only.includes(name)) ?? []), ...only] : (order ?? [])
  const names = [...new Set(named)].filter((name) => !ignore?.includes(name))
  if (maxPrice) return { ...plan, targets: [], dropped: [{ provider: '*', reason: 'price_unknown' }] }
  if (requireParameters) return { ...plan, targets: [], dropped: [{ provider: '*', reason: 'support_unknown' }] }
  if (names.length > 0) {
    const isOpenEnded = !only && !ignore && preferences.allowFallbacks !== false
    const pinned = names.map((name) => pin(ref.id, name))
    return { ...plan, targets: isOpenEnded ? [...pinned, ref] : pinned, dropped: [] }
  }
  if (only || ignore) return { ...plan, targets: [], dropped: [{ provider: '*', reason: 'providers_unknown' }] }
  const policy = sort === 'price' ? 'cheapest' : sort && 'fastest'
  const target: ModelRef =
    policy && ref.routing.kind === 'default' ? { id: ref.id, routing: { kind: 'policy', policy } } : ref
  return { ...plan, resolvedBy: 'router', targets: [target], dropped: [] }
}

/** The lack of a model that none of its providers makes up for. Nothing is held against one that nobody knows. */
function unfitnessOfAll(offers: readonly Offer[], needs: Needs): Unfit | undefined {
  let first: Unfit | undefined
  for (const offer of offers) {
    const reason = unfitnessOf(offer, needs)
    if (!reason) return undefined
    // That a provider is down says less than that the model cannot do it.
    if (first === undefined || first === 'not_live') first = reason
  }
  return first
}

/** Puts another candidate first: the one that answered the conversation last, whose cache is warm, or one to learn of. */
function reorder(
  candidates: readonly Ranked[],
  ranking: Ranking,
  { preferences, known, explores }: ModelQuestion,
): { readonly ordered: readonly Ranked[]; readonly because?: ModelPlan['firstBecause'] } {
  const [best, ...others] = candidates
  if (!best || best.listed !== undefined) return { ordered: candidates }
  const isWell = ({ setBack }: Ranked) => setBack.length === 0
  const last = others.find((one) => one.offer.provider === known.lastProvider && isWell(one))
  if (last || best.offer.provider === known.lastProvider) {
    return last ? { ordered: toFront(last, candidates), because: 'answered_last' } : { ordered: candidates }
  }
  // Who bounds the wait has not asked for surprises.
  if (!explores || preferences.preferredMaxLatencyMs !== undefined) return { ordered: candidates }
  const least = leastSeen(others.filter((one) => isWorthALook(one, ranking)))
  return least ? { ordered: toFront(least, candidates), because: 'explores' } : { ordered: candidates }
}

/** One that failed often may have recovered, which nobody learns without asking. A price is known without asking. */
function isWorthALook({ setBack }: Ranked, ranking: Ranking): boolean {
  const mayHaveRecovered = setBack.length === 1 && setBack[0] === 'fails_often'
  return mayHaveRecovered || (ranking !== 'price' && setBack.length === 0)
}

function leastSeen(candidates: readonly Ranked[]): Ranked | undefined {
  let least: Ranked | undefined
  for (const one of candidates) if (!least || one.expectation.attempts < least.expectation.attempts) least = one
  return least
}

const toFront = (first: Ranked, all: readonly Ranked[]) => [first, ...all.filter((one) => one !== first)]
