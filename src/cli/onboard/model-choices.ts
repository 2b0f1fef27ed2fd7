import type { Catalog, CatalogRow } from '../../core/catalog/catalog.ts'
import { formatModelRef, type ModelRef, parseModelRef } from '../../core/routing/model-ref.ts'
import type { Choice } from '../prompts.ts'
import { fieldOf, listOf } from '../worker/http-call.ts'

/** A backend that serves a model. */
export type Backend = {
  readonly provider: string
  readonly contextLength: number | undefined
  readonly price: Price | undefined
  readonly throughput: number | undefined
  readonly supportsTools: boolean | undefined
}

type Price = { readonly input: number; readonly output: number }

/**
 * Every model of the catalog three times: as it is, `:cheapest` and `:fastest`; and the rows that the configuration has
 * of its own. By name, with aliases and organisations; `first` goes before all.
 */
export function modelChoices(catalog: Catalog, first: string): readonly Choice[] {
  const refs = catalog.rows.flatMap((row) => {
    const parsed = parseModelRef(row.id)
    return parsed.ok ? [{ row, ref: parsed.value }] : []
  })
  const sorted = refs.sort((a, b) => rank(a.row, first) - rank(b.row, first) || a.row.name.localeCompare(b.row.name))
  const choices = sorted.flatMap(({ row, ref }) => {
    const own = toChoice(ref, row)
    if (ref.routing.kind !== 'default') return [own]
    const policies = (['cheapest', 'fastest'] as const).map(
      (policy): ModelRef => ({ id: ref.id, routing: { kind: 'policy', policy } }),
    )
    return [own, ...policies.map((policy) => toChoice(policy, catalog.rowOf(policy) ?? row))]
  })
  return [...new Map(choices.map((choice) => [choice.value, choice])).values()]
}

/** The organisation stands before the name: two of them may have a model of one name. */
function toChoice(ref: ModelRef, row: CatalogRow): Choice {
  const { routing } = ref
  const policy = routing.kind === 'policy' && routing.policy !== 'preferred' ? routing.policy : undefined
  const value = formatModelRef(ref)
  const organisation = ref.id.slice(0, ref.id.indexOf('/'))
  return {
    value,
    label: `${organisation} / ${row.name} - ${describeModel(row, policy)}`,
    hint: value.replace(/^huggingface\//, ''),
  }
}

/** The backends that can be asked for by name, the fastest first. */
export function liveBackends(row: CatalogRow | undefined): readonly Backend[] {
  return listOf(row?.['providers'])
    .filter((one) => fieldOf(one, 'status') !== 'error' && typeof fieldOf(one, 'provider') === 'string')
    .map((one) => ({
      provider: String(fieldOf(one, 'provider')),
      contextLength: numberOf(fieldOf(one, 'context_length')),
      price: priceOf(fieldOf(one, 'pricing')),
      throughput: numberOf(fieldOf(one, 'throughput')),
      supportsTools: typeof fieldOf(one, 'supports_tools') === 'boolean' ? !!fieldOf(one, 'supports_tools') : undefined,
    }))
    .sort((a, b) => (b.throughput ?? 0) - (a.throughput ?? 0))
}

/** The backends as an optional question shows them. */
export function backendChoices(row: CatalogRow | undefined): readonly Choice[] {
  return liveBackends(row).map(({ provider, contextLength, price, throughput }) => {
    const speed = throughput === undefined ? [] : [`${Math.round(throughput)} tokens/s`]
    const hint = [...formatContext(contextLength), ...formatPrice(price), ...speed].join(', ')
    return { value: provider, label: provider, ...(hint !== '' && { hint }) }
  })
}

/** Context and price of a model: of the backend that the router would choose, as far as the list tells. */
function describeModel(row: CatalogRow, policy: 'cheapest' | 'fastest' | undefined): string {
  const context = formatContext(numberOf(row['context_length']))
  return [...context, ...formatPrice(priceFor(row, policy))].join(', ') || 'no context or price is known'
}

/** Whether the router alone chooses the backend, so that none is asked for. */
export function isLocked({ routing }: ModelRef): boolean {
  return routing.kind === 'policy' && (routing.policy === 'cheapest' || routing.policy === 'fastest')
}

/** What a row costs: USD per million tokens. */
export function priceFor(row: CatalogRow, policy: 'cheapest' | 'fastest' | undefined): Price | undefined {
  const priced = liveBackends(row).filter((backend) => backend.price !== undefined)
  const byOutput = priced.toSorted((a, b) => (a.price?.output ?? 0) - (b.price?.output ?? 0))
  const chosen = policy === 'cheapest' ? byOutput[0] : priced[0]
  return chosen?.price ?? priceOf(row['pricing'])
}

function formatContext(tokens: number | undefined): readonly string[] {
  if (tokens === undefined) return []
  return [tokens >= 1000 ? `${Math.round(tokens / 1000)}k context` : `${tokens} context`]
}

function formatPrice(price: Price | undefined): readonly string[] {
  return price ? [`$${price.input}/$${price.output} per 1M`] : []
}

function rank(row: CatalogRow, first: string): number {
  return row.id === first ? 0 : 1
}

function priceOf(pricing: unknown): Price | undefined {
  const input = fieldOf(pricing, 'input')
  const output = fieldOf(pricing, 'output')
  return typeof input === 'number' && typeof output === 'number' ? { input, output } : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined
}
