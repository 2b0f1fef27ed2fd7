import type { CompletionEnd, CompletionRecord, UpstreamCall } from '../core/completion-record.ts'
import { toUsd } from '../core/limits/money.ts'
import type { TraceContext } from '../core/trace-context.ts'
import { NAMES, PROVIDER } from './attribute-names.ts'
import { SPAN_KIND, type Span, STATUS_ERROR, toAttributes, toUnixNano } from './otlp.ts'

/** Ends that are nobody's fault here: the answer was whole, or the client did not wait for it. */
const GOOD_ENDS: readonly CompletionEnd[] = ['whole', 'client_gone']

/** One span for the completion and one for each upstream call below it. Names models, keys and times; never content. */
export function toSpans(record: CompletionRecord, trace: TraceContext): Span[] {
  // Each call that failed left one report, in order; of two at once the other target's may come first.
  const reports = record.failedAttempts.filter(({ skipped }) => !skipped)
  const spans = (record.upstreamCalls ?? []).map((call, index) => {
    const at = reports.findIndex(({ target }) => target === call.target)
    const [report] = at === -1 ? [] : reports.splice(at, 1)
    return toCallSpan(record, trace, call, index, report?.reason)
  })
  return [toCompletionSpan(record, trace), ...spans]
}

function toCompletionSpan(record: CompletionRecord, { traceId, spanId, parentSpanId }: TraceContext): Span {
  const { usage, caller, end } = record
  const isGood = GOOD_ENDS.includes(end)
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: record.askedModel ? `chat ${record.askedModel}` : 'chat',
    kind: SPAN_KIND.server,
    startTimeUnixNano: toUnixNano(record.startedAt),
    endTimeUnixNano: toUnixNano(record.startedAt + record.durationMs),
    attributes: toAttributes({
      [NAMES.operation]: 'chat',
      [NAMES.providerName]: PROVIDER,
      [NAMES.requestModel]: record.askedModel,
      [NAMES.responseModel]: record.target,
      [NAMES.requestStream]: record.stream,
      [NAMES.maxTokens]: record.shape?.maxTokens,
      [NAMES.inputTokens]: usage?.promptTokens,
      [NAMES.outputTokens]: usage?.completionTokens,
      [NAMES.cachedTokens]: usage?.cachedTokens,
      [NAMES.reasoningTokens]: usage?.reasoningTokens,
      [NAMES.firstTokenSeconds]: record.firstTokenMs === undefined ? undefined : record.firstTokenMs / 1_000,
      [NAMES.errorType]: isGood ? undefined : (record.errorCode ?? end),
      [NAMES.userId]: record.user,
      [NAMES.requestId]: record.requestId,
      [NAMES.surface]: record.surface,
      [NAMES.end]: end,
      [NAMES.attempts]: record.attempts,
      [NAMES.backend]: record.provider,
      [NAMES.upstreamRequestId]: record.upstreamRequestId,
      [NAMES.keyId]: caller.keyId,
      [NAMES.keyName]: caller.name,
      [NAMES.project]: caller.project,
      [NAMES.configVersion]: record.configVersion,
      [NAMES.costUsd]: record.costNanoUsd === undefined ? undefined : toUsd(record.costNanoUsd),
      [NAMES.isEstimated]: record.isEstimated || undefined,
      [NAMES.rehearsed]: record.rehearsed,
    }),
    status: isGood ? {} : { code: STATUS_ERROR, message: end },
  }
}

function toCallSpan(
  record: CompletionRecord,
  { traceId, spanId }: TraceContext,
  call: UpstreamCall,
  index: number,
  failedBy: string | undefined,
): Span {
  const endedAt = call.endedAt ?? record.startedAt + record.durationMs
  return {
    traceId,
    spanId: call.spanId,
    parentSpanId: spanId,
    name: `attempt ${call.target}`,
    kind: SPAN_KIND.client,
    startTimeUnixNano: toUnixNano(call.startedAt),
    endTimeUnixNano: toUnixNano(Math.max(call.startedAt, endedAt)),
    attributes: toAttributes({
      [NAMES.operation]: 'chat',
      [NAMES.providerName]: PROVIDER,
      [NAMES.requestModel]: call.target,
      [NAMES.attemptIndex]: index,
      [NAMES.status]: call.status,
      [NAMES.errorType]: failedBy,
    }),
    status: failedBy === undefined ? {} : { code: STATUS_ERROR, message: failedBy },
  }
}
