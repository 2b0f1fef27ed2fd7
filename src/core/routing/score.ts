import type { Offer } from '../catalog/offers.ts'
import type { Needs } from './needs.ts'
import type { Preferences } from './preferences.ts'
import type { Expectation } from './traffic.ts'

/**
 * What own resolution ranks by: OpenRouter's three, and `fastest`: the time of the whole answer, which is what a model
 * without a wish gets, as the router's own rule is speed.
 */
export type Ranking = 'price' | 'throughput' | 'latency' | 'fastest'

/** A candidate as it was ranked. */
export type Ranked = {
  readonly offer: Offer
  readonly expectation: Expectation
  /** US dollars that this request likely costs; `undefined` where the price is not known. */
  readonly estimatedUsd: number | undefined
  /** What it was ranked by, less is better: dollars, milliseconds a token, or milliseconds. */
  readonly score: number
  /** Its place in the wish `order`; `undefined` where that does not name it. */
  readonly listed: number | undefined
  /** Why it stands behind others with a worse score. */
  readonly setBack: readonly SetBack[]
}

export type SetBack = 'breaker_open' | 'fails_often' | 'below_preferred_throughput' | 'above_preferred_latency'

/** What a candidate is ranked with. */
export type RankInput = {
  readonly ranking: Ranking
  readonly preferences: Preferences
  readonly needs: Needs
  readonly expectationOf: (offer: Offer) => Expectation
  readonly isOpen: (offer: Offer) => boolean
  /** The provider that stood first last time. */
  readonly leader: string | undefined
}

/** One that fails or breaks more often than this comes after all that do not. */
const FAILS_OFTEN = 0.2
/** One that does not stand first has to be better than that to get there; else it would come and go. */
const FAILS_SELDOM_ENOUGH_TO_LEAD = 0.12
/** How much better another must be to take the first place; without it two alike would take turns with every request. */
const LEADER_BONUS = 0.75

/** Ranks candidates, the best first; equal ones keep the catalogue's order. */
export function rankCandidates(offers: readonly Offer[], input: RankInput): readonly Ranked[] {
  return offers.map((offer) => rank(offer, input)).sort(compare)
}

/** US dollars for so many tokens. */
export function estimateUsd({ price }: Offer, { promptTokens, answerTokens }: Needs): number | undefined {
  return price && (price.input * promptTokens + price.output * answerTokens) / 1_000_000
}

function rank(offer: Offer, input: RankInput): Ranked {
  const { ranking, preferences, needs } = input
  const expectation = input.expectationOf(offer)
  const estimatedUsd = estimateUsd(offer, needs)
  const place = preferences.order?.indexOf(offer.provider.toLowerCase()) ?? -1
  const isLeader = ranking !== 'price' && input.leader === offer.provider // prices do not waver
  return {
    offer,
    expectation,
    estimatedUsd,
    score: scoreOf(ranking, expectation, estimatedUsd, needs) * (isLeader ? LEADER_BONUS : 1),
    listed: place === -1 ? undefined : place,
    setBack: setBackOf(expectation, preferences, {
      isOpen: input.isOpen(offer),
      mostFailures: input.leader === offer.provider ? FAILS_OFTEN : FAILS_SELDOM_ENOUGH_TO_LEAD,
    }),
  }
}

function scoreOf(ranking: Ranking, expected: Expectation, usd: number | undefined, needs: Needs): number {
  if (ranking === 'price') return usd ?? Number.POSITIVE_INFINITY
  // A failed attempt is time as well: it is paid for once more by the next.
  const tries = 1 / Math.max(0.05, 1 - expected.failureShare)
  const perTokenMs = 1_000 / expected.tokensPerSecond
  if (ranking === 'throughput') return perTokenMs * tries
  if (ranking === 'latency') return expected.firstTokenMs * tries
  return (expected.firstTokenMs + perTokenMs * needs.answerTokens) * tries
}

function setBackOf(
  expected: Expectation,
  preferences: Preferences,
  { isOpen, mostFailures }: { readonly isOpen: boolean; readonly mostFailures: number },
): SetBack[] {
  const { preferredMinThroughput = 0, preferredMaxLatencyMs = Number.POSITIVE_INFINITY } = preferences
  const setBack: SetBack[] = []
  if (isOpen) setBack.push('breaker_open')
  if (expected.failureShare > mostFailures) setBack.push('fails_often')
  if (expected.tokensPerSecond < preferredMinThroughput) setBack.push('below_preferred_throughput')
  if (expected.firstTokenMs > preferredMaxLatencyMs) setBack.push('above_preferred_latency')
  return setBack
}

/** An open breaker outweighs the order that was wished for, that outweighs failures, and those outweigh soft wishes. */
function compare(a: Ranked, b: Ranked): number {
  const has = (one: Ranked, what: SetBack) => Number(one.setBack.includes(what))
  const soft = (one: Ranked) => has(one, 'below_preferred_throughput') + has(one, 'above_preferred_latency')
  return (
    has(a, 'breaker_open') - has(b, 'breaker_open') ||
    (a.listed ?? Number.MAX_SAFE_INTEGER) - (b.listed ?? Number.MAX_SAFE_INTEGER) ||
    has(a, 'fails_often') - has(b, 'fails_often') ||
    soft(a) - soft(b) ||
    (a.score === b.score ? 0 : a.score - b.score)
  )
}
