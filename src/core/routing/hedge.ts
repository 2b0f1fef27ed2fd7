/** When a second target may be asked beside the first: after a fixed wait, or after the wait that 95 of 100 stay below. */
export type HedgeRules = { readonly afterMs: number | 'p95'; readonly maxShare: number }

/** The same for one request, in milliseconds. */
export type Hedge = { readonly afterMs: number; readonly maxShare: number }

/** What is known of a request that might be hedged. */
export type HedgeFacts = {
  readonly isStream: boolean
  /** It carries an `Idempotency-Key`: who sends one says that it must not run twice. */
  readonly runsOnce: boolean
  /** A budget or a rate holds for it: what was reserved covers one call. */
  readonly isBounded: boolean
  /** The wait for the first target's first token that 95 of 100 stayed below, where enough was seen of it. */
  readonly p95Ms: number | undefined
}

/** Sooner than this is no sign of anything. */
const LEAST_MS = 100

/** Whether and when a request may be asked twice. */
export function planHedge(rules: HedgeRules | undefined, facts: HedgeFacts): Hedge | undefined {
  if (!rules || !facts.isStream || facts.runsOnce || facts.isBounded) return undefined
  const afterMs = rules.afterMs === 'p95' ? facts.p95Ms : rules.afterMs
  return afterMs === undefined ? undefined : { afterMs: Math.max(LEAST_MS, afterMs), maxShare: rules.maxShare }
}
