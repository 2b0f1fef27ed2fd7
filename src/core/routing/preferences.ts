import { isObject } from '../../json/is-object.ts'
import { nearestOf } from '../../json/nearest.ts'
import type { Failure, Problem } from '../failure.ts'
import { err, ok, type Result } from '../result.ts'

export const SORTS = ['price', 'throughput', 'latency'] as const

/**
 * What a request, or the configuration for it, wishes of the providers that serve it. OpenRouter's names in camel case;
 * what is absent wishes for nothing. Providers by Hugging Face's names, in lower case.
 */
export type Preferences = {
  /** Tried first, in this order. */
  readonly order?: readonly string[] | undefined
  /** Nobody else. */
  readonly only?: readonly string[] | undefined
  readonly ignore?: readonly string[] | undefined
  /** `false`: only those of `order`, or without it only the best provider of each model. */
  readonly allowFallbacks?: boolean | undefined
  /** Only providers that are known to support what the request uses. */
  readonly requireParameters?: boolean | undefined
  readonly sort?: (typeof SORTS)[number] | undefined
  /** US dollars per million tokens. */
  readonly maxPrice?: { readonly prompt?: number | undefined; readonly completion?: number | undefined } | undefined
  /** Tokens a second; slower providers come after those that keep it. */
  readonly preferredMinThroughput?: number | undefined
  /** Milliseconds until the first token; slower providers come after those that keep it. */
  readonly preferredMaxLatencyMs?: number | undefined
}

export const NO_PREFERENCES: Preferences = {}

const MAX_NAMES = 32
/** A caller who got more than this wrong reads no further. */
const MAX_PROBLEMS = 8
const PROVIDER = /^[a-z\d](?:[\w-]{0,62}[a-z\d])?$/
/** OpenRouter's names of providers that Hugging Face calls otherwise. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['fireworks', 'fireworks-ai'],
  ['featherless', 'featherless-ai'],
  ['z-ai', 'zai-org'],
])

/**
 * Reads the request's `provider` object.
 *
 * @returns A `bad_request` that names each wrong field with its path and what is accepted, and each wish that nobody here
 *   can keep. A wish is never dropped in silence.
 */
export function parsePreferences(value: unknown): Result<Preferences, Failure> {
  if (value === undefined || value === null) return ok(NO_PREFERENCES)
  const { preferences, problems } = readPreferences(value, 'provider')
  const [first] = problems
  if (!first) return ok(preferences)
  const message = problems.map((problem) => `${problem.path} ${problem.message}.`).join(' ')
  return err({ kind: 'bad_request', message, param: first.path })
}

/** As {@link parsePreferences}, for a document: what is sound of it, and a problem for each field that is not. */
export function readPreferences(
  value: unknown,
  path: string,
): { readonly preferences: Preferences; readonly problems: readonly Problem[] } {
  if (!isObject(value)) {
    return { preferences: {}, problems: [{ path, message: 'must be an object such as {"only": ["groq"]}' }] }
  }
  const preferences: Preferences = {}
  const problems: Problem[] = []
  for (const [key, wish] of Object.entries(value)) {
    if (problems.length === MAX_PROBLEMS) break
    const read = readWish(key, wish)
    if (typeof read === 'string') problems.push({ path: `${path}.${printable(key)}`, message: read })
    else Object.assign(preferences, read)
  }
  return { preferences, problems }
}

/** What holds where both say something: the later one's word, field by field. */
export function mergePreferences(...layers: readonly (Preferences | undefined)[]): Preferences {
  const said = layers.filter((layer) => layer && layer !== NO_PREFERENCES)
  if (said.length <= 1) return said[0] ?? NO_PREFERENCES
  const prices = said.map((layer) => layer?.maxPrice).filter((price) => price !== undefined)
  const maxPrice = prices.length > 0 ? { maxPrice: Object.assign({}, ...prices) } : {}
  return Object.assign({}, ...said, maxPrice)
}

/**
 * What a request's own wishes come to under the configuration's: its order and its sort win, but whom the configuration keeps
 * out stays out. A request narrows `only`, `ignore` and `max_price`, and never widens them.
 */
export function wishWithin(allowed: Preferences, wished: Preferences): Preferences {
  const merged = mergePreferences(allowed, wished)
  if (wished === NO_PREFERENCES || allowed === NO_PREFERENCES) return merged
  const bound = boundOf(allowed)
  const only = bound && (wished.only?.filter((name) => bound.includes(name)) ?? bound)
  const ignore = allowed.ignore && wished.ignore && [...new Set([...allowed.ignore, ...wished.ignore])]
  const maxPrice = allowed.maxPrice && wished.maxPrice && lowerOf(allowed.maxPrice, wished.maxPrice)
  return { ...merged, ...(only && { only }), ...(ignore && { ignore }), ...(maxPrice && { maxPrice }) }
}

/** Who alone may be asked; an order without fallbacks says so as well. */
function boundOf({ only, order, allowFallbacks }: Preferences): readonly string[] | undefined {
  if (allowFallbacks !== false || !order) return only
  return only ? order.filter((name) => only.includes(name)) : order
}

type MaxPrice = NonNullable<Preferences['maxPrice']>

function lowerOf(one: MaxPrice, other: MaxPrice): MaxPrice {
  const lower = { ...one, ...other }
  for (const side of ['prompt', 'completion'] as const) {
    const [own, wished] = [one[side], other[side]]
    if (own !== undefined && wished !== undefined) lower[side] = Math.min(own, wished)
  }
  return lower
}

/** Whether they say who may serve a request at all. */
export function isFiltering({ only, ignore, maxPrice, requireParameters }: Preferences): boolean {
  return Boolean(only ?? ignore ?? maxPrice ?? requireParameters)
}

/** Whether they say whom to ask first. */
export function isOrdering(preferences: Preferences): boolean {
  const { order, sort, preferredMinThroughput, preferredMaxLatencyMs } = preferences
  return Boolean(order ?? sort ?? preferredMinThroughput ?? preferredMaxLatencyMs)
}

/** A provider's name as Hugging Face writes it. */
function normalizeProvider(name: string): string {
  const lower = name.trim().toLowerCase()
  return NAMES.get(lower) ?? lower
}

/** @returns What the wish comes to, or what is wrong with it. */
function readWish(key: string, wish: unknown): Preferences | string {
  if (wish === null || wish === undefined) return {}
  const field = Object.hasOwn(WISHES, key) ? WISHES[key] : undefined
  if (field) return field.read(wish) ?? `must be ${field.accepts}`
  const unkept = Object.hasOwn(UNKEPT, key) ? UNKEPT[key] : undefined
  if (isNothing(wish) || wish === unkept?.harmless) return {}
  if (unkept) return `cannot be kept: ${unkept.why}`
  const nearest = nearestOf(key.slice(0, 64), Object.keys(WISHES))
  return `is no wish that this gateway knows${nearest ? `; did you mean ${nearest}?` : ''}`
}

type Wish = { readonly accepts: string; read(value: unknown): Preferences | undefined }

const LIST = `a list of at most ${MAX_NAMES} providers such as ["groq", "together"]`

const WISHES: Readonly<Record<string, Wish>> = {
  order: { accepts: LIST, read: (value) => withNames(value, (order) => ({ order })) },
  only: { accepts: LIST, read: (value) => withNames(value, (only) => ({ only })) },
  ignore: { accepts: LIST, read: (value) => withNames(value, (ignore) => ({ ignore })) },
  allow_fallbacks: {
    accepts: 'true or false',
    read: (value) => (typeof value === 'boolean' ? { allowFallbacks: value } : undefined),
  },
  require_parameters: {
    accepts: 'true or false',
    // `false` takes a default back.
    read: (value) => (typeof value === 'boolean' ? { requireParameters: value || undefined } : undefined),
  },
  sort: { accepts: '"price", "throughput" or "latency"', read: readSort },
  max_price: {
    accepts:
      '{"prompt": 1, "completion": 2}, US dollars per million tokens; a price for each request or image is not known',
    read: readMaxPrice,
  },
  preferred_min_throughput: {
    accepts: 'tokens a second, a number above 0 or {"p50": 40}',
    read: (value) => withMedian(value, (preferredMinThroughput) => ({ preferredMinThroughput })),
  },
  preferred_max_latency: {
    accepts: 'seconds until the first token, a number above 0 or {"p50": 1.5}',
    read: (value) => withMedian(value, (seconds) => ({ preferredMaxLatencyMs: seconds * 1_000 })),
  },
}

const NOT_TOLD = 'the catalogue tells nothing of it. Leave it out, or pin a provider that you trust with "only"'

/** OpenRouter's wishes that nothing here can keep, and the value of each that wishes for nothing. */
const UNKEPT: Readonly<Record<string, { readonly why: string; readonly harmless?: unknown }>> = {
  data_collection: { why: NOT_TOLD, harmless: 'allow' },
  zdr: { why: NOT_TOLD },
  quantizations: { why: NOT_TOLD },
  enforce_distillable_text: { why: NOT_TOLD },
}

function withNames(value: unknown, make: (names: readonly string[]) => Preferences): Preferences | undefined {
  if (!Array.isArray(value) || value.length > MAX_NAMES) return undefined
  const names = value.map((name: unknown) => (typeof name === 'string' ? normalizeProvider(name) : ''))
  if (!names.every((name) => PROVIDER.test(name))) return undefined
  return names.length > 0 ? make(names) : {}
}

function readSort(value: unknown): Preferences | undefined {
  // OpenRouter's longer form; sorting across models is not what a chain of models means here.
  const { by, partition = 'model', ...others } = isObject(value) ? value : { by: value }
  if (partition !== 'model' || Object.keys(others).length > 0) return undefined
  const sort = SORTS.find((name) => name === by)
  return sort && { sort }
}

function readMaxPrice(value: unknown): Preferences | undefined {
  if (!isObject(value)) return undefined
  const { prompt, completion, ...others } = value
  if (!Object.values(others).every((other) => other === null)) return undefined
  const sides = [toAmount(prompt), toAmount(completion)]
  if (sides.includes(Number.NaN)) return undefined
  const [mostPrompt, mostCompletion] = sides
  if (mostPrompt === undefined && mostCompletion === undefined) return {}
  return {
    maxPrice: {
      ...(mostPrompt !== undefined && { prompt: mostPrompt }),
      ...(mostCompletion !== undefined && { completion: mostCompletion }),
    },
  }
}

/** OpenRouter's clients send prices as numbers or as texts. @returns NaN for what is no amount. */
function toAmount(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const amount = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof amount === 'number' && Number.isFinite(amount) && amount >= 0 ? amount : Number.NaN
}

/** Only the median is known of what the catalogue measures, so the other percentiles cannot be held to. */
function withMedian(value: unknown, make: (median: number) => Preferences): Preferences | undefined {
  const { p50, ...others } = isObject(value) ? value : { p50: value }
  if (typeof p50 !== 'number' || !Number.isFinite(p50) || p50 <= 0 || Object.keys(others).length > 0) return undefined
  return make(p50)
}

function isNothing(wish: unknown): boolean {
  if (wish === false) return true
  return typeof wish === 'object' && wish !== null && Object.keys(wish).length === 0
}

/** A key is the caller's text. */
function printable(key: string): string {
  return key.replace(/[^\x20-\x7e]/g, '?').slice(0, 80)
}
