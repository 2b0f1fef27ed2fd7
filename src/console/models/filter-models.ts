import type { ModelRow } from '../shapes.ts'

export const NO_MODEL_FILTER = { text: '', provider: '', context: '', price: '', tools: false, vision: false }
export type ModelFilter = typeof NO_MODEL_FILTER

/** The models that fit every filter; a number that is none filters nothing. */
export function filterModels(models: readonly ModelRow[], filter: ModelFilter): readonly ModelRow[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  const context = positive(filter.context)
  const price = positive(filter.price)
  return models.filter((model) => {
    const offers = model.providers ?? []
    const said = `${model.id} ${model.name ?? ''}`.toLowerCase()
    const prices = outputPrices(model)
    return (
      words.every((word) => said.includes(word)) &&
      (filter.provider === '' || offers.some(({ provider }) => provider === filter.provider)) &&
      (context === undefined || (model.context_length ?? 0) >= context) &&
      (price === undefined || (prices.length > 0 && Math.min(...prices) <= price)) &&
      (!filter.tools || offers.some((offer) => offer.supports_tools)) &&
      (!filter.vision || (model.architecture?.input_modalities?.includes('image') ?? false))
    )
  })
}

export function providersOf(models: readonly ModelRow[]): readonly string[] {
  return [...new Set(models.flatMap(({ providers = [] }) => providers.map(({ provider }) => provider)))].toSorted()
}

/** What a million tokens of output cost, from the cheapest provider to the dearest. */
export function priceRange(model: ModelRow): string {
  const prices = outputPrices(model)
  if (prices.length === 0) return '-'
  const [low, high] = [Math.min(...prices), Math.max(...prices)]
  return low === high ? String(low) : `${low} to ${high}`
}

const outputPrices = ({ providers = [] }: ModelRow) => providers.flatMap(({ pricing }) => pricing?.output ?? [])

function positive(text: string): number | undefined {
  const value = Number(text)
  return text.trim() !== '' && value > 0 ? value : undefined
}
