import type { Offer } from '../core/catalog/offers.ts'
import type { Clock } from '../core/clock.ts'
import type { CompletionRecord } from '../core/completion-record.ts'
import { sightingsOf } from '../core/routing/sightings.ts'
import {
  type Expectation,
  expectationOf,
  fade,
  firstTokenQuantile,
  learn,
  mergeTraffic,
  type Traffic,
  weigh,
} from '../core/routing/traffic.ts'
import { setBounded } from './bounded-map.ts'

/** What was seen of the providers, by `<org>/<model>:<provider>`; plain data. */
export type TrafficMemory = {
  readonly own: Map<string, Traffic>
  /** What all isolates saw, from KV. */
  folded: ReadonlyMap<string, Traffic>
  /** Who stood first last time, by model and ranking. */
  readonly leaders: Map<string, string>
  /** What was expected of an offer and when that was worked out. */
  readonly expected: WeakMap<Offer, { readonly at: number; readonly expectation: Expectation }>
}

export type TrafficStats = {
  /** Takes in what a record teaches. */
  learn(record: CompletionRecord): void
  expectationOf(offer: Offer): Expectation
  /** The wait for the first token that 95 of 100 stayed below, in milliseconds; `undefined` before enough was seen. */
  p95Of(model: string, provider: string): number | undefined
  leaderOf(model: string, ranking: string): string | undefined
  lead(model: string, ranking: string, provider: string): void
  /** Replaces what is known of other isolates. */
  fold(entries: ReadonlyMap<string, Traffic>): void
  /** Everything that is known, by `<org>/<model>:<provider>`. */
  report(): ReadonlyMap<string, Traffic>
}

/** Callers choose refs freely, so what is remembered of them is bounded. */
const MAX_OFFERS = 1_000
/** What is expected changes slowly, so it is not worked out for every request. */
const EXPECTED_FOR_MS = 5_000
const ENOUGH_FOR_P95 = 20
/** The other isolates together count as so many attempts beside this one's own. */
const FOLDED_WEIGHT = 20

export function createTrafficMemory(): TrafficMemory {
  return { own: new Map(), folded: new Map(), leaders: new Map(), expected: new WeakMap() }
}

export function createTrafficStats(memory: TrafficMemory, clock: Clock): TrafficStats {
  const trafficOf = (key: string): Traffic | undefined => {
    const own = memory.own.get(key)
    const folded = memory.folded.get(key)
    if (!folded) return own
    const now = clock.now()
    const others = weigh(fade(folded, now), FOLDED_WEIGHT)
    return own ? mergeTraffic(fade(own, now), others) : others
  }
  return {
    learn(record) {
      for (const { offer, sighting } of sightingsOf(record)) {
        const learnt = learn(memory.own.get(offer), sighting, clock.now())
        setBounded(memory.own, offer, learnt, MAX_OFFERS)
      }
    },
    expectationOf(offer) {
      const now = clock.now()
      const known = memory.expected.get(offer)
      if (known && now - known.at < EXPECTED_FOR_MS) return known.expectation
      const expectation = expectationOf(offer, trafficOf(`${offer.model}:${offer.provider}`), now)
      memory.expected.set(offer, { at: now, expectation })
      return expectation
    },
    p95Of(model, provider) {
      const traffic = trafficOf(`${model}:${provider}`)
      return traffic && traffic.attempts >= ENOUGH_FOR_P95 ? firstTokenQuantile(traffic, 0.95) : undefined
    },
    leaderOf: (model, ranking) => memory.leaders.get(`${model} ${ranking}`),
    lead: (model, ranking, provider) => setBounded(memory.leaders, `${model} ${ranking}`, provider, MAX_OFFERS),
    fold(entries) {
      memory.folded = entries
    },
    report() {
      const known = new Map<string, Traffic>()
      for (const key of [...memory.folded.keys(), ...memory.own.keys()]) {
        const traffic = trafficOf(key)
        if (traffic) known.set(key, traffic)
      }
      return known
    },
  }
}
