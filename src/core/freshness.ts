/** What to do with a kept copy: serve it, serve it and renew it behind the caller's back, or renew it first. */
export type Freshness = 'use' | 'use_and_refresh' | 'refresh_first'

/** Ages in milliseconds: under `freshMs` a copy is used as it is, from `staleMs` on it is not used unrenewed. */
export type FreshnessPolicy = { readonly freshMs: number; readonly staleMs: number }

/**
 * Judges a kept copy by its age.
 *
 * @param ageMs Milliseconds since the copy was fetched; `undefined` when there is none. A negative age (a clock that
 *   was set back, a copy from a location whose clock runs ahead) counts as "renew": it could last for ever otherwise.
 */
export function judgeFreshness(ageMs: number | undefined, policy: FreshnessPolicy): Freshness {
  if (ageMs === undefined || ageMs >= policy.staleMs) return 'refresh_first'
  return ageMs >= 0 && ageMs < policy.freshMs ? 'use' : 'use_and_refresh'
}
