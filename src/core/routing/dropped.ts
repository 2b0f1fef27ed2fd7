/** Why a provider, or all of a model's, cannot serve a request. */
export type Lack = 'no_tools' | 'no_structured_output' | 'no_images' | 'context_too_small'

/** Why a provider was not considered because of a wish: it is not asked, whatever happens. */
export type Excluded =
  | 'not_in_only'
  | 'ignored'
  | 'not_in_order'
  | 'over_max_price'
  | 'price_unknown'
  | 'support_unknown'
  | 'providers_unknown'

/** Why a provider can probably not serve: it is asked only when nobody else can. */
export type Unfit = Lack | 'not_live'

/** A provider that is not asked; `*` stands for all of a model's. */
export type Dropped = { readonly provider: string; readonly reason: Excluded | Unfit }
