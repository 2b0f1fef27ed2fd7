import type { Config } from '../core/config/config.ts'
import { normalizeAlias } from '../core/config/config.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'
import { resolveModel } from '../core/routing/plan.ts'
import { parseChatRequest } from '../wire/chat/request.ts'
import { type RouteExplanation, toExplanation } from '../wire/route-explanation.ts'
import type { RequestBody } from './completion.ts'
import type { CallerContext } from './context.ts'
import { type RouteDeps, type RouteRequest, routeCompletion } from './route-completion.ts'
import { unwrap } from './unwrap.ts'

export type ExplainRequest = {
  readonly body: RequestBody
} & Pick<RouteRequest, 'fallback' | 'session'>

/** A request that is only explained does not explore. */
const NEVER = () => 1

/**
 * Tells what would become of a chat completion without asking anybody: the same plan that the chain would follow now, in
 * this isolate.
 *
 * @throws {GatewayError} Whatever the completion itself would be refused with before anybody is asked.
 */
export async function explainRoute(
  deps: RouteDeps,
  { body, fallback, session }: ExplainRequest,
  ctx: CallerContext,
): Promise<RouteExplanation> {
  const { config, caller } = ctx
  const chat = unwrap(parseChatRequest(await body.read(config.maxBodyBytes)))
  // Who asks for an explanation waits for the list: an isolate that has none yet would explain less than the next one does.
  const models = await deps.currentModels(ctx)
  const { plan } = await routeCompletion({ ...deps, random: NEVER }, { chat, fallback, session }, ctx)
  const catalog = deps.catalogInUse.of(config, models)
  const asked = chat.model ?? chat.models?.[0]
  const [first] = plan.targets
  const timeouts = (first && config.models.get(formatModelRef(first))?.timeouts) ?? config.timeouts
  return toExplanation(plan, {
    asked,
    means: meaningOf(config, asked),
    offersOf: ({ id }) => catalog.offersOf(id),
    breakerOf: (target) => deps.breakers.stateOf(target, caller.keyId),
    bounds: {
      totalMs: timeouts.totalMs,
      firstTokenMs: timeouts.firstTokenMs,
      project: caller.project,
      key: caller.name,
      keyBounds: caller.scopes,
    },
    explore: config.routing.explore,
    configVersion: ctx.configVersion,
  })
}

function meaningOf(config: Config, name: string | undefined): RouteExplanation['means'] {
  const ref: ModelRef = unwrap(resolveModel(config, name))
  const alias = normalizeAlias(name ?? '')
  const isPrimary = alias === '' || alias === 'default'
  return { ref: formatModelRef(ref), as: isPrimary ? 'primary' : config.refByAlias.has(alias) ? 'alias' : 'ref' }
}
