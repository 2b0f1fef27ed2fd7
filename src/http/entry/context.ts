import type { Config } from '../../core/config/config.ts'
import type { Caller } from '../../core/identity/caller.ts'
import type { CallerContext, RequestContext } from '../../gateway/context.ts'

/** A request on its way in. */
export type Entry = {
  readonly requestId: string
  /** In milliseconds since the epoch. */
  readonly startedAt: number
  /** What its answer carries, whatever the answer is. It grows step by step, so that a step that refuses is told of too. */
  readonly answerHeaders: Record<string, string>
}

/** What a verb is told of the request that it serves. */
export function toContext(
  { signal, headers }: Request,
  { requestId, startedAt }: Entry,
  { config, version }: { readonly config: Config; readonly version: string },
  caller: Caller,
  waitUntil: RequestContext['waitUntil'],
): CallerContext {
  return {
    requestId,
    startedAt,
    config,
    configVersion: version,
    caller,
    traceparent: headers.get('traceparent') ?? undefined,
    rehearse: headers.get('x-hugway-rehearse') ?? undefined,
    signal,
    waitUntil,
  }
}
