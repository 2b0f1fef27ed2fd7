/** The longest `Retry-After` that is waited out on the same target; beyond it the next target is tried at once. */
export const MAX_RETRY_AFTER_MS = 2_000

const FIRST_DELAY_MS = 200
const MAX_DELAY_MS = 2_000

/**
 * Milliseconds to wait before the same target is tried again: exponential, with full jitter over its upper half so
 * that a hundred clients that failed together do not come back together.
 *
 * @param retry 0 for the first retry.
 * @param random A number in [0, 1).
 */
export function backoffMs(retry: number, random: number): number {
  const ceiling = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** retry)
  return Math.round(ceiling * (0.5 + random / 2))
}

/**
 * Reads a `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3).
 *
 * @returns Milliseconds from `nowMs`, never negative; `undefined` when the header is absent or not readable.
 */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const text = header.trim()
  // At most ten digits: 300 years are as long as for ever, and a longer number would not be written in plain digits.
  if (/^\d{1,10}(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1_000)
  // Date.parse reads `-5` and `12 apples` as dates; an HTTP date begins with the name of a day.
  const at = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs)
}
