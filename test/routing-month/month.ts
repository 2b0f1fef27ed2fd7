import { type Offer, offersOf } from '../../src/core/catalog/offers.ts'
import type { RouterModel } from '../../src/core/catalog/router-model.ts'
import type { CompletionRecord } from '../../src/core/completion-record.ts'
import { parseConfig } from '../../src/core/config/config.ts'
import { formatModelRef, type ModelRef } from '../../src/core/routing/model-ref.ts'
import { needsOf } from '../../src/core/routing/needs.ts'
import { planRoute } from '../../src/core/routing/plan-route.ts'
import { NO_PREFERENCES } from '../../src/core/routing/preferences.ts'
import { estimateUsd } from '../../src/core/routing/score.ts'
import { rememberLeaders } from '../../src/gateway/route-completion.ts'
import { createBreakerMemory, createCircuitBreakers } from '../../src/isolate/circuit-breakers.ts'
import { createTrafficMemory, createTrafficStats } from '../../src/isolate/traffic-stats.ts'
import { recordOf } from '../core/routing/support/record.ts'
import { createRandom } from '../matrix/random.ts'
import { createWorld, DAY_MS, HOUR_MS, type World } from './world.ts'

/** Who chooses the provider: the router by its own rules, or hugway. */
export type Chooser = 'router' | 'hugway'
export type Policy = 'fastest' | 'cheapest'

export type MonthOptions = {
  readonly seed: number
  readonly days: number
  readonly requestsPerDay: number
  readonly isolates: number
  readonly models: readonly RouterModel[]
  readonly policy: Policy
  readonly chooser: Chooser
}

/** What a month came to. Times in milliseconds. */
export type Month = {
  readonly requests: number
  readonly usd: number
  /** Money for a thousand requests while every provider was well. */
  readonly usdInCalm: number
  readonly firstToken: Quantiles
  readonly wholeAnswer: Quantiles
  /** The same, while one provider served badly. */
  readonly firstTokenInDecline: Quantiles
  readonly failedAttempts: number
  /** Requests that no provider answered within three attempts. */
  readonly lost: number
  /** How often another provider became the first choice, for each model and isolate a day: while all were well, and in all. */
  readonly changesInCalm: number
  readonly changesADay: number
  /** The share of requests that the declining provider was asked first, before and during its decline. */
  readonly shareBefore: number
  readonly shareInDecline: number
}

export type Quantiles = { readonly p50: number; readonly p95: number }

const MAX_ATTEMPTS = 3
const CONFIG = { fastest: { resolve: 'own' }, cheapest: { resolve: 'own', provider: { sort: 'price' } } } as const

/** The provider that declines: the one that the router would choose most at the beginning. */
function favourite(world: World, models: readonly RouterModel[], policy: Policy): string {
  const counts = new Map<string, number>()
  for (const { id } of models) {
    const [best] = routersOrder(world.offersAt(id, 0), policy)
    if (best) counts.set(best.provider, (counts.get(best.provider) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? ''
}

/** By its documentation: the highest throughput, or the lowest price of the answer; one provider, and no other. */
function routersOrder(offers: readonly Offer[], policy: Policy): readonly Offer[] {
  return offers.toSorted((a, b) =>
    policy === 'fastest'
      ? (b.tokensPerSecond ?? 0) - (a.tokensPerSecond ?? 0)
      : (a.price?.output ?? Number.POSITIVE_INFINITY) - (b.price?.output ?? Number.POSITIVE_INFINITY),
  )
}

/** Plays a month of requests in virtual time, with the code that routes them. */
export function playMonth(options: MonthOptions): Month {
  const { seed, days, requestsPerDay, models, policy } = options
  const all = models.map((model) => offersOf(model).filter(({ price }) => price))
  const endMs = days * DAY_MS
  const calm = { provider: '', fromMs: 0, toMs: 0 }
  const provider = favourite(createWorld(all, calm, createRandom(seed)), models, policy)
  // An hour after a probe, so that the next one is some hours away.
  const decline = { provider, fromMs: endMs / 2 + HOUR_MS, toMs: endMs * 0.75 }
  const world = createWorld(all, decline, createRandom(seed))
  const random = createRandom(seed + 1)
  const choose = options.chooser === 'router' ? byRouter(world, policy) : byHugway(world, options, random)
  const tally = createTally(decline)
  const count = Math.round(days * requestsPerDay)
  for (let n = 0; n < count; n++) {
    const atMs = (n / count) * endMs
    const model = models[Math.floor(random() * models.length)]
    if (!model) break
    const promptTokens = Math.round(200 * 50 ** random())
    const answerTokens = Math.round(50 * 30 ** random())
    const isolate = Math.floor(random() * options.isolates)
    serve(world, choose({ id: model.id, promptTokens, answerTokens, atMs, isolate }), tally, {
      promptTokens,
      answerTokens,
      atMs,
    })
  }
  return tally.month(count, days)
}

type Request = {
  readonly id: string
  readonly promptTokens: number
  readonly answerTokens: number
  readonly atMs: number
  readonly isolate: number
}

/** The offers in the order in which they are asked, and who learns what came of it. */
type Choice = {
  readonly order: readonly Offer[]
  /** Whose first choice is followed, for counting its changes. */
  readonly place: string
  /** The first choice, where this request does not explore. */
  readonly leader: string | undefined
  readonly learn: (offer: Offer, attempts: number, came: ReturnType<World['attempt']>) => void
}
type Choose = (request: Request) => Choice

function byRouter(world: World, policy: Policy): Choose {
  return ({ id, atMs }) => {
    const [best] = routersOrder(world.offersAt(id, atMs), policy)
    // It fails over only when its own check flags a provider, so a client can but ask again.
    return { order: best ? [best, best, best] : [], place: id, leader: best?.provider, learn: () => {} }
  }
}

function byHugway(world: World, { isolates, policy }: MonthOptions, random: () => number): Choose {
  const parsed = parseConfig(JSON.stringify({ hugway: { routing: CONFIG[policy] } }))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  const { config } = parsed.value
  let nowMs = 0
  const clock = { now: () => nowMs, wait: async () => {}, timer: () => () => {} }
  const each = Array.from({ length: isolates }, () => ({
    traffic: createTrafficStats(createTrafficMemory(), clock),
    breakers: createCircuitBreakers(createBreakerMemory(), clock),
  }))
  return ({ id, promptTokens, answerTokens, atMs, isolate }) => {
    nowMs = atMs
    const own = each[isolate]
    if (!own) throw new Error(`there is no isolate ${isolate}`)
    const { traffic, breakers } = own
    const offers = world.offersAt(id, atMs)
    const shape = {
      promptBytes: promptTokens * 4,
      maxTokens: answerTokens,
      hasTools: false,
      hasImages: false,
      wantsStructuredOutput: false,
    }
    const planned = planRoute({
      config,
      project: 'default',
      wanted: { model: id, models: undefined, fallbackOff: false },
      preferences: NO_PREFERENCES,
      needs: needsOf(shape),
      known: {
        offersOf: () => offers,
        expectationOf: traffic.expectationOf,
        isOpen: (target) => ['open', 'probing'].includes(breakers.stateOf(target, 'key')),
        leaderOf: traffic.leaderOf,
        lastProvider: undefined,
      },
      chance: random(),
    })
    if (!planned.ok) throw new Error(JSON.stringify(planned.error))
    rememberLeaders(traffic, planned.value)
    const byRef = new Map(offers.map((offer) => [`huggingface/${id}:${offer.provider}`, offer]))
    const order = planned.value.targets.flatMap((target) => byRef.get(formatModelRef(target)) ?? [])
    const [plan] = planned.value.models
    return {
      order,
      place: `${isolate} ${id} ${policy === 'cheapest' ? cheapestFor(offers, promptTokens, answerTokens) : ''}`,
      leader: plan?.candidates[0]?.offer.provider,
      learn(offer, attempts, came) {
        const ref: ModelRef = { id: offer.model, routing: { kind: 'provider', provider: offer.provider } }
        breakers.record(
          ref,
          'key',
          came.ok ? { kind: 'success' } : { kind: 'failure', reason: 'overloaded', weight: 'full' },
        )
        traffic.learn(toRecord(ref, attempts, came, answerTokens))
      },
    }
  }
}

/** Which of them is cheapest differs from request to request: a first choice that follows the price takes no turns. */
function cheapestFor(offers: readonly Offer[], promptTokens: number, answerTokens: number): string {
  const needs = needsOf({
    promptBytes: promptTokens * 4,
    maxTokens: answerTokens,
    hasTools: false,
    hasImages: false,
    wantsStructuredOutput: false,
  })
  const usd = (offer: Offer) => estimateUsd(offer, needs) ?? Number.POSITIVE_INFINITY
  return offers.toSorted((a, b) => usd(a) - usd(b))[0]?.provider ?? ''
}

function toRecord(
  ref: ModelRef,
  attempts: number,
  came: ReturnType<World['attempt']>,
  tokens: number,
): CompletionRecord {
  const target = formatModelRef(ref)
  const firstTokenMs = came.ok ? came.firstTokenMs : undefined
  return recordOf({
    target: came.ok ? target : undefined,
    provider: undefined,
    attempts,
    failedAttempts: came.ok ? [] : [{ target, reason: 'overloaded', message: 'busy' }],
    end: came.ok ? 'whole' : 'all_failed',
    firstTokenMs,
    durationMs: came.ok ? came.firstTokenMs + came.generationMs : came.tookMs,
    usage: came.ok ? { promptTokens: 0, completionTokens: tokens } : undefined,
  })
}

function serve(
  world: World,
  { order, place, leader, learn }: Choice,
  tally: ReturnType<typeof createTally>,
  { promptTokens, answerTokens, atMs }: Pick<Request, 'promptTokens' | 'answerTokens' | 'atMs'>,
): void {
  tally.chosen(place, leader, order[0]?.provider, atMs)
  let waitedMs = 0
  for (const [index, offer] of order.slice(0, MAX_ATTEMPTS).entries()) {
    const came = world.attempt(offer, answerTokens, atMs)
    learn(offer, index + 1, came)
    if (came.ok) {
      const { price = { input: 0, output: 0 } } = offer
      const usd = (price.input * promptTokens + price.output * answerTokens) / 1_000_000
      const firstTokenMs = waitedMs + came.firstTokenMs
      tally.answered(usd, firstTokenMs, firstTokenMs + came.generationMs, atMs)
      return
    }
    waitedMs += came.tookMs
    tally.failed()
  }
  tally.lost()
}

function createTally(decline: { readonly provider: string; readonly fromMs: number; readonly toMs: number }) {
  const firstTokens: number[] = []
  const inDecline: number[] = []
  const whole: number[] = []
  const leaders = new Map<string, string>()
  const asked = { before: [0, 0], during: [0, 0] } as { before: [number, number]; during: [number, number] }
  let [usd, usdInCalm, failedAttempts, lost, changes, changesInCalm] = [0, 0, 0, 0, 0, 0]
  return {
    chosen(place: string, leader: string | undefined, first: string | undefined, atMs: number): void {
      const known = leaders.get(place)
      const isChange = leader !== undefined && known !== undefined && known !== leader
      if (isChange) changes++
      if (isChange && atMs < decline.fromMs) changesInCalm++
      if (leader !== undefined) leaders.set(place, leader)
      const when = atMs < decline.fromMs ? asked.before : atMs < decline.toMs ? asked.during : undefined
      if (!when) return
      when[0]++
      if (first === decline.provider) when[1]++
    },
    answered(cost: number, firstTokenMs: number, wholeMs: number, atMs: number): void {
      usd += cost
      if (atMs < decline.fromMs) usdInCalm += cost
      firstTokens.push(firstTokenMs)
      whole.push(wholeMs)
      if (atMs >= decline.fromMs && atMs < decline.toMs) inDecline.push(firstTokenMs)
    },
    failed: (): void => void failedAttempts++,
    lost: (): void => void lost++,
    month: (requests: number, days: number): Month => ({
      requests,
      usd,
      usdInCalm: (usdInCalm / asked.before[0]) * 1_000,
      firstToken: quantilesOf(firstTokens),
      wholeAnswer: quantilesOf(whole),
      firstTokenInDecline: quantilesOf(inDecline),
      failedAttempts,
      lost,
      changesInCalm: changesInCalm / (decline.fromMs / DAY_MS) / Math.max(1, leaders.size),
      changesADay: changes / days / Math.max(1, leaders.size),
      shareBefore: asked.before[1] / asked.before[0],
      shareInDecline: asked.during[1] / asked.during[0],
    }),
  }
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95) }
}
