import { existsSync, readFileSync } from 'node:fs'
import { type Offer, offersOf } from '../../src/core/catalog/offers.ts'
import type { RouterModel } from '../../src/core/catalog/router-model.ts'

/** A recording of the real router's list, kept beside the project; not everybody has it. */
const RECORDED = '../shared/fixtures/router-v1-models-2026.json'

/** Models that several providers serve for a price: where there is something to choose. */
export function modelsWithChoice(most: number): readonly RouterModel[] {
  const list: readonly RouterModel[] = existsSync(RECORDED) ? JSON.parse(readFileSync(RECORDED, 'utf8')).data : OWN
  const priced = (model: RouterModel): readonly Offer[] => offersOf(model).filter(({ price }) => price !== undefined)
  return list
    .filter((model) => priced(model).length > 1)
    .toSorted((a, b) => priced(b).length - priced(a).length)
    .slice(0, most)
}

const offer = (provider: string, input: number, output: number) => ({
  provider,
  status: 'live',
  pricing: { input, output },
  context_length: 131_072,
  supports_tools: true,
})

/** Made up, with what the recording shows: prices that differ two- to fourfold, and in both directions. */
const OWN: readonly RouterModel[] = [
  { id: 'made-up/large', providers: [offer('novita', 0.6, 2.6), offer('together', 1.25, 2.5), offer('groq', 1, 3)] },
  {
    id: 'made-up/reasoner',
    providers: [offer('novita', 0.7, 2.5), offer('together', 3, 7), offer('nscale', 0.55, 2.7)],
  },
  {
    id: 'made-up/medium',
    providers: [offer('groq', 0.29, 0.59), offer('novita', 0.1, 0.45), offer('together', 0.4, 0.4)],
  },
  {
    id: 'made-up/small',
    providers: [offer('novita', 0.02, 0.05), offer('cerebras', 0.1, 0.1), offer('nscale', 0.06, 0.04)],
  },
  {
    id: 'made-up/open',
    providers: [offer('cerebras', 0.35, 0.75), offer('groq', 0.15, 0.75), offer('nscale', 0.1, 0.8)],
  },
  { id: 'made-up/coder', providers: [offer('novita', 0.4, 1.6), offer('together', 2, 2), offer('groq', 1.2, 1.5)] },
]
