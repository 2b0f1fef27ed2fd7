import type { CompletionRecord } from '../core/completion-record.ts'
import type { Log } from '../core/log.ts'
import type { AttemptEnd } from '../core/routing/breaker.ts'
import type { ModelRef } from '../core/routing/model-ref.ts'
import type { StreamSource } from '../core/trust/stream-trust.ts'
import type { CircuitBreakers } from '../isolate/circuit-breakers.ts'
import type { SessionProviders } from '../isolate/session-providers.ts'
import type { SeenStream } from '../isolate/stream-trust.ts'
import type { TrafficStats } from '../isolate/traffic-stats.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { keepSession } from './route-completion.ts'
import { reportTrust, type TrustDeps } from './share-trust.ts'
import { toLogged } from './to-logged.ts'

export type SettleDeps = TrustDeps & {
  readonly breakers: CircuitBreakers
  readonly traffic: Pick<TrafficStats, 'learn'>
  readonly sessionProviders: Pick<SessionProviders, 'answered'>
  readonly log: Log
  /** Absent where no collector is set up. */
  readonly telemetry?: Telemetry | undefined
}

/** What an ended request is booked by. */
export type Settlement = {
  readonly record: CompletionRecord
  /** What the attempt that answered says of its target; absent where none answered. */
  readonly lastAttempt?: { readonly target: ModelRef; readonly end: AttemptEnd }
  /** What a whole stream says of its source. */
  readonly stream?: { readonly source: StreamSource; readonly seen: SeenStream }
  /** Hands the record to the ledger; returns what is still to be done for it, where something is. */
  readonly book?: (() => Promise<void> | undefined) | undefined
  /** What the conversation is known by. */
  readonly session?: string | undefined
  /** What was thrown that nobody expected. */
  readonly bug?: unknown
}

/**
 * Books a request to a completion route, once, whichever way it ended: the only place that does. Earlier attempts were
 * reported to the breakers the moment each of them ended.
 */
export function settle(deps: SettleDeps, settlement: Settlement, waitUntil: (work: Promise<unknown>) => void): void {
  const { breakers, trust, log, telemetry } = deps
  const { record, session, bug } = settlement
  // A fault that was planted says nothing of the target.
  const { lastAttempt, stream } = record.rehearsed === undefined ? settlement : {}
  if (lastAttempt) breakers.record(lastAttempt.target, record.caller.keyId, lastAttempt.end)
  const report = stream && trust.record(stream.source, stream.seen)
  if (report) reportTrust(deps, report, waitUntil)
  deps.traffic.learn(record)
  if (record.rehearsed === undefined) keepSession(deps.sessionProviders, session, record)
  log('chat', toLine(record, bug))
  telemetry?.add(record, waitUntil)
  const booking = settlement.book?.()
  if (booking) waitUntil(booking)
}

/**
 * The log line of a completion. `end`, `promptTokens` and `completionTokens` are a contract with those who read logs. No
 * message of an upstream stands in it, because it may quote a prompt.
 */
function toLine(record: CompletionRecord, bug: unknown): Readonly<Record<string, unknown>> {
  const {
    caller,
    usage,
    startedAt: _when,
    shape: _shape,
    route: _route,
    failedAttempts,
    upstreamCalls: _calls,
    trace,
    ...facts
  } = record
  const { kind, keyId, name, project } = caller
  return {
    ...facts,
    caller: { kind, keyId, name, project },
    ...(failedAttempts.length > 0 && {
      failedAttempts: failedAttempts.map(({ message: _said, ...attempt }) => attempt),
    }),
    ...usage,
    ...(trace && { traceId: trace.traceId }),
    ...(bug !== undefined && { failure: toLogged(bug) }),
  }
}
