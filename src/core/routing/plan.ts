import { nearestOf } from '../../json/nearest.ts'
import { type Config, normalizeAlias } from '../config/config.ts'
import type { Failure } from '../failure.ts'
import { err, ok, type Result } from '../result.ts'
import { formatModelRef, type ModelRef, parseModelRef } from './model-ref.ts'

/** What a client asked for: `model` and `models` as they stand in the body, and whether it wants fallbacks at all. */
export type Wanted = {
  readonly model: string | undefined
  readonly models: readonly string[] | undefined
  readonly fallbackOff: boolean
}

/**
 * The targets of a request in the order in which they are tried, at least one, without repeats: the model asked for,
 * then the request's own list, else the model's own fallbacks, else the configuration's.
 */
export function planTargets(config: Config, wanted: Wanted): Result<readonly ModelRef[], Failure> {
  const [first, ...own] = wanted.model === undefined && wanted.models?.length ? wanted.models : [wanted.model]
  const requested = resolveModel(config, first)
  if (!requested.ok) return requested
  if (wanted.fallbackOff) return ok([requested.value])
  const rest = wanted.model === undefined && wanted.models?.length ? own : wanted.models
  if (rest === undefined) return ok(withoutRepeats([requested.value, ...configuredFallbacks(config, requested.value)]))
  const targets = [requested.value]
  for (const name of rest) {
    const resolved = resolveModel(config, name)
    if (!resolved.ok) return resolved
    targets.push(resolved.value)
  }
  return ok(withoutRepeats(targets))
}

/** What a name means: an alias, `default` or nothing (the primary), or a ref. The catalog is not asked: it lags. */
export function resolveModel(config: Config, name: string | undefined): Result<ModelRef, Failure> {
  if (name === undefined) return ok(config.primary)
  const alias = normalizeAlias(name)
  if (alias === '' || alias === 'default') return ok(config.primary)
  const known = config.refByAlias.get(alias)
  if (known) return ok(known)
  const several = config.refsByLabel.get(alias)
  if (several) return err({ kind: 'ambiguous_model', model: name, refs: several.map(formatModelRef) })
  const parsed = parseModelRef(name)
  if (parsed.ok) return parsed
  // Looking for a slip only among names that could be aliases keeps a long hostile name cheap.
  const nearestAlias = name.length <= 64 ? nearestOf(alias, [...config.refByAlias.keys()]) : undefined
  return err({ kind: 'bad_model', detail: parsed.error, ...(nearestAlias && { nearestAlias }) })
}

function configuredFallbacks(config: Config, requested: ModelRef): readonly ModelRef[] {
  return config.models.get(formatModelRef(requested))?.fallbacks ?? config.fallbacks
}

function withoutRepeats(refs: readonly ModelRef[]): ModelRef[] {
  return [...new Map(refs.map((ref) => [formatModelRef(ref), ref])).values()]
}
