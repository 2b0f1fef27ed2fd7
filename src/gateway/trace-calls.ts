import type { Clock } from '../core/clock.ts'
import { formatModelRef } from '../core/routing/model-ref.ts'
import { formatTraceparent } from '../core/trace-context.ts'
import type { RouterClient } from '../huggingface/router-client.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { CompletionDraft } from './completion-draft.ts'

/** A router whose calls are noted in the draft, each as a span that the upstream is told of. */
export function traceCalls(
  router: RouterClient,
  draft: CompletionDraft,
  telemetry: Telemetry,
  clock: Clock,
): RouterClient {
  const calls: NonNullable<CompletionDraft['upstreamCalls']> = []
  draft.upstreamCalls = calls
  return {
    ...router,
    async postChat(body, stream, signal, headers) {
      const spanId = telemetry.newSpanId()
      const target = draft.target ? formatModelRef(draft.target) : 'unknown'
      const call: (typeof calls)[number] = { spanId, target, startedAt: clock.now() }
      calls.push(call)
      // An attempt that failed lets go of its call the moment it is given up; one that answered, at the answer's end.
      const end = () => {
        call.endedAt ??= clock.now()
      }
      signal.addEventListener('abort', end, { once: true })
      const traceparent = formatTraceparent(draft.trace?.traceId ?? '', spanId)
      const response = await router.postChat(body, stream, signal, { ...headers, traceparent })
      call.status = response.status
      return response
    },
  }
}
