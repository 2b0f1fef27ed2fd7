import { mergePreferences, NO_PREFERENCES, type Preferences } from './preferences.ts'

/** Who chooses among the providers of a model: Hugging Face's router, or this gateway, which then names one. */
export type Resolver = 'router' | 'own'

/** What the configuration says of routing: for the deployment, a project or a model. What is absent says nothing. */
export type RouteRules = {
  /** For refs without a suffix. */
  readonly resolve?: Resolver | undefined
  /** For refs with `:fastest` or `:cheapest`. */
  readonly policies?: Resolver | undefined
  readonly preferences?: Preferences | undefined
}

/** The deployment's own rules, and what holds for every request. */
export type DeploymentRouteRules = RouteRules & {
  /** The share of requests, from 0 to 1, that ask another provider than the one that seems fastest. */
  readonly explore: number
}

/** Which providers are asked when nothing is configured: the router's choice. */
export const DEFAULT_ROUTE_RULES: DeploymentRouteRules = { explore: 0.05 }

export type EffectiveRules = {
  readonly resolve: Resolver
  readonly policies: Resolver
  readonly preferences: Preferences
}

/** What holds where nobody says anything. */
export const ROUTER_CHOOSES: EffectiveRules = { resolve: 'router', policies: 'router', preferences: NO_PREFERENCES }

/** Whether the rules resolve refs here, or wish for something. */
export function isRuling(rules: RouteRules | undefined): boolean {
  return rules?.resolve === 'own' || rules?.policies === 'own' || rules?.preferences !== undefined
}

/** What holds for one model of a request: the more special layer's word, field by field. */
export function mergeRules(...layers: readonly (RouteRules | undefined)[]): EffectiveRules {
  const said = layers.filter((layer) => layer !== undefined)
  return {
    resolve: said.findLast(({ resolve }) => resolve)?.resolve ?? 'router',
    policies: said.findLast(({ policies }) => policies)?.policies ?? 'router',
    preferences: mergePreferences(...said.map(({ preferences }) => preferences)),
  }
}
