import type { HubModelId } from '../routing/model-ref.ts'
import type { RouterModel } from './router-model.ts'

/**
 * What one provider offers of one model, as the catalogue tells it. Everything but the name is missing often: what is
 * absent is not known, which is neither yes nor no.
 */
export type Offer = {
  readonly model: HubModelId
  /** As the router takes it behind the colon. */
  readonly provider: string
  /** `false` where the router's own check flags the provider as failing. */
  readonly isLive: boolean
  readonly price?: Price | undefined
  /** Tokens. */
  readonly contextLength?: number | undefined
  readonly supportsTools?: boolean | undefined
  readonly supportsStructuredOutput?: boolean | undefined
  readonly takesImages?: boolean | undefined
  /** Milliseconds, measured by Hugging Face. */
  readonly firstTokenMs?: number | undefined
  readonly tokensPerSecond?: number | undefined
}

/** US dollars per million tokens. */
export type Price = { readonly input: number; readonly output: number }

const FREE: Price = { input: 0, output: 0 }
/** `hf-inference` bills seconds of computing, so no price per token of it is one. */
const BILLS_BY_TIME = 'hf-inference'

/**
 * The offers of one model of the router's list, in its order. Read field by field: a field of an unknown shape counts
 * as absent, an entry without a provider's name is none.
 *
 * @param ownPriceOf The configuration's price of a provider's offer, which wins over the router's.
 */
export function offersOf(
  model: RouterModel,
  ownPriceOf: (provider: string) => Price | undefined = () => undefined,
): readonly Offer[] {
  const providers = model['providers']
  if (!Array.isArray(providers)) return []
  const takesImages = takesImagesOf(model)
  return providers.flatMap((entry: unknown) => {
    const provider = isFields(entry) ? entry['provider'] : undefined
    if (!isFields(entry) || typeof provider !== 'string' || provider === '') return []
    return [
      {
        model: model.id as HubModelId, // the catalog keeps only rows whose id is one
        provider,
        isLive: entry['status'] !== 'error',
        price: ownPriceOf(provider) ?? priceOfEntry(provider, entry),
        contextLength: aboveZero(entry['context_length']),
        supportsTools: flag(entry['supports_tools']),
        supportsStructuredOutput: flag(entry['supports_structured_output']),
        takesImages,
        firstTokenMs: aboveZero(entry['first_token_latency_ms']),
        tokensPerSecond: aboveZero(entry['throughput']),
      },
    ]
  })
}

/** A price in dollars per million tokens, where both of its sides are told. */
function readPrice(value: unknown): Price | undefined {
  if (!isFields(value)) return undefined
  const { input, output } = value
  return isAmount(input) && isAmount(output) ? { input, output } : undefined
}

/**
 * The price of a row's configured `cost`. OpenClaw writes zeros into every row whose price it does not know, so they say
 * nothing: counted as a price, they would open every budget.
 */
export function readConfiguredPrice(cost: unknown): Price | undefined {
  const price = readPrice(cost)
  return price && price.input + price.output > 0 ? price : undefined
}

function priceOfEntry(provider: string, entry: Fields): Price | undefined {
  if (entry['is_free'] === true) return FREE
  return provider === BILLS_BY_TIME ? undefined : readPrice(entry['pricing'])
}

function takesImagesOf(model: RouterModel): boolean | undefined {
  const architecture = model['architecture']
  const listed = isFields(architecture) ? architecture['input_modalities'] : undefined
  return Array.isArray(listed) && listed.length > 0 ? listed.includes('image') : undefined
}

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0
const aboveZero = (value: unknown) => (isAmount(value) && value > 0 ? value : undefined)
const flag = (value: unknown) => (typeof value === 'boolean' ? value : undefined)
