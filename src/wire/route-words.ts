import type { Dropped, Excluded, Unfit } from '../core/routing/dropped.ts'

/** What a person is told of a provider that is not asked; the words of `x-hugway-skipped` are the keys. */
const REASONS: Readonly<Record<Excluded | Unfit, string>> = {
  not_in_only: 'not named by provider.only',
  ignored: 'named by provider.ignore',
  not_in_order: 'not named by provider.order, and allow_fallbacks is false',
  over_max_price: 'costs more than provider.max_price',
  price_unknown: 'its price is not known, so provider.max_price cannot be kept',
  support_unknown: 'is not known to support all that the request uses (require_parameters)',
  providers_unknown: 'nobody knows who serves the model, so provider.ignore cannot be kept',
  not_live: 'the router reports it as failing',
  no_tools: 'does not take tools',
  no_structured_output: 'does not give structured output',
  no_images: 'does not take images',
  context_too_small: 'its context is too small for this request',
}

/** The sentence for a reason. */
export function describeDropped(reason: Excluded | Unfit): string {
  return REASONS[reason]
}

const MOST_NAMED = 12

/** What a client is told whose wishes leave nobody to ask. */
export function describeNobodyLeft(
  models: readonly { readonly model: string; readonly dropped: readonly Dropped[] }[],
) {
  const named = models.flatMap(({ model, dropped }) =>
    dropped.map(({ provider, reason }) => {
      const target = provider === '*' ? model : `${model.replace(/:.*/, '')}:${provider}`
      return `${target} (${describeDropped(reason)})`
    }),
  )
  const more = named.length > MOST_NAMED ? `, and ${named.length - MOST_NAMED} more` : ''
  const list = named.slice(0, MOST_NAMED).join(', ')
  return `Nobody is left to be asked: ${list}${more}. POST /v1/route/explain shows what each wish in provider does, the configuration’s too.`
}
