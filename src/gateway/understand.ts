import { positive } from '../core/catalog/catalog.ts'
import type { Config, Timeouts } from '../core/config/config.ts'
import { boundsOf } from '../core/limits/bounds-of.ts'
import { planHedge } from '../core/routing/hedge.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'
import { userOf } from '../wire/chat/request-shape.ts'
import { droppedToolsHeader } from '../wire/dropped-tools.ts'
import { admit, isBudgeted } from './admit.ts'
import type { Asked, CompleteDeps, CompletionRequest } from './completion.ts'
import { type CompletionDraft, shortenAsked } from './completion-draft.ts'
import type { CallerContext } from './context.ts'
import { toAdmitFacts } from './cost-record.ts'
import { rememberLeaders, routeCompletion, skippedHeader, summarize } from './route-completion.ts'
import { answerLimits, createTargetBodies } from './target-bodies.ts'
import type { ChainRequest } from './try-targets.ts'
import { unwrap } from './unwrap.ts'

const SETTINGS = ['HF_TOKEN', 'HUGGINGFACE_HUB_TOKEN', 'HF_BASE_URL', 'HF_BILL_TO']

/**
 * Reads a request, admits its caller and plans its route.
 *
 * @throws {GatewayError} For whatever is wrong with the request or the deployment, before anybody is asked.
 */
export async function understand(
  deps: CompleteDeps,
  { wire, body, fallback, session, runsOnce = false }: CompletionRequest,
  ctx: CallerContext,
  draft: CompletionDraft,
): Promise<readonly [Asked, ChainRequest]> {
  deps.requireSettings(...SETTINGS)
  const { config } = ctx
  const read = unwrap(wire.read(await body.read(config.maxBodyBytes)))
  const { chat, createEncoder, droppedTools = [] } = read
  const { model, stream } = chat
  draft.askedModel = shortenAsked(model)
  draft.stream = stream
  if (droppedTools.length > 0) draft.droppedTools = droppedTools
  const route = await routeCompletion(
    deps,
    { chat, fallback, session: session ?? read.session, clampsMaxTokens: wire.clampsMaxTokens },
    ctx,
  )
  rememberLeaders(deps.traffic, route.plan)
  draft.shape = route.shape
  draft.route = summarize(route.plan)
  draft.session = route.session
  if (config.usage.byUser !== 'off') draft.user = userOf(chat)
  const admission = await admit(deps, toAdmitFacts(draft, route, chat), ctx)
  draft.admission = admission
  const { targets } = admission
  const chain: ChainRequest = {
    targets,
    bodyFor: createTargetBodies(
      read,
      {
        affordedTokens: admission.maxTokens,
        asksForUsage: isBudgeted(admission) ? 'always' : !wire.mayPassThrough || config.usage.unasked !== 'estimate',
      },
      wire.clampsMaxTokens ? answerLimits(targets, route.catalog, route.shape) : undefined,
    ),
    stream,
    choiceCount: chat.choiceCount,
    timeoutsOf: (target) => timeoutsOf(config, target),
    deadlineAt: deadlineOf(config, targets, ctx.startedAt),
    maxCalls: config.maxUpstreamCalls,
    coverAnother: admission.coverAnother,
    hedge: hedgeOf(deps, ctx, { targets, stream, runsOnce }),
    contextLengths: () => contextLengths(deps, config),
  }
  const hidesUsage = wire.mayPassThrough && chat.includeUsage !== true && config.usage.unasked !== 'pass'
  const encoder = createEncoder({
    newId: deps.newId,
    startedAt: ctx.startedAt,
    now: deps.clock.now,
    requestId: ctx.requestId,
    hidesUsage,
  })
  const { choiceCount, hasTools } = chat
  const asked = {
    choiceCount,
    hasTools,
    deadlineAt: chain.deadlineAt,
    encoder,
    headers: {
      ...droppedToolsHeader(droppedTools),
      ...skippedHeader([...route.plan.skipped, ...admission.skipped]),
      ...admission.headers,
    },
    mayPassThrough: wire.mayPassThrough,
    afterError: wire.afterError,
    hidesUsage,
  }
  return [asked, chain]
}

async function contextLengths(
  { catalog: { store }, catalogInUse }: CompleteDeps,
  config: Config,
): ReturnType<ChainRequest['contextLengths']> {
  const stored = store.remembered() ?? (await store.read())
  const catalog = catalogInUse.of(config, stored?.models)
  return (target) => positive(catalog.rowOf(target)?.['context_length'])
}

/** Whether and when a second target may be asked beside the first. */
function hedgeOf(
  { traffic }: CompleteDeps,
  { config, caller }: CallerContext,
  { targets: [first], stream, runsOnce }: Pick<ChainRequest, 'targets' | 'stream'> & { readonly runsOnce: boolean },
): ChainRequest['hedge'] {
  if (!config.hedge) return undefined
  return planHedge(config.hedge, {
    isStream: stream,
    runsOnce,
    isBounded: boundsOf(config, caller).bounds.length > 0,
    p95Ms: first?.routing.kind === 'provider' ? traffic.p95Of(first.id, first.routing.provider) : undefined,
  })
}

export function timeoutsOf(config: Config, target: ModelRef): Timeouts {
  return config.models.get(formatModelRef(target))?.timeouts ?? config.timeouts
}

/** The whole request has as long as the most patient of its targets. */
function deadlineOf(config: Config, targets: readonly ModelRef[], startedAt: number): number {
  return startedAt + Math.max(...targets.map((target) => timeoutsOf(config, target).totalMs))
}
