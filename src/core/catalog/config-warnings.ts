import { nearestOf } from '../../json/nearest.ts'
import { formatPath, type ValuePath } from '../../json/value-path.ts'
import type { Config, LoadedConfig } from '../config/config.ts'
import type { ConfigDocument } from '../config/config-schema.ts'
import type { Problem } from '../failure.ts'
import { formatModelRef, type ModelRef, parseModelRef } from '../routing/model-ref.ts'
import type { RouterModel } from './router-model.ts'

/** More of them say nothing new, and looking for the nearest name takes its time. */
const MAX_WARNINGS = 50

/**
 * What is right in a document and will surprise somebody: a model that the router does not list (lists lag, so it is no
 * problem), a label that two models share, and a chain whose end no request reaches.
 *
 * @param models The router's list; absent where none is at hand, and then nothing is said about models.
 */
export function warnOfConfig(
  { document, config }: Pick<LoadedConfig, 'document' | 'config'>,
  models: readonly RouterModel[] | undefined,
): readonly Problem[] {
  return [...warnOfChains(config), ...warnOfLabels(config), ...(models ? warnOfModels(document, models) : [])].slice(
    0,
    MAX_WARNINGS,
  )
}

/** What is to be said of a model that the list does not hold; nothing of one that it holds, or of what is no ref. */
export function describeUnlisted(ref: string, ids: readonly string[]): string | undefined {
  const parsed = parseModelRef(ref)
  if (!parsed.ok || ids.includes(parsed.value.id)) return undefined
  const { id } = parsed.value
  const nearest = ids.find((one) => one.toLowerCase() === id.toLowerCase()) ?? nearestOf(id, ids)
  const advice = nearest === undefined ? '' : `; did you mean "huggingface/${nearest}"?`
  return `"${formatModelRef(parsed.value)}" is not on the router's list${advice}`
}

function warnOfModels(document: ConfigDocument, models: readonly RouterModel[]): readonly Problem[] {
  const ids = models.map(({ id }) => id)
  const listed = new Set(ids)
  const unknown = refsIn(document).filter(({ ref }) => {
    const parsed = parseModelRef(ref)
    return parsed.ok && !listed.has(parsed.value.id)
  })
  return unknown.slice(0, MAX_WARNINGS).flatMap(({ ref, path }) => {
    const message = describeUnlisted(ref, ids)
    return message === undefined ? [] : [{ path: formatPath(path), message }]
  })
}

/** Rows of one's own are left out: they are there for what the list does not have. */
function refsIn({ agents, hugway }: ConfigDocument): readonly { readonly ref: string; readonly path: ValuePath }[] {
  const model = agents?.defaults?.model
  const modelPath = ['agents', 'defaults', 'model']
  const { primary, fallbacks = [] } = typeof model === 'object' ? model : { primary: model }
  const primaryPath = typeof model === 'object' ? [...modelPath, 'primary'] : modelPath
  const inList = (refs: readonly string[], path: ValuePath) => refs.map((ref, at) => ({ ref, path: [...path, at] }))
  const aliases = Object.keys(agents?.defaults?.models ?? {})
  const own = Object.entries(hugway?.models ?? {}).flatMap(([ref, settings]) => {
    const path = ['hugway', 'models', ref]
    return [{ ref, path }, ...inList(settings.fallbacks || [], [...path, 'fallbacks'])]
  })
  return [
    ...(primary === undefined ? [] : [{ ref: primary, path: primaryPath }]),
    ...inList(fallbacks, [...modelPath, 'fallbacks']),
    ...aliases.map((ref) => ({ ref, path: ['agents', 'defaults', 'models', ref] })),
    ...own,
  ]
}

/** A request may make fewer calls than a chain has targets. */
function warnOfChains({ primary, fallbacks, models, maxUpstreamCalls }: Config): readonly Problem[] {
  const longer = (ref: string, chain: readonly ModelRef[], path: ValuePath): Problem[] => {
    const targets = new Set([ref, ...chain.map(formatModelRef)]).size
    if (targets <= maxUpstreamCalls) return []
    const message = `the chain has ${targets} targets, and one request makes ${maxUpstreamCalls} upstream calls at most, retries included: hugway.maxUpstreamCalls`
    return [{ path: formatPath(path), message }]
  }
  const own = [...models].flatMap(([ref, settings]) =>
    longer(ref, settings.fallbacks ?? [], ['hugway', 'models', ref, 'fallbacks']),
  )
  return [...longer(formatModelRef(primary), fallbacks, ['agents', 'defaults', 'model', 'fallbacks']), ...own]
}

function warnOfLabels({ refsByLabel }: Config): readonly Problem[] {
  return [...refsByLabel].map(([label, refs]) => ({
    path: 'agents.defaults.models',
    message: `"${label}" is the alias of ${refs.map(formatModelRef).join(' and of ')}: it is a label only, and a request that asks for it by that name is refused`,
  }))
}
