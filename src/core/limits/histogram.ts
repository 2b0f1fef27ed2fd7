/** Upper bounds in milliseconds of what times are counted by; one more bucket holds all that is longer. */
export const BUCKETS_MS = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000] as const

/** Times of many completions: how many in each bucket, not cumulative, and their sum in milliseconds. */
export type Histogram = { readonly counts: readonly number[]; readonly sumMs: number }

export const NO_TIMES: Histogram = { counts: Array.from({ length: BUCKETS_MS.length + 1 }, () => 0), sumMs: 0 }

/** With one time more. */
export function withTime({ counts, sumMs }: Histogram, ms: number | null): Histogram {
  if (ms === null) return { counts, sumMs }
  const bucket = BUCKETS_MS.findIndex((bound) => ms <= bound)
  const at = bucket === -1 ? BUCKETS_MS.length : bucket
  return { counts: counts.map((count, index) => (index === at ? count + 1 : count)), sumMs: sumMs + Math.round(ms) }
}

/**
 * The time that this share of them did not exceed, in milliseconds; `undefined` of none. Estimated: within a bucket times are
 * taken as spread evenly on a logarithmic scale, so it is off by the bucket's width at most (a factor of 2 to 3, up to 100 ms
 * in the first), and longer than the last bound is told as that bound. One time alone is told as it was.
 */
export function quantileOf({ counts, sumMs }: Histogram, share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total <= 1) return total === 1 ? sumMs : undefined
  let left = total * share
  for (const [index, count] of counts.entries()) {
    const upper = BUCKETS_MS[index]
    if (count >= left && count > 0 && upper !== undefined) return between(BUCKETS_MS[index - 1], upper, left / count)
    left -= count
  }
  return BUCKETS_MS.at(-1)
}

function between(lower: number | undefined, upper: number, share: number): number {
  return Math.round(lower === undefined ? upper * share : lower * (upper / lower) ** share)
}

/** The times of all of them, which may be many. */
export function sumTimes(all: readonly Histogram[]): Histogram {
  const counts = NO_TIMES.counts.slice()
  let sumMs = 0
  for (const one of all) {
    sumMs += one.sumMs
    for (let at = 0; at < counts.length; at++) counts[at] = (counts[at] ?? 0) + (one.counts[at] ?? 0)
  }
  return { counts, sumMs }
}

/** The times of both. */
export function mergeTimes(a: Histogram, b: Histogram): Histogram {
  return { counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)), sumMs: a.sumMs + b.sumMs }
}
