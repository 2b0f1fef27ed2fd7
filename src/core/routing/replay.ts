import type { Offer, Price } from '../catalog/offers.ts'
import type { RequestShape } from '../completion-record.ts'
import type { Config } from '../config/config.ts'
import { formatModelRef, type HubModelId, type ModelRef } from './model-ref.ts'
import { type Needs, needsOf } from './needs.ts'
import { planRoute } from './plan-route.ts'
import { NO_PREFERENCES } from './preferences.ts'
import { expectationOf } from './traffic.ts'

/** What was kept of a request: whom it asked for and how large it was, never its content or its own wishes. */
export type PastRequest = {
  readonly askedModel: string | undefined
  readonly project: string
  readonly shape: RequestShape
  /** Tokens that it really took; estimates stand in where nobody told. */
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number } | undefined
}

/** A configuration, and who serves what by it. */
export type ReplaySide = { readonly config: Config; readonly offersOf: (id: HubModelId) => readonly Offer[] }

/** What a draft would change. Money in US dollars, estimated. */
export type ReplayReport = {
  readonly requests: number
  readonly unchanged: number
  /** Those whose first target would be another, the most frequent first. */
  readonly elsewhere: readonly ReplayChange[]
  /** Those that would be refused now, or no more; `from` or `to` is the reason. */
  readonly refused: readonly ReplayChange[]
  readonly accepted: readonly ReplayChange[]
  /** Over the requests whose price is known on both sides. */
  readonly usdBefore: number
  readonly usdAfter: number
  readonly unpriced: number
}

export type ReplayChange = {
  readonly asked: string
  readonly from: string
  readonly to: string
  readonly requests: number
}

const MOST_CHANGES = 50

/** Plans past requests by the configuration in use and by a draft, with nothing learnt of the providers on either side. */
export function replayRequests(past: readonly PastRequest[], before: ReplaySide, after: ReplaySide): ReplayReport {
  const [elsewhere, refused, accepted] = [newTally(), newTally(), newTally()]
  let [unchanged, usdBefore, usdAfter, unpriced] = [0, 0, 0, 0]
  for (const request of past) {
    const [was, is] = [placeOf(request, before), placeOf(request, after)]
    const asked = request.askedModel ?? 'default'
    if (was.name === is.name) unchanged++
    else (is.isRefused ? refused : was.isRefused ? accepted : elsewhere).add(asked, was.name, is.name)
    if (was.usd === undefined || is.usd === undefined) unpriced++
    usdBefore += is.usd === undefined ? 0 : (was.usd ?? 0)
    usdAfter += was.usd === undefined ? 0 : (is.usd ?? 0)
  }
  const lists = { elsewhere: elsewhere.list(), refused: refused.list(), accepted: accepted.list() }
  return { requests: past.length, unchanged, ...lists, usdBefore, usdAfter, unpriced }
}

type Place = { readonly name: string; readonly isRefused: boolean; readonly usd: number | undefined }

function placeOf({ askedModel, project, shape, usage }: PastRequest, { config, offersOf }: ReplaySide): Place {
  const needs = needsOf(shape)
  const planned = planRoute({
    config,
    project,
    wanted: { model: askedModel, models: undefined, fallbackOff: false },
    preferences: NO_PREFERENCES,
    needs,
    known: {
      offersOf,
      expectationOf: (offer) => expectationOf(offer, undefined, 0),
      isOpen: () => false,
      leaderOf: () => undefined,
      lastProvider: undefined,
    },
    chance: 1,
  })
  if (!planned.ok) return { name: `refused: ${planned.error.kind}`, isRefused: true, usd: undefined }
  const [first] = planned.value.targets
  if (!first) return { name: 'refused: no target', isRefused: true, usd: undefined }
  const price = likelyPrice(first, offersOf(first.id))
  const { promptTokens, completionTokens } = usage ?? tokensOf(needs)
  const usd = price && (price.input * promptTokens + price.output * completionTokens) / 1_000_000
  return { name: formatModelRef(first), isRefused: false, usd }
}

const tokensOf = ({ promptTokens, answerTokens }: Needs) => ({ promptTokens, completionTokens: answerTokens })

/** The named provider's price, the router's cheapest, or, where speed decides, the mean of those that it may choose. */
function likelyPrice({ routing }: ModelRef, offers: readonly Offer[]): Price | undefined {
  if (routing.kind === 'provider') return offers.find(({ provider }) => provider === routing.provider)?.price
  const prices = offers.flatMap(({ isLive, price }) => (isLive && price ? [price] : []))
  if (prices.length === 0) return undefined
  const isCheapest = routing.kind === 'policy' && routing.policy === 'cheapest'
  if (isCheapest) return prices.reduce((least, price) => (price.output < least.output ? price : least))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return { input: mean(prices.map(({ input }) => input)), output: mean(prices.map(({ output }) => output)) }
}

function newTally() {
  const changes = new Map<string, { asked: string; from: string; to: string; requests: number }>()
  return {
    add(asked: string, from: string, to: string): void {
      const key = JSON.stringify([asked, from, to])
      const known = changes.get(key)
      if (known) known.requests++
      else changes.set(key, { asked, from, to, requests: 1 })
    },
    list: (): readonly ReplayChange[] =>
      [...changes.values()].sort((a, b) => b.requests - a.requests).slice(0, MOST_CHANGES),
  }
}
