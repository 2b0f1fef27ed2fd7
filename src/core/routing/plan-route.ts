import type { Config } from '../config/config.ts'
import type { Failure } from '../failure.ts'
import { err, ok, type Result } from '../result.ts'
import type { Unfit } from './dropped.ts'
import { formatModelRef, type ModelRef } from './model-ref.ts'
import type { Needs } from './needs.ts'
import { planTargets, resolveModel, type Wanted } from './plan.ts'
import { type ModelPlan, planModel, type RouteKnowledge } from './plan-model.ts'
import { isOrdering, NO_PREFERENCES, type Preferences, wishWithin } from './preferences.ts'
import { mergeRules, ROUTER_CHOOSES, type RouteRules } from './route-rules.ts'

/** Everything that a route is decided by. */
export type RouteQuestion = {
  readonly config: Config
  /** The id of the caller's. */
  readonly project: string
  readonly wanted: Wanted
  /** The request's own, from its `provider` object. */
  readonly preferences: Preferences
  readonly needs: Needs
  readonly known: RouteKnowledge
  /** From 0 to 1; below the configured share this request explores. */
  readonly chance: number
}

/** A target that is not asked, and why. */
export type Skipped = { readonly target: string; readonly reason: Unfit }

/** Who is asked, in which order, and why: what the chain follows and what `POST /v1/route/explain` prints. */
export type Plan = {
  /** At least one. */
  readonly targets: readonly ModelRef[]
  /** Targets that cannot serve this request and are passed over before they cost an attempt. */
  readonly skipped: readonly Skipped[]
  /** The models of the chain, in its order. */
  readonly models: readonly ModelPlan[]
  readonly needs: Needs
}

/** As many calls as one request may be worth. */
const MAX_TARGETS = 16

/**
 * Decides a request's route. The best provider of every model comes before the second of any, so that configured fallbacks
 * are reached before a model's last provider is.
 *
 * @returns `bad_model` for a name that means nothing, `bad_request` for a wish that contradicts the name,
 *   `no_provider_matches` where the wishes leave nobody.
 */
export function planRoute(question: RouteQuestion): Result<Plan, Failure> {
  const { config, wanted, preferences, needs, known, chance } = question
  const chain = planTargets(config, wanted)
  if (!chain.ok) return chain
  const contradiction = isOrdering(preferences) ? findContradiction(question) : undefined
  if (contradiction) return err(contradiction)
  const isRuled = preferences !== NO_PREFERENCES || config.hasRouteRules
  // Who asks for the best by name has not asked to be taught with.
  const explores = preferences.sort === undefined && chance < config.routing.explore
  const models = chain.value.map((ref) => {
    const rules = isRuled ? mergeRules(...rulesOf(question, ref)) : ROUTER_CHOOSES
    const wishes = wishWithin(rules.preferences, preferences)
    return planModel({ ref, ...rules, preferences: wishes, needs, known, explores })
  })
  const fit = interleave(models.map(({ targets }) => targets))
  const inNeed = models.flatMap((model) => model.inNeed)
  const [lastResort] = inNeed
  if (fit.length === 0 && !lastResort) return err(noProviderMatches(models))
  const targets = fit.length > 0 ? fit : lastResort ? [lastResort.target] : []
  const skipped = inNeed
    .filter(({ target }) => !targets.includes(target))
    .map(({ target, reason }) => ({ target: formatModelRef(target), reason }))
  return ok({ targets, skipped, models, needs })
}

/** What the configuration says, the more special after the more general: deployment, project, model, the ref itself. */
function rulesOf({ config, project }: RouteQuestion, ref: ModelRef): readonly (RouteRules | undefined)[] {
  const ofRef = config.models.get(formatModelRef(ref))?.routing
  if (ref.routing.kind === 'default') return [config.routing, config.projects.get(project)?.routing, ofRef]
  // A suffix is no way around what is said of the model.
  const ofModel = config.models.get(formatModelRef({ ...ref, routing: { kind: 'default' } }))?.routing
  return [config.routing, config.projects.get(project)?.routing, ofModel, ofRef]
}

/** The first of each, then the second of each, without repeats. */
function interleave(lists: readonly (readonly ModelRef[])[]): readonly ModelRef[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  if (longest <= 1) return lists.flat().slice(0, MAX_TARGETS) // the chain has no repeats
  const targets = new Map<string, ModelRef>()
  for (let place = 0; place < longest && targets.size < MAX_TARGETS; place++) {
    for (const list of lists) {
      const target = list[place]
      if (target) targets.set(formatModelRef(target), target)
    }
  }
  return [...targets.values()].slice(0, MAX_TARGETS)
}

/** A name that the request itself wrote, whose suffix has chosen already what the wish would choose. */
function findContradiction(question: RouteQuestion): Failure | undefined {
  const { config, wanted, preferences } = question
  const { model, models = [] } = wanted
  for (const name of model === undefined && models.length > 0 ? models : [model, ...models]) {
    const ref = resolveModel(config, name)
    if (!ref.ok || ref.value.routing.kind === 'default') continue
    const text = formatModelRef(ref.value)
    const { policies } = mergeRules(...rulesOf(question, ref.value))
    if (ref.value.routing.kind === 'policy' && policies === 'own') continue
    const wish = ORDERING.find(([, isWished]) => isWished(preferences))?.[0] ?? 'provider'
    const advice = `Send the model without its suffix, or leave ${wish} out.`
    return {
      kind: 'bad_request',
      message: `${wish} cannot be kept: the suffix of ${text} has chosen already. ${advice}`,
      param: wish,
    }
  }
  return undefined
}

const ORDERING: readonly (readonly [param: string, isWished: (preferences: Preferences) => boolean])[] = [
  ['provider.order', ({ order }) => order !== undefined],
  ['provider.sort', ({ sort }) => sort !== undefined],
  ['provider.preferred_min_throughput', ({ preferredMinThroughput }) => preferredMinThroughput !== undefined],
  ['provider.preferred_max_latency', ({ preferredMaxLatencyMs }) => preferredMaxLatencyMs !== undefined],
]

function noProviderMatches(models: readonly ModelPlan[]): Failure {
  return {
    kind: 'no_provider_matches',
    models: models.map(({ ref, dropped }) => ({ model: formatModelRef(ref), dropped })),
  }
}
