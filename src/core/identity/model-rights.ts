import { type Config, normalizeAlias } from '../config/config.ts'
import { formatModelRef, type ModelRef, parseModelRef } from '../routing/model-ref.ts'
import { organisationOf } from './model-pattern.ts'

/**
 * Whether a list of models allows a target. A ref without a suffix allows the model by whatever provider, one with a suffix
 * that way alone; an alias allows what it means at the moment. No list allows everything.
 */
export function allowsModel(
  models: readonly string[] | undefined,
  ref: ModelRef,
  { refByAlias }: Pick<Config, 'refByAlias'>,
): boolean {
  return models === undefined || models.some((pattern) => matches(pattern, ref, refByAlias))
}

function matches(pattern: string, ref: ModelRef, refByAlias: Config['refByAlias']): boolean {
  const organisation = organisationOf(pattern)
  if (organisation !== undefined) return ref.id.startsWith(`${organisation}/`)
  const aliased = refByAlias.get(normalizeAlias(pattern))
  const parsed = aliased ? undefined : parseModelRef(pattern)
  const meant = aliased ?? (parsed?.ok ? parsed.value : undefined)
  if (!meant) return false
  return meant.routing.kind === 'default' ? meant.id === ref.id : formatModelRef(meant) === formatModelRef(ref)
}
