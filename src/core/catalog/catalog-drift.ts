import { isObject } from '../../json/is-object.ts'
import { type Config, normalizeAlias } from '../config/config.ts'
import { formatModelRef, type ModelRef } from '../routing/model-ref.ts'
import type { RouterModel } from './router-model.ts'

/** What a new list of the router takes away from those who count on the old one, and what it adds. Ids are the router's. */
export type CatalogChanges = {
  readonly gone: readonly string[]
  readonly added: readonly string[]
  readonly providersLost: readonly { readonly model: string; readonly provider: string }[]
  readonly pricesUp: readonly (Change & { readonly field: 'input' | 'output' })[]
  readonly contextsDown: readonly Change[]
}

type Change = { readonly model: string; readonly provider?: string; readonly from: number; readonly to: number }

/** A ref of the configuration that the list does not bear out. */
export type BrokenRef = {
  readonly ref: string
  /** `primary`, `fallback`, `fallback of <ref>`, `alias "<name>"`. */
  readonly usedAs: readonly string[]
  /** `provider_gone`: others serve the model, the one that the ref names does not. */
  readonly problem: 'gone' | 'no_live_provider' | 'provider_gone'
}

/** @returns `undefined` when nothing changed that anybody could notice. */
export function diffCatalogs(
  before: readonly RouterModel[],
  after: readonly RouterModel[],
): CatalogChanges | undefined {
  const beforeById = new Map(before.map((model) => [model.id, model]))
  const afterById = new Map(after.map((model) => [model.id, model]))
  const gone = [...beforeById.keys()].filter((id) => !afterById.has(id))
  const added = [...afterById.keys()].filter((id) => !beforeById.has(id))
  const pairs = [...beforeById.values()].flatMap((model) => {
    const now = afterById.get(model.id)
    return now ? [{ was: model, now }] : []
  })
  const providersLost = pairs.flatMap(({ was, now }) => {
    const live = new Set(liveProviders(now)?.keys())
    const lost = [...(liveProviders(was)?.keys() ?? [])].filter((provider) => !live.has(provider))
    return lost.map((provider) => ({ model: was.id, provider }))
  })
  const offers = pairs.flatMap(({ was, now }) => pairOffers(was, now))
  const pricesUp = offers.flatMap(({ who, was, now }) =>
    (['input', 'output'] as const).flatMap((field) => {
      const [from, to] = [numberAt(was['pricing'], field), numberAt(now['pricing'], field)]
      return from !== undefined && to !== undefined && to > from ? [{ ...who, field, from, to }] : []
    }),
  )
  const contextsDown = offers.flatMap(({ who, was, now }) => {
    const [from, to] = [numberAt(was, 'context_length'), numberAt(now, 'context_length')]
    return from !== undefined && to !== undefined && to < from ? [{ ...who, from, to }] : []
  })
  const changes = { gone, added, providersLost, pricesUp, contextsDown }
  return Object.values(changes).some((list) => list.length > 0) ? changes : undefined
}

/**
 * The refs of the configuration that the router's list does not bear out, in the configuration's order. A list that does
 * not tell a model's providers says nothing against it.
 */
export function findBrokenRefs(config: Config, models: readonly RouterModel[]): readonly BrokenRef[] {
  const byId = new Map(models.map((model) => [model.id, model]))
  return namedUses(config).flatMap(({ ref, usedAs }) => {
    const problem = problemOf(ref, byId.get(ref.id))
    return problem ? [{ ref: formatModelRef(ref), usedAs, problem }] : []
  })
}

function problemOf({ routing }: ModelRef, model: RouterModel | undefined): BrokenRef['problem'] | undefined {
  if (!model) return 'gone'
  const live = liveProviders(model)
  if (!live) return undefined
  if (live.size === 0) return 'no_live_provider'
  return routing.kind === 'provider' && !live.has(routing.provider) ? 'provider_gone' : undefined
}

function namedUses(config: Config): readonly { readonly ref: ModelRef; readonly usedAs: string[] }[] {
  const uses = new Map<string, { ref: ModelRef; usedAs: string[] }>()
  const add = (ref: ModelRef, usedAs: string) => {
    const text = formatModelRef(ref)
    const known = uses.get(text)
    if (known) known.usedAs.push(usedAs)
    else uses.set(text, { ref, usedAs: [usedAs] })
  }
  add(config.primary, 'primary')
  for (const ref of config.fallbacks) add(ref, 'fallback')
  for (const [text, { fallbacks = [] }] of config.models) for (const ref of fallbacks) add(ref, `fallback of ${text}`)
  for (const [alias, ref] of config.refByAlias) {
    const written = config.aliasByRef.get(formatModelRef(ref)) ?? alias
    add(ref, `alias "${normalizeAlias(written) === alias ? written : alias}"`)
  }
  return [...uses.values()]
}

type Fields = Readonly<Record<string, unknown>>

/** `undefined` where the list tells nothing of a model's providers. */
function liveProviders(model: RouterModel): ReadonlyMap<string, Fields> | undefined {
  const providers = model['providers']
  if (!Array.isArray(providers)) return undefined
  const live = providers.filter((one: unknown): one is Fields => isObject(one) && one['status'] !== 'error')
  return new Map(live.map((provider) => [String(provider['provider']), provider]))
}

/** The same offer then and now: the model's own row, and each provider that was and is live. */
function pairOffers(was: RouterModel, now: RouterModel) {
  const nowLive = liveProviders(now)
  const shared = [...(liveProviders(was) ?? [])].flatMap(([provider, offer]) => {
    const current = nowLive?.get(provider)
    return current ? [{ who: { model: was.id, provider }, was: offer, now: current }] : []
  })
  return [{ who: { model: was.id }, was: was as Fields, now: now as Fields }, ...shared]
}

function numberAt(value: unknown, field: string): number | undefined {
  const found = isObject(value) ? value[field] : undefined
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}
