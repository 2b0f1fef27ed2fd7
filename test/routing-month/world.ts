import type { Offer } from '../../src/core/catalog/offers.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** Hugging Face looks at each provider this often. */
const PROBE_MS = 6 * HOUR_MS

/** How a provider serves one model, truly. */
type Truth = { readonly firstTokenMs: number; readonly tokensPerSecond: number; readonly failureShare: number }

/** What one attempt came to. */
export type Attempt =
  | { readonly ok: false; readonly tookMs: number }
  | { readonly ok: true; readonly firstTokenMs: number; readonly generationMs: number }

/** From when on which provider serves badly. */
export type Decline = { readonly provider: string; readonly fromMs: number; readonly toMs: number }

/** The providers as they are, which nobody in it knows; they only see attempts and probes. */
export type World = {
  attempt(offer: Offer, answerTokens: number, atMs: number): Attempt
  /** The offers as the catalogue tells them at this time: by the last probe. The same objects between two probes. */
  offersAt(id: string, atMs: number): readonly Offer[]
}

/** @param random Numbers in [0, 1), the same for the same seed. */
export function createWorld(all: readonly (readonly Offer[])[], decline: Decline, random: () => number): World {
  const truths = new Map<string, Truth>()
  for (const offer of all.flat()) {
    truths.set(keyOf(offer), {
      firstTokenMs: 500 * around(random, 0.5),
      tokensPerSecond: 60 * around(random, 0.6),
      failureShare: 0.01,
    })
  }
  const truthAt = (offer: Offer, atMs: number): Truth => {
    const truth = truths.get(keyOf(offer))
    if (!truth) throw new Error(`nobody offers ${keyOf(offer)}`)
    // Slower by a third at the busiest hour of the day.
    const busy = 1 + 0.33 * Math.max(0, Math.sin((2 * Math.PI * atMs) / DAY_MS))
    const isBad = offer.provider === decline.provider && atMs >= decline.fromMs && atMs < decline.toMs
    return {
      firstTokenMs: truth.firstTokenMs * busy * (isBad ? 6 : 1),
      tokensPerSecond: truth.tokensPerSecond / busy / (isBad ? 4 : 1),
      failureShare: isBad ? 0.35 : truth.failureShare,
    }
  }
  let probedAt = Number.NEGATIVE_INFINITY
  let probed = new Map<string, readonly Offer[]>()
  const probe = (offer: Offer, atMs: number): Offer => {
    const truth = truthAt(offer, atMs)
    return {
      ...offer,
      firstTokenMs: truth.firstTokenMs * around(random, 0.25),
      tokensPerSecond: truth.tokensPerSecond * around(random, 0.25),
    }
  }
  return {
    attempt(offer, answerTokens, atMs) {
      const truth = truthAt(offer, atMs)
      if (random() < truth.failureShare) return { ok: false, tookMs: 1_000 + random() * 4_000 }
      const firstTokenMs = truth.firstTokenMs * around(random, 0.4)
      return {
        ok: true,
        firstTokenMs,
        generationMs: (answerTokens / (truth.tokensPerSecond * around(random, 0.2))) * 1_000,
      }
    },
    offersAt(id, atMs) {
      const lastProbe = Math.floor(atMs / PROBE_MS) * PROBE_MS
      if (lastProbe !== probedAt) {
        probedAt = lastProbe
        probed = new Map(all.map((offers) => [offers[0]?.model ?? '', offers.map((offer) => probe(offer, lastProbe))]))
      }
      return probed.get(id) ?? []
    },
  }
}

const keyOf = ({ model, provider }: Offer) => `${model}:${provider}`

/** A factor whose logarithm has this standard deviation. */
function around(random: () => number, deviation: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.exp(normal * deviation)
}
