import type { Config } from '../core/config/config.ts'
import type { Caller } from '../core/identity/caller.ts'

/** What one request is; `deps` are what the isolate has. */
export type RequestContext = {
  readonly requestId: string
  /** In milliseconds since the epoch. */
  readonly startedAt: number
  /** Aborted when the client has left. */
  readonly signal: AbortSignal
  /** Keeps work alive after the response; the runtime allows it 30 seconds. */
  readonly waitUntil: (work: Promise<unknown>) => void
  readonly config: Config
  /** Names the configuration: a version's id, `unversioned` or `built-in`. */
  readonly configVersion: string
  /** The headers of these names, as they were sent: where the client stands in a trace, and a fault to rehearse. */
  readonly traceparent?: string | undefined
  readonly rehearse?: string | undefined
}

/** A request whose caller is known. */
export type CallerContext = RequestContext & { readonly caller: Caller }
