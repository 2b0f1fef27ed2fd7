import { formatPath } from '../../json/value-path.ts'
import type { Problem } from '../failure.ts'
import { readPreferences } from '../routing/preferences.ts'
import type { DeploymentRouteRules, RouteRules } from '../routing/route-rules.ts'
import type { RouteRulesInput } from './routing-schema.ts'

/** The rules as they are written at `path`. */
export function toRouteRules(
  given: RouteRulesInput,
  path: readonly (string | number)[],
  problems: Problem[],
): RouteRules {
  const { resolve, policies, provider } = given
  const read = provider && readPreferences(provider, formatPath([...path, 'provider']))
  problems.push(...(read?.problems ?? []))
  return { ...(resolve && { resolve }), ...(policies && { policies }), ...(read && { preferences: read.preferences }) }
}

/** What `hugway.routing` says. */
export function toDeploymentRules(
  given: (RouteRulesInput & { readonly explore?: number | undefined }) | undefined,
  problems: Problem[],
): Partial<DeploymentRouteRules> {
  if (!given) return {}
  const rules = toRouteRules(given, ['hugway', 'routing'], problems)
  return given.explore === undefined ? rules : { ...rules, explore: given.explore }
}
