import type { Catalog } from '../core/catalog/catalog.ts'
import type { RouterModel } from '../core/catalog/router-model.ts'
import type { Clock } from '../core/clock.ts'
import type { CompletionRecord, RequestShape, RouteSummary } from '../core/completion-record.ts'
import { GatewayError } from '../core/failure.ts'
import { formatModelRef } from '../core/routing/model-ref.ts'
import { needsOf } from '../core/routing/needs.ts'
import { type Plan, planRoute } from '../core/routing/plan-route.ts'
import { NO_PREFERENCES, parsePreferences } from '../core/routing/preferences.ts'
import type { CatalogInUse } from '../isolate/catalog-in-use.ts'
import type { CircuitBreakers } from '../isolate/circuit-breakers.ts'
import type { SessionProviders } from '../isolate/session-providers.ts'
import type { TrafficStats } from '../isolate/traffic-stats.ts'
import type { TrafficStore } from '../kv/traffic-store.ts'
import type { ChatRequest } from '../wire/chat/request.ts'
import { readProviderWishes, sessionOf, shapeOf } from '../wire/chat/request-shape.ts'
import type { CatalogDeps } from './catalog/refresh-catalog.ts'
import type { CallerContext } from './context.ts'
import { unwrap } from './unwrap.ts'

export type RouteDeps = {
  readonly catalog: { readonly store: Pick<CatalogDeps['store'], 'remembered' | 'read'> }
  /** The list in use: the isolate's, else KV's, else the router's, which is not waited for for long. */
  readonly currentModels: (ctx: Pick<CallerContext, 'waitUntil'>) => Promise<readonly RouterModel[] | undefined>
  readonly catalogInUse: CatalogInUse
  readonly breakers: Pick<CircuitBreakers, 'stateOf'>
  readonly traffic: TrafficStats
  readonly trafficStore: Pick<TrafficStore, 'read'>
  readonly sessionProviders: SessionProviders
  /** When the isolate last looked for a newer list; plain data. */
  readonly routeMemory: { lookedAt?: number }
  readonly clock: Clock
  readonly random: () => number
}

/** What is asked for, as far as its route is concerned. */
export type RouteRequest = {
  readonly chat: ChatRequest
  /** The header `x-hugway-fallback`, as it was sent. */
  readonly fallback: string | undefined
  /** The header `x-session-id`, as it was sent. */
  readonly session?: string | undefined
  /** Whether the limit of the answer is a wish that is clamped to what a target can say: then it skips none. */
  readonly clampsMaxTokens?: boolean
}

export type Route = {
  readonly plan: Plan
  readonly shape: RequestShape
  readonly catalog: Catalog
  /** What the conversation is known by; absent where nothing is pinned, because only pinning can keep to a provider. */
  readonly session: string | undefined
}

/** An isolate that is asked for chats alone looks for a newer list this often, behind its callers' backs. */
const LOOK_AGAIN_MS = 60_000
/** Bytes of the prompt and tokens of the answer that every context holds. */
const SMALL_REQUEST = 8_192

/**
 * Decides a request's route by what this isolate knows. The same for a request that is served and for one that is only
 * explained. Waits for the list only where the route depends on it and the isolate has none yet.
 *
 * @throws {GatewayError} For a name, a wish or a header that means nothing, and where the wishes leave nobody.
 */
export async function routeCompletion(deps: RouteDeps, request: RouteRequest, ctx: CallerContext): Promise<Route> {
  const { chat } = request
  const { config } = ctx
  const preferences = unwrap(parsePreferences(unwrap(readProviderWishes(chat))))
  const isOwn = preferences !== NO_PREFERENCES || config.hasRouteRules
  const models = isOwn ? await deps.currentModels(ctx) : deps.catalog.store.remembered()?.models
  const shape = shapeOf(chat)
  if (isOwn || asksForMore(shape)) lookAgain(deps, ctx)
  const catalog = deps.catalogInUse.of(config, models)
  const session = isOwn ? `${ctx.caller.project} ${sessionOf(chat, request.session)}` : undefined
  const plan = unwrap(
    planRoute({
      config,
      project: ctx.caller.project,
      wanted: { model: chat.model, models: chat.models, fallbackOff: isFallbackOff(request.fallback) },
      preferences,
      needs: needsOf(request.clampsMaxTokens ? { ...shape, maxTokens: undefined } : shape),
      known: {
        offersOf: catalog.offersOf,
        expectationOf: deps.traffic.expectationOf,
        isOpen: (target) => ['open', 'probing'].includes(deps.breakers.stateOf(target, ctx.caller.keyId)),
        leaderOf: deps.traffic.leaderOf,
        lastProvider: session && deps.sessionProviders.lastOf(session),
      },
      chance: deps.random(),
    }),
  )
  return { plan, shape, catalog, session }
}

/** Remembers who stands first, so that two providers that are nearly alike do not take turns. */
export function rememberLeaders(traffic: Pick<TrafficStats, 'lead'>, { models }: Plan): void {
  for (const { ref, ranking, candidates } of models) {
    const [best] = candidates
    if (ranking && best) traffic.lead(ref.id, ranking, best.offer.provider)
  }
}

/** What the record of a completion keeps of its route. */
export function summarize({ targets, skipped, models }: Plan): RouteSummary {
  const own = models.find(({ resolvedBy }) => resolvedBy === 'own')
  return {
    order: targets.map(formatModelRef),
    skipped,
    resolvedBy: own ? 'own' : 'router',
    firstBecause: models[0]?.firstBecause,
  }
}

/** Names what is skipped, for a header: `huggingface/a/b=no_tools`. */
export function skippedHeader(
  skipped: readonly { readonly target: string; readonly reason: string }[],
): Record<string, string> {
  if (skipped.length === 0) return {}
  const named = skipped.slice(0, 8).map(({ target, reason }) => `${target}=${reason}`)
  return { 'x-hugway-skipped': named.join(', ') }
}

/** A conversation stays with the provider that gave its last whole answer. */
export function keepSession(
  sessions: Pick<SessionProviders, 'answered'>,
  session: string | undefined,
  { end, provider }: CompletionRecord,
): void {
  if (session !== undefined && end === 'whole' && provider !== undefined) sessions.answered(session, provider)
}

function isFallbackOff(header: string | undefined): boolean {
  const value = header?.trim().toLowerCase()
  if (value === undefined || value === 'on') return false
  if (value === 'off') return true
  throw new GatewayError({ kind: 'bad_request', message: 'The header x-hugway-fallback takes "on" or "off".' })
}

/** Whether there may be a provider that cannot serve it: nothing is looked up for a short chat. */
function asksForMore({
  hasTools,
  hasImages,
  wantsStructuredOutput,
  promptBytes,
  maxTokens = 0,
}: RequestShape): boolean {
  return hasTools || hasImages || wantsStructuredOutput || promptBytes + maxTokens > SMALL_REQUEST
}

function lookAgain({ catalog, traffic, trafficStore, routeMemory, clock }: RouteDeps, ctx: CallerContext): void {
  const now = clock.now()
  if (now - (routeMemory.lookedAt ?? 0) < LOOK_AGAIN_MS) return
  routeMemory.lookedAt = now
  const look = async () => {
    const [, folded] = await Promise.all([catalog.store.read(), trafficStore.read()])
    if (folded) traffic.fold(folded)
  }
  ctx.waitUntil(look())
}
