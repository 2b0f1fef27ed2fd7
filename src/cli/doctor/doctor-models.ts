import { buildCatalog, type Catalog } from '../../core/catalog/catalog.ts'
import type { RouterModel } from '../../core/catalog/router-model.ts'
import type { Config } from '../../core/config/config.ts'
import { formatModelRef, type ModelRef } from '../../core/routing/model-ref.ts'
import { type Backend, liveBackends } from '../onboard/model-choices.ts'
import { listOf } from '../worker/http-call.ts'
import { type Finding, failure, fine, warning } from './finding.ts'

/** A ref of the configuration and what it is there for. */
type Use = { readonly ref: ModelRef; readonly as: string; readonly isFallback: boolean }

/** Holds the default, every fallback and every alias against the router's list. Pure. */
export function checkModels(config: Config, models: readonly RouterModel[]): readonly Finding[] {
  const catalog = buildCatalog(models, { ...config, mode: 'merge' })
  const listed = new Set(models.map(({ id }) => id))
  return usesOf(config).map((use) => checkUse(use, config, catalog, listed))
}

function usesOf(config: Config): readonly Use[] {
  const named = [...config.refByAlias.values()].map((ref) => ({
    ref,
    as: `alias "${config.aliasByRef.get(formatModelRef(ref)) ?? ''}"`,
    isFallback: false,
  }))
  const own = [...config.models].flatMap(([key, { fallbacks = [] }]) =>
    fallbacks.map((ref) => ({ ref, as: `fallback of ${key}`, isFallback: true })),
  )
  const general = config.fallbacks.map((ref) => ({ ref, as: 'fallback', isFallback: true }))
  return [{ ref: config.primary, as: 'default model', isFallback: false }, ...general, ...own, ...named]
}

function checkUse(use: Use, config: Config, catalog: Catalog, listed: ReadonlySet<string>): Finding {
  const { ref, as } = use
  const text = formatModelRef(ref)
  const check = `${as} ${text}`
  if (!listed.has(ref.id)) return failure(check, 'is not on the router’s list', 'choose another model')
  const row = catalog.rowOf(ref)
  const all = liveBackends(row)
  const pinned = ref.routing.kind === 'provider' ? ref.routing.provider : undefined
  const live = pinned === undefined ? all : all.filter(({ provider }) => provider === pinned)
  if (live.length === 0) {
    const others = all.map(({ provider }) => provider).join(', ')
    const todo = others === '' ? 'choose another model' : `take one of ${others}, or none: ${ref.id}`
    return failure(check, pinned === undefined ? 'has no live provider' : `${pinned} does not serve it now`, todo)
  }
  return findWeakness(use, check, live, config, catalog) ?? fine(check, `${live.length} live provider(s)`)
}

/** What works, and will surprise somebody. */
function findWeakness(
  { isFallback }: Use,
  check: string,
  live: readonly Backend[],
  config: Config,
  catalog: Catalog,
): Finding | undefined {
  if (live.every(({ supportsTools }) => supportsTools === false)) {
    return warning(check, 'none of its providers takes tools', 'agents need tools: choose a model that has them')
  }
  if (!isFallback) return undefined
  const context = leastContext(live)
  const wanted = leastContext(liveBackends(catalog.rowOf(config.primary)))
  if (context === undefined || wanted === undefined || context >= wanted) return undefined
  const text = `its context is smaller than the default's: ${context} of ${wanted} tokens`
  return warning(check, text, 'long conversations will not fit when it is fallen back to')
}

function leastContext(backends: readonly Backend[]): number | undefined {
  const lengths = listOf(backends.map(({ contextLength }) => contextLength)).filter((one) => typeof one === 'number')
  return lengths.length > 0 ? Math.min(...lengths) : undefined
}
