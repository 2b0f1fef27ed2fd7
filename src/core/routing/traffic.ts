import type { Offer } from '../catalog/offers.ts'

/**
 * What was seen of one provider of one model. Plain data, decayed: what is old or was followed by much counts less, so
 * the numbers are weights, not counts.
 */
export type Traffic = {
  /** When the first of it was seen, and the last; milliseconds since the epoch. */
  readonly since: number
  readonly at: number
  /** Attempts, of which failed before an answer, of which broke after it had begun. */
  readonly attempts: number
  readonly failed: number
  readonly broken: number
  /** Waits for the first token by {@link FIRST_TOKEN_BOUNDS}. */
  readonly firstTokens: readonly number[]
  /** Tokens of answers whose duration is known, and the milliseconds from first to last. */
  readonly tokens: number
  readonly generationMs: number
  /** Answers to requests with tools, and those of them that had to be repaired or broke. */
  readonly toolAnswers: number
  readonly badToolAnswers: number
}

/** What one attempt taught. */
export type Sighting =
  | { readonly kind: 'failed' }
  | {
      readonly kind: 'answered'
      readonly isBroken: boolean
      readonly firstTokenMs?: number | undefined
      readonly tokens?: number | undefined
      readonly generationMs?: number | undefined
      /** Absent for a request without tools. */
      readonly areToolsBad?: boolean | undefined
    }

/** What a request may expect of an offer: what was seen and what the catalogue says, by how much was seen. */
export type Expectation = {
  readonly firstTokenMs: number
  readonly tokensPerSecond: number
  /** Share of attempts that fail or break, from 0 to 1. */
  readonly failureShare: number
  /** The weight of what was seen. */
  readonly attempts: number
}

/** Half of what was seen is forgotten in this time. */
const HALF_LIFE_MS = 360 * 60_000
/** Beyond so many attempts each new one pushes the old ones out, so that a busy isolate notices a change as fast. */
const MOST_ATTEMPTS = 50
/** The catalogue's figures count as so many attempts. */
const CATALOG_WEIGHT = 5
/** So many attempts, nearly all of them good, are taken for granted: one failure is no share of failures. */
const GOOD_FAITH = 10
/** What is expected of an offer that nobody has told anything of. */
const UNKNOWN = { firstTokenMs: 1_500, tokensPerSecond: 40, failureShare: 0.02 }

const BUCKETS = 32
const GROWTH = 1.35
/** Upper bounds in milliseconds: 25, 34, 46 ... 275,000. */
const FIRST_TOKEN_BOUNDS: readonly number[] = Array.from({ length: BUCKETS }, (_, i) => 25 * GROWTH ** i)

/** What is known after a sighting at `nowMs`. */
export function learn(before: Traffic | undefined, sighting: Sighting, nowMs: number): Traffic {
  const old = before ? fade(before, nowMs) : emptyTraffic(nowMs)
  const next = { ...old, at: Math.max(old.at, nowMs), attempts: old.attempts + 1 }
  if (sighting.kind === 'failed') return { ...next, failed: next.failed + 1 }
  const { isBroken, firstTokenMs, tokens, generationMs, areToolsBad } = sighting
  const isTimed = tokens !== undefined && generationMs !== undefined && tokens > 1 && generationMs > 0
  return {
    ...next,
    broken: next.broken + Number(isBroken),
    firstTokens: firstTokenMs === undefined ? next.firstTokens : withOne(next.firstTokens, firstTokenMs),
    tokens: next.tokens + (isTimed ? tokens : 0),
    generationMs: next.generationMs + (isTimed ? generationMs : 0),
    toolAnswers: next.toolAnswers + Number(areToolsBad !== undefined),
    badToolAnswers: next.badToolAnswers + Number(areToolsBad === true),
  }
}

/** What two isolates, or two hours, saw of the same offer. */
export function mergeTraffic(a: Traffic, b: Traffic): Traffic {
  return {
    since: Math.min(a.since, b.since),
    at: Math.max(a.at, b.at),
    attempts: a.attempts + b.attempts,
    failed: a.failed + b.failed,
    broken: a.broken + b.broken,
    firstTokens: FIRST_TOKEN_BOUNDS.map((_, index) => (a.firstTokens[index] ?? 0) + (b.firstTokens[index] ?? 0)),
    tokens: a.tokens + b.tokens,
    generationMs: a.generationMs + b.generationMs,
    toolAnswers: a.toolAnswers + b.toolAnswers,
    badToolAnswers: a.badToolAnswers + b.badToolAnswers,
  }
}

/** Nothing yet. */
function emptyTraffic(nowMs: number): Traffic {
  const nothing = { attempts: 0, failed: 0, broken: 0, tokens: 0, generationMs: 0, toolAnswers: 0, badToolAnswers: 0 }
  return { since: nowMs, at: nowMs, ...nothing, firstTokens: FIRST_TOKEN_BOUNDS.map(() => 0) }
}

/** What is left of it at `nowMs`: half after each half-life, and never more than the most that is held. */
export function fade(traffic: Traffic, nowMs: number): Traffic {
  const age = 0.5 ** (Math.max(0, nowMs - traffic.at) / HALF_LIFE_MS)
  const room = Math.min(1, (MOST_ATTEMPTS - 1) / Math.max(1, traffic.attempts))
  return scale(traffic, Math.min(age, room))
}

/** The same, as if it were of no more than so many attempts. */
export function weigh(traffic: Traffic, mostAttempts: number): Traffic {
  return scale(traffic, Math.min(1, mostAttempts / Math.max(1, traffic.attempts)))
}

function scale(traffic: Traffic, factor: number): Traffic {
  if (factor === 1) return traffic
  return {
    since: traffic.since,
    at: traffic.at,
    attempts: traffic.attempts * factor,
    failed: traffic.failed * factor,
    broken: traffic.broken * factor,
    firstTokens: traffic.firstTokens.map((weight) => weight * factor),
    tokens: traffic.tokens * factor,
    generationMs: traffic.generationMs * factor,
    toolAnswers: traffic.toolAnswers * factor,
    badToolAnswers: traffic.badToolAnswers * factor,
  }
}

/** The wait for the first token that this share of answers did not exceed, in milliseconds. */
export function firstTokenQuantile({ firstTokens }: Pick<Traffic, 'firstTokens'>, share: number): number | undefined {
  const total = sum(firstTokens)
  if (total <= 0) return undefined
  let left = total * share
  for (const [index, weight] of firstTokens.entries()) {
    const upper = FIRST_TOKEN_BOUNDS[index] ?? 0
    // Within a bucket the waits are taken as spread evenly on its logarithmic scale.
    if (weight >= left && weight > 0) return (upper / GROWTH) * GROWTH ** (left / weight)
    left -= weight
  }
  return FIRST_TOKEN_BOUNDS.at(-1)
}

/** Tokens a second from the first token to the last. */
export function tokensPerSecondOf({ tokens, generationMs }: Traffic): number | undefined {
  return generationMs > 0 && tokens > 0 ? (tokens / generationMs) * 1_000 : undefined
}

/** What an offer may be expected to do at `nowMs`. */
export function expectationOf(offer: Offer, traffic: Traffic | undefined, nowMs: number): Expectation {
  const said = {
    firstTokenMs: offer.firstTokenMs ?? UNKNOWN.firstTokenMs,
    tokensPerSecond: offer.tokensPerSecond ?? UNKNOWN.tokensPerSecond,
  }
  if (!traffic) return { ...said, failureShare: UNKNOWN.failureShare, attempts: 0 }
  const seen = fade(traffic, nowMs)
  const answered = sum(seen.firstTokens)
  const firstTokenMs = blend(firstTokenQuantile(seen, 0.5), answered, said.firstTokenMs)
  const tokensPerSecond = blend(tokensPerSecondOf(seen), answered, said.tokensPerSecond)
  const failures = seen.failed + seen.broken + UNKNOWN.failureShare * GOOD_FAITH
  const failureShare = Math.min(1, failures / (seen.attempts + GOOD_FAITH))
  return { firstTokenMs, tokensPerSecond, failureShare, attempts: seen.attempts }
}

function blend(seen: number | undefined, weight: number, said: number): number {
  return seen === undefined ? said : (seen * weight + said * CATALOG_WEIGHT) / (weight + CATALOG_WEIGHT)
}

function withOne(weights: readonly number[], ms: number): number[] {
  const found = FIRST_TOKEN_BOUNDS.findIndex((bound) => ms <= bound)
  const index = found === -1 ? BUCKETS - 1 : found
  return weights.map((weight, at) => (at === index ? weight + 1 : weight))
}

const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0)
