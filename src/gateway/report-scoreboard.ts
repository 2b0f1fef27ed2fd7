import type { Catalog } from '../core/catalog/catalog.ts'
import { type ModelRef, parseModelRef } from '../core/routing/model-ref.ts'
import { fade, firstTokenQuantile, type Traffic, tokensPerSecondOf } from '../core/routing/traffic.ts'
import type { ScoreboardRow } from '../wire/admin/scoreboard.ts'
import type { CallerContext } from './context.ts'
import type { RouteDeps } from './route-completion.ts'

/** What this isolate, and by the ledger all others, saw of the providers; the most used first. */
export async function reportScoreboard(
  deps: RouteDeps,
  { config }: Pick<CallerContext, 'config'>,
): Promise<readonly ScoreboardRow[]> {
  const stored = deps.catalog.store.remembered() ?? (await deps.catalog.store.read())
  const catalog = deps.catalogInUse.of(config, stored?.models)
  const now = deps.clock.now()
  const rows = [...deps.traffic.report()].flatMap(([offer, traffic]) => {
    const ref = parseModelRef(offer)
    return ref.ok ? [toRow(ref.value, fade(traffic, now), catalog)] : []
  })
  return rows.sort((a, b) => b.attempts - a.attempts)
}

function toRow(ref: ModelRef, traffic: Traffic, catalog: Catalog): ScoreboardRow {
  const provider = ref.routing.kind === 'provider' ? ref.routing.provider : ''
  const offer = catalog.offersOf(ref.id).find((one) => one.provider === provider)
  const share = (part: number, of: number) => (of > 0 ? round(part / of) : 0)
  return {
    model: `huggingface/${ref.id}`,
    provider,
    attempts: round(traffic.attempts),
    firstTokenMs: { p50: rounded(firstTokenQuantile(traffic, 0.5)), p95: rounded(firstTokenQuantile(traffic, 0.95)) },
    tokensPerSecond: rounded(tokensPerSecondOf(traffic)),
    failedShare: share(traffic.failed, traffic.attempts),
    brokenShare: share(traffic.broken, traffic.attempts),
    badToolShare: traffic.toolAnswers > 0 ? share(traffic.badToolAnswers, traffic.toolAnswers) : null,
    price: offer?.price ?? null,
    since: new Date(traffic.since).toISOString(),
  }
}

const round = (value: number) => Math.round(value * 1_000) / 1_000
const rounded = (value: number | undefined) => (value === undefined ? null : Math.round(value * 10) / 10)
