import { GatewayError } from '../core/failure.ts'
import { formatRehearsal, parseRehearsal } from '../core/routing/rehearsal.ts'
import { plantFault } from '../huggingface/planted-fault.ts'
import { createBreakerMemory, createCircuitBreakers } from '../isolate/circuit-breakers.ts'
import { createStreamTrust, createTrustMemory } from '../isolate/stream-trust.ts'
import type { CompletionDraft } from './completion-draft.ts'
import type { CallerContext } from './context.ts'
import type { SettleDeps } from './settle.ts'
import { traceCalls } from './trace-calls.ts'
import type { ChainDeps } from './try-targets.ts'
import { unwrap } from './unwrap.ts'

/**
 * What one request works with where it is traced or rehearses a fault; else what the isolate has. A rehearsal gets
 * breakers and trust of its own: what it learns is true of no provider.
 *
 * @throws {GatewayError} `bad_request` for a rehearsal that is not understood, or that anybody but the operator asks for.
 */
export function requestDeps<T extends ChainDeps & SettleDeps>(deps: T, draft: CompletionDraft, ctx: CallerContext): T {
  const { telemetry } = deps
  if (telemetry) draft.trace = telemetry.continueTrace(ctx.traceparent)
  const rehearsal = ctx.rehearse === undefined ? undefined : rehearse(deps, ctx.rehearse, draft, ctx)
  const own = rehearsal ?? deps
  return telemetry ? { ...own, router: traceCalls(own.router, draft, telemetry, deps.clock) } : own
}

function rehearse<T extends ChainDeps & SettleDeps>(
  deps: T,
  header: string,
  draft: CompletionDraft,
  { caller }: CallerContext,
): T {
  if (caller.kind !== 'console') {
    const message = 'The header x-hugway-rehearse is for the console: sign in there with the admin token.'
    throw new GatewayError({ kind: 'bad_request', message })
  }
  const fault = unwrap(parseRehearsal(header))
  draft.rehearsed = formatRehearsal(fault)
  return {
    ...deps,
    router: plantFault(deps.router, fault),
    breakers: createCircuitBreakers(createBreakerMemory(), deps.clock),
    trust: createStreamTrust(createTrustMemory(), deps.clock),
    trustStore: undefined,
  }
}
