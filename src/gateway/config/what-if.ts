import { parseConfig } from '../../core/config/config.ts'
import { GatewayError } from '../../core/failure.ts'
import { CONSOLE_CALLER } from '../../core/identity/caller.ts'
import type { RouteExplanation } from '../../wire/route-explanation.ts'
import type { RequestContext } from '../context.ts'
import { explainRoute } from '../explain-route.ts'
import type { RouteDeps } from '../route-completion.ts'

/**
 * Tells what would become of a chat completion by a document that is not stored. Nothing is written and nobody asked.
 *
 * @throws {GatewayError} `bad_config`, or whatever the completion would be refused with.
 */
export function explainWhatIf(
  deps: RouteDeps,
  { config: text, request }: { readonly config: string; readonly request: object },
  ctx: RequestContext,
): Promise<RouteExplanation> {
  const parsed = parseConfig(text)
  if (!parsed.ok) throw new GatewayError({ kind: 'bad_config', problems: parsed.error })
  const bytes = new TextEncoder().encode(JSON.stringify(request))
  const body = { read: async () => bytes, letGo: () => {} }
  const own = { ...ctx, config: parsed.value.config, configVersion: 'not stored', caller: CONSOLE_CALLER }
  return explainRoute(deps, { body, fallback: undefined, session: undefined }, own)
}
