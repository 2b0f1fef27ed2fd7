import type { Config } from '../config/config.ts'
import type { OwnModel } from '../config/config-schema.ts'
import { formatModelRef, type HubModelId, type ModelRef, parseModelRef } from '../routing/model-ref.ts'
import { BUILT_IN_MODELS } from './built-in-catalog.ts'
import { type Offer, offersOf, readConfiguredPrice } from './offers.ts'
import type { RouterModel } from './router-model.ts'

/** One row of our list: all that the router sent, `id` in ref form, and what clients look for at the top level. */
export type CatalogRow = RouterModel & { readonly name: string }

export type Catalog = {
  readonly rows: readonly CatalogRow[]
  /** The row of a ref, also of one with a suffix that has no row of its own; `undefined` for an unknown model. */
  rowOf(ref: ModelRef): CatalogRow | undefined
  /**
   * Who serves a model, in the router's order, with the configuration's prices; none for a model that the router's list
   * does not have. The very same list for the same id. `models.mode: "replace"` hides models, not what is known of them.
   */
  offersOf(id: HubModelId): readonly Offer[]
}

/**
 * Makes the one model list out of the router's, the built-in one and the configuration's own rows. Own rows win and
 * are never lost; the built-in list supplies what the router lacks, and stands in for it where `discovered` is
 * `undefined`. Refs with a suffix that the configuration names have rows of their own.
 */
export function buildCatalog(discovered: readonly RouterModel[] | undefined, config: Config): Catalog {
  const known = byPlainId(discovered ?? BUILT_IN_MODELS)
  const bases: ReadonlyMap<string, RouterModel> = config.mode === 'replace' ? new Map() : known
  const ownByRef = new Map<string, OwnModel>()
  for (const own of config.ownModels) {
    const parsed = parseModelRef(own.id)
    if (parsed.ok) ownByRef.set(formatModelRef(parsed.value), own)
  }
  const toRowOf = (ref: ModelRef) => toRow(ref, bases.get(ref.id), ownByRef, config.aliasByRef)
  const rows = new Map<string, CatalogRow>()
  for (const id of bases.keys()) {
    const ref: ModelRef = { id: id as HubModelId, routing: { kind: 'default' } } // isPlainId has parsed it
    rows.set(formatModelRef(ref), toRowOf(ref))
  }
  for (const ref of config.namedRefs) rows.set(formatModelRef(ref), toRowOf(ref))
  const isKnown = ({ id }: ModelRef) => bases.has(id) || rows.has(`huggingface/${id}`) || id === config.primary.id
  const offers = new Map<string, readonly Offer[]>()
  return {
    rows: [...rows.values()],
    rowOf: (ref) => rows.get(formatModelRef(ref)) ?? (isKnown(ref) ? toRowOf(ref) : undefined),
    offersOf(id) {
      const model = known.get(id)
      if (!model) return []
      let made = offers.get(id)
      if (!made) {
        made = offersOf(model, (provider) => ownPriceOf(ownByRef, id, provider))
        offers.set(id, made)
      }
      return made
    },
  }
}

function byPlainId(models: readonly RouterModel[]): Map<string, RouterModel> {
  return new Map(models.filter(({ id }) => isPlainId(id)).map((model) => [model.id, model]))
}

/** The configured `cost` of one provider's offer: that of the row with its suffix, else that of the model. */
function ownPriceOf(ownByRef: ReadonlyMap<string, OwnModel>, id: string, provider: string) {
  const ofModel = ownByRef.get(`huggingface/${id}`)?.cost
  return readConfiguredPrice(ownByRef.get(`huggingface/${id}:${provider}`)?.cost ?? ofModel)
}

/** Whether the list, or the configuration, has this very target: a provider that is named must be one of the model's. */
export function isListed({ rows, rowOf, offersOf: offers }: Catalog, ref: ModelRef): boolean {
  const { id, routing } = ref
  if (routing.kind !== 'provider') return rowOf(ref) !== undefined || offers(id).length > 0
  const text = formatModelRef(ref)
  return offers(id).some(({ provider }) => provider === routing.provider) || rows.some((row) => row.id === text)
}

/** A name made of an id's last part: `deepseek-ai/DeepSeek-R1` becomes `DeepSeek R1` (OpenClaw's rule). */
export function nameFromId(id: string): string {
  const last = id.slice(id.lastIndexOf('/') + 1)
  return last.replaceAll('-', ' ').replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}

const BUILT_IN_BY_ID = new Map(BUILT_IN_MODELS.map((model) => [model.id, model]))

function toRow(
  ref: ModelRef,
  base: RouterModel | undefined,
  ownByRef: ReadonlyMap<string, OwnModel>,
  aliasByRef: ReadonlyMap<string, string>,
): CatalogRow {
  const builtIn = BUILT_IN_BY_ID.get(ref.id)
  const text = formatModelRef(ref)
  const ownOfBase = ownByRef.get(`huggingface/${ref.id}`)
  const own = ownByRef.get(text)
  const known = compact({
    context_length: contextLengthOf(ref, base) ?? builtIn?.['context_length'],
    max_completion_tokens: base?.['max_completion_tokens'] ?? builtIn?.['max_completion_tokens'],
    input_modalities: inputModalitiesOf(base) ?? inputModalitiesOf(builtIn),
    reasoning: base?.['reasoning'] ?? builtIn?.['reasoning'],
  })
  // `created` is part of OpenAI's shape; 0 where nobody knows.
  const model = { object: 'model', created: 0, owned_by: ref.id.slice(0, ref.id.indexOf('/')), ...(base ?? builtIn) }
  const exactName = aliasByRef.get(text) ?? own?.name
  const said = [ownOfBase?.name, base?.['name'], base?.['title'], base?.['display_name'], builtIn?.['name']]
  const name =
    exactName ?? `${said.map(readName).find((one) => one !== undefined) ?? nameFromId(ref.id)}${formatRouting(ref)}`
  return { ...model, ...known, ...fromOwn({ ...ownOfBase, ...own }), id: text, name }
}

/** Tells a model's rows apart where they have no names of their own: ` (fastest)`, ` (together)`. */
function formatRouting({ routing }: ModelRef): string {
  if (routing.kind === 'default') return ''
  return ` (${routing.kind === 'policy' ? routing.policy : routing.provider})`
}

/** OpenClaw's names for a row's fields, and beside them those that other clients read. */
function fromOwn(own: Partial<OwnModel>): Record<string, unknown> {
  return compact({
    ...own,
    context_length: own.contextWindow,
    max_completion_tokens: own.maxTokens,
    input_modalities: own.input,
    pricing: own.cost,
  })
}

/**
 * The context that a request may count on: the pinned provider's, else the least of all live ones, because the router
 * may choose any of them.
 */
function contextLengthOf(ref: ModelRef, base: RouterModel | undefined): number | undefined {
  const own = positive(base?.['context_length'])
  if (own !== undefined) return own
  const pinned = ref.routing.kind === 'provider' ? ref.routing.provider : undefined
  const lengths = providersOf(base)
    .filter((provider) => (pinned ? provider['provider'] === pinned : provider['status'] !== 'error'))
    .flatMap((provider) => positive(provider['context_length']) ?? [])
  return lengths.length > 0 ? Math.min(...lengths) : undefined
}

function providersOf(model: RouterModel | undefined): Record<string, unknown>[] {
  const providers = model?.['providers']
  return Array.isArray(providers) ? providers.filter((provider) => typeof provider === 'object' && provider) : []
}

function inputModalitiesOf(model: RouterModel | undefined): unknown {
  const architecture = model?.['architecture']
  const listed =
    typeof architecture === 'object' && architecture && 'input_modalities' in architecture
      ? architecture.input_modalities
      : undefined
  return Array.isArray(listed) && listed.length > 0 ? listed : undefined
}

function compact(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function isPlainId(id: string): boolean {
  const parsed = parseModelRef(`huggingface/${id}`)
  return parsed.ok && parsed.value.routing.kind === 'default'
}

const MAX_NAME_CHARACTERS = 200

/** A name that a terminal or a menu can show as it is: control and direction characters are taken out. */
function readName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const name = value
    .slice(0, MAX_NAME_CHARACTERS)
    .replace(/\p{C}+/gu, ' ')
    .trim()
  return name === '' ? undefined : name
}

/** A count, where `value` is one. */
export const positive = (value: unknown) => (typeof value === 'number' && value > 0 ? value : undefined)
