/** Where a request stands in a trace (W3C Trace Context). Ids are lower-case hex digits: 32 and 16 of them. */
export type TraceContext = {
  readonly traceId: string
  /** The span of the request itself. */
  readonly spanId: string
  /** The client's span, where it sent one. */
  readonly parentSpanId?: string | undefined
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/

/**
 * Continues the client's trace, or begins one.
 *
 * @param header The client's `traceparent`; one that is not to be understood counts as none.
 * @param newHex Makes so many random hex digits.
 */
export function continueTrace(header: string | undefined, newHex: (digits: number) => string): TraceContext {
  const [, version, traceId = '', parentSpanId = '', rest] = TRACEPARENT.exec(header?.trim() ?? '') ?? []
  const isKnown = version !== undefined && version !== 'ff' && (version !== '00' || rest === undefined)
  if (!isKnown || isZero(traceId) || isZero(parentSpanId)) return { traceId: newHex(32), spanId: newHex(16) }
  return { traceId, parentSpanId, spanId: newHex(16) }
}

/** The header for a call that is made in the span `spanId`. What gets here is recorded, so the flag says so. */
export function formatTraceparent(traceId: string, spanId: string): string {
  return `00-${traceId}-${spanId}-01`
}

const isZero = (id: string) => /^0*$/.test(id)
