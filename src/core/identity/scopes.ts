/** How much may be spent, and when it begins anew. `usd` as it was configured: dollars, not nanodollars. */
export type BudgetRule = { readonly usd: number; readonly per: 'day' | 'week' | 'month' | 'total' }

/** Rates: each holds over all isolates. Absent, there is none. */
export type LimitRules = {
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
  /** Requests at once. */
  readonly concurrent?: number | undefined
}

/** What a key or a project is bound to. Both hold; what is absent binds nobody. */
export type KeyScopes = {
  readonly budget?: BudgetRule | undefined
  readonly limits?: LimitRules | undefined
  /** Refs, aliases and `org/*` that may be asked for. */
  readonly models?: readonly string[] | undefined
}
