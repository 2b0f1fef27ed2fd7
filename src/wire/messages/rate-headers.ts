import { readReset } from '../rate-headers.ts'

/**
 * `anthropic-ratelimit-*` beside `x-ratelimit-*`: the same bounds, as clients of the Messages API read them. Their resets are
 * times, not spans.
 */
export function toMessagesRateHeaders(headers: Pick<Headers, 'get'>, nowMs: number): Record<string, string> {
  const told: Record<string, string> = {}
  for (const what of ['requests', 'tokens']) {
    for (const fact of ['limit', 'remaining'] as const) {
      const value = headers.get(`x-ratelimit-${fact}-${what}`)
      if (value !== null) told[`anthropic-ratelimit-${what}-${fact}`] = value
    }
    const resetMs = readReset(headers.get(`x-ratelimit-reset-${what}`) ?? '')
    if (resetMs !== undefined) {
      told[`anthropic-ratelimit-${what}-reset`] = new Date(Math.ceil((nowMs + resetMs) / 1_000) * 1_000).toISOString()
    }
  }
  return told
}
