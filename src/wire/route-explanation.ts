import type { Offer } from '../core/catalog/offers.ts'
import type { BreakerState } from '../core/routing/breaker.ts'
import type { Dropped } from '../core/routing/dropped.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'
import type { ModelPlan } from '../core/routing/plan-model.ts'
import type { Plan } from '../core/routing/plan-route.ts'
import type { Preferences } from '../core/routing/preferences.ts'
import { estimateUsd, type Ranked, type Ranking } from '../core/routing/score.ts'
import { describeDropped } from './route-words.ts'

/** The answer of `POST /v1/route/explain`. Times in milliseconds, money in US dollars, estimated wherever it stands. */
export type RouteExplanation = {
  readonly asked: string | null
  readonly means: { readonly ref: string; readonly as: 'primary' | 'alias' | 'ref' }
  /** Who is asked, in this order. */
  readonly targets: readonly ExplainedTarget[]
  readonly skipped: readonly ExplainedDrop[]
  readonly models: readonly ExplainedModel[]
  readonly estimates: {
    readonly promptTokens: number
    readonly answerTokens: number
    readonly maxAnswerTokens: number | null
  }
  readonly bounds: ExplainedBounds
  /** Of a hundred requests so many ask another provider first, where own resolution goes by speed. */
  readonly explorePercent: number
  readonly config: string
}

export type ExplainedTarget = { readonly target: string; readonly breaker: BreakerState }
type ExplainedDrop = { readonly target: string; readonly reason: string; readonly because: string }

export type ExplainedModel = {
  readonly ref: string
  readonly resolvedBy: 'router' | 'own'
  readonly rankedBy: Ranking | null
  readonly wishes: Preferences
  readonly candidates: readonly ExplainedCandidate[]
  readonly dropped: readonly ExplainedDrop[]
  readonly firstBecause: string | null
  /** Where the router chooses: among whom, as far as the catalogue knows. */
  readonly routerMayChoose: readonly { readonly provider: string; readonly estimatedUsd: number | null }[]
}

export type ExplainedCandidate = {
  readonly target: string
  /** Less is better: US dollars by price, milliseconds a token by throughput, else milliseconds. */
  readonly score: number | null
  readonly setBack: readonly string[]
  readonly estimatedUsd: number | null
  readonly firstTokenMs: number
  readonly tokensPerSecond: number
  readonly failureShare: number
  /** The weight of the attempts that were seen; 0: only the catalogue's word. */
  readonly attempts: number
}

export type ExplainedBounds = {
  readonly totalMs: number
  readonly firstTokenMs: number
  readonly project: string
  readonly key: string
  readonly keyBounds: object
}

/** What is told beside the plan. */
export type ExplanationFacts = {
  readonly asked: string | undefined
  readonly means: RouteExplanation['means']
  readonly offersOf: (ref: ModelRef) => readonly Offer[]
  readonly breakerOf: (target: ModelRef) => BreakerState
  readonly bounds: ExplainedBounds
  readonly explore: number
  readonly configVersion: string
}

/** Writes a plan down, so that a person can follow it. */
export function toExplanation(plan: Plan, facts: ExplanationFacts): RouteExplanation {
  const { needs } = plan
  return {
    asked: facts.asked ?? null,
    means: facts.means,
    targets: plan.targets.map((target) => ({ target: formatModelRef(target), breaker: facts.breakerOf(target) })),
    skipped: plan.skipped.map(({ target, reason }) => ({ target, reason, because: describeDropped(reason) })),
    models: plan.models.map((model) => explainModel(model, plan, facts)),
    estimates: {
      promptTokens: needs.promptTokens,
      answerTokens: needs.answerTokens,
      maxAnswerTokens: needs.maxAnswerTokens ?? null,
    },
    bounds: facts.bounds,
    explorePercent: facts.explore * 100,
    config: facts.configVersion,
  }
}

function explainModel(model: ModelPlan, { needs }: Plan, { offersOf }: ExplanationFacts): ExplainedModel {
  const { ref, resolvedBy, ranking, preferences, candidates, dropped, firstBecause } = model
  const isOpen = resolvedBy === 'router' && ref.routing.kind !== 'provider'
  return {
    ref: formatModelRef(ref),
    resolvedBy,
    rankedBy: ranking ?? null,
    wishes: preferences,
    candidates: candidates.map(explainCandidate),
    dropped: dropped.map((one) => explainDrop(ref, one)),
    firstBecause: firstBecause ?? null,
    routerMayChoose: (isOpen ? offersOf(ref) : []).map((offer) => ({
      provider: offer.provider,
      estimatedUsd: estimateUsd(offer, needs) ?? null,
    })),
  }
}

function explainCandidate({ offer, expectation, score, setBack, estimatedUsd }: Ranked): ExplainedCandidate {
  return {
    target: `huggingface/${offer.model}:${offer.provider}`,
    score: Number.isFinite(score) ? score : null,
    setBack,
    estimatedUsd: estimatedUsd ?? null,
    ...expectation,
  }
}

function explainDrop(ref: ModelRef, { provider, reason }: Dropped): ExplainedDrop {
  const target = provider === '*' ? formatModelRef(ref) : `huggingface/${ref.id}:${provider}`
  return { target, reason, because: describeDropped(reason) }
}
