import type { Clock } from '../core/clock.ts'
import type { CompletionRecord } from '../core/completion-record.ts'
import type { Log } from '../core/log.ts'
import { continueTrace, type TraceContext } from '../core/trace-context.ts'
import { toHex } from '../json/bytes.ts'
import { createExporter, type ExporterOptions } from './exporter.ts'

/** Traces of completions. Where no collector is set up there is none of this, and a request does nothing for it. */
export type Telemetry = {
  /** The client's trace, or a new one. */
  continueTrace(traceparent: string | undefined): TraceContext
  newSpanId(): string
  /** Sends the record's spans, later and together with others. */
  add(record: CompletionRecord, waitUntil: (work: Promise<unknown>) => void): void
}

export type TelemetryDeps = {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly randomBytes: (count: number) => Uint8Array
  readonly clock: Clock
  readonly log: Log
}

export function createTelemetry(deps: TelemetryDeps, options: ExporterOptions): Telemetry {
  const newHex = (digits: number) => toHex(deps.randomBytes(digits / 2))
  return {
    ...createExporter(deps, options),
    continueTrace: (traceparent) => continueTrace(traceparent, newHex),
    newSpanId: () => newHex(16),
  }
}
