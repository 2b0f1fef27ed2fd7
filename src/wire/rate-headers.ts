import type { Amounts, RateStand } from '../core/limits/exchange.ts'

/**
 * `x-ratelimit-*` as OpenAI writes them, of the strictest of several bounds: what is left of a bucket and of what this
 * isolate has leased of it.
 *
 * @param leased What the isolate holds beside that.
 */
export function rateHeaders(rates: readonly RateStand[], leased: Amounts): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const what of ['requests', 'tokens'] as const) {
    const left = ({ remaining, limit }: RateStand) => Math.min(limit, remaining + leased[what])
    const [strictest] = rates.filter((rate) => rate.what === what).sort((a, b) => left(a) - left(b))
    if (!strictest) continue
    headers[`x-ratelimit-limit-${what}`] = String(strictest.limit)
    headers[`x-ratelimit-remaining-${what}`] = String(Math.max(0, Math.floor(left(strictest))))
    headers[`x-ratelimit-reset-${what}`] = formatReset(strictest.fullInMs)
  }
  return headers
}

/** `17ms`, `1.2s`, `6m0s`. */
export function formatReset(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`
  if (ms < 60_000) return `${Math.ceil(ms / 100) / 10}s`
  const seconds = Math.ceil(ms / 1_000)
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`
}

/** What {@link formatReset} wrote, in milliseconds; `undefined` for anything else. */
export function readReset(text: string): number | undefined {
  const [, minutes, value, unit] = /^(?:(\d+)m)?(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? []
  return value === undefined ? undefined : Number(minutes ?? 0) * 60_000 + Number(value) * (unit === 's' ? 1_000 : 1)
}
