import { NAMES } from './attribute-names.ts'

/** A value of an attribute, in the form in which OTLP writes it as JSON; 64-bit numbers are texts there. */
type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }

export type KeyValue = { readonly key: string; readonly value: AnyValue }

/** `opentelemetry.proto.trace.v1.Span` as OTLP/HTTP sends it in JSON. */
export type Span = {
  /** 32 and 16 lower-case hex digits: OTLP's JSON does not encode ids as base64. */
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: (typeof SPAN_KIND)[keyof typeof SPAN_KIND]
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly KeyValue[]
  readonly status: { readonly code?: 1 | 2; readonly message?: string }
}

export const SPAN_KIND = { server: 2, client: 3 } as const
export const STATUS_ERROR = 2
const SERVICE = 'hugway'

/** Nothing becomes no attribute; whole numbers become integers unless their name says that they are none. */
export function toAttributes(values: Readonly<Record<string, string | number | boolean | undefined>>): KeyValue[] {
  return Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: toValue(value) }]))
}

/** @param ms Milliseconds since the epoch. */
export function toUnixNano(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n)
}

/** The body of a POST to `/v1/traces`. `lostSpans`: how many this isolate could not send so far. */
export function toExportRequest(spans: readonly Span[], lostSpans: number) {
  const attributes = toAttributes({ [NAMES.serviceName]: SERVICE })
  const scope = { name: SERVICE, attributes: toAttributes({ [NAMES.lostSpans]: lostSpans || undefined }) }
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope, spans }] }] }
}

function toValue(value: string | number | boolean): AnyValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
