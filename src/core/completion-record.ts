import type { Caller } from './identity/caller.ts'
import type { AttemptReport } from './routing/outcome.ts'
import type { TraceContext } from './trace-context.ts'

/** Tokens of one answer. `prompt` includes `cached`, `completion` includes `reasoning`, as OpenAI counts them. */
export type TokenUsage = {
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens?: number | undefined
  readonly reasoningTokens?: number | undefined
}

/** Which wire the request came by. */
export type Surface = 'chat' | 'responses' | 'messages'

/** How a completion ended. The first row are answers that had begun; the second, requests that no answer was begun for. */
export type CompletionEnd =
  | 'whole'
  | 'cut'
  | 'stalled'
  | 'out_of_time'
  | 'unreadable'
  | 'upstream_error'
  | 'client_gone'
  /** The request was not one: unreadable, too large, a name that means nothing, a field of the wrong type. */
  | 'bad_request'
  /** A setting of the deployment is missing. */
  | 'not_configured'
  /** Bounds of the key or its project: a budget, a rate, a model that it may not use. */
  | 'not_admitted'
  /** The upstream blamed the request. */
  | 'refused'
  | 'context_overflow'
  | 'all_failed'
  | 'timed_out'
  | 'internal_error'

/**
 * Everything that is booked of one request to a completion route, once, when it has ended: `gateway/settle.ts` alone makes
 * and hands it on. Holds no prompt, no answer and no key. Times in milliseconds.
 */
export type CompletionRecord = {
  /** Made here, never taken from a client: what the ledger books once. */
  readonly id: string
  /** For people: the client's `x-request-id` where it is harmless. */
  readonly requestId: string
  /** When the request came, since the epoch. */
  readonly startedAt: number
  readonly surface: Surface
  readonly caller: Caller
  /** `model` as it was sent, shortened; absent where none was. */
  readonly askedModel?: string | undefined
  readonly stream: boolean
  /** Whether heartbeats were sent before it was known who answers. */
  readonly held: boolean
  /** The target that answered, or the last one that was asked; absent where none was. */
  readonly target?: string | undefined
  /** No list has the target, and it has not answered. */
  readonly isUnlisted?: true | undefined
  readonly provider?: string | undefined
  /** Types of hosted tools that the request listed and no model was shown. */
  readonly droppedTools?: readonly string[] | undefined
  /** The router's own id of the request that answered. */
  readonly upstreamRequestId?: string | undefined
  /** The target that was asked beside the one that answered, and cancelled when that began. */
  readonly hedged?: string | undefined
  /** Upstream calls that were made, the one that answered included. */
  readonly attempts: number
  /** Those that failed, each with its reason, and targets that were skipped. */
  readonly failedAttempts: readonly AttemptReport[]
  readonly end: CompletionEnd
  /** The code of the error that the client was told, where it was told one. */
  readonly errorCode?: string | undefined
  readonly firstTokenMs?: number | undefined
  readonly durationMs: number
  readonly usage?: TokenUsage | undefined
  /** Whether `usage` was counted from bytes, because the upstream told none. */
  readonly isEstimated?: boolean | undefined
  /** Answers that cost something and were not used. */
  readonly unusedAnswers?: readonly UnusedAnswer[] | undefined
  /**
   * Nanodollars by the price of the provider that answered, with what the unused answers cost; absent where no price is
   * known of the one that answered.
   */
  readonly costNanoUsd?: number | undefined
  readonly configVersion: string
  /** What a later question about routing needs of the request: sizes and kinds, never content. */
  readonly shape?: RequestShape | undefined
  /** Whether something in the answer had to be normalized on its way. */
  readonly repaired?: boolean | undefined
  /** How the route was decided, in short. */
  readonly route?: RouteSummary | undefined
  /** The fault that was planted by `x-hugway-rehearse`; such a record tells nothing of a provider. */
  readonly rehearsed?: string | undefined
  /** Each upstream call, in order, where traces are exported. */
  readonly upstreamCalls?: readonly UpstreamCall[] | undefined
  /** Where the request stands in a trace, where traces are exported. */
  readonly trace?: TraceContext | undefined
  /** The request's `user`, as `hugway.usage.byUser` has it; absent unless that is on. */
  readonly user?: string | undefined
}

/**
 * What an upstream call generated, or may have, though its answer was not used: the attempt failed, or another one was
 * faster. It is paid for all the same.
 */
export type UnusedAnswer = {
  readonly target: string
  readonly provider?: string | undefined
  /** As the upstream told it; else, once it is priced, counted from bytes. */
  readonly usage?: TokenUsage | undefined
  readonly isEstimated?: boolean | undefined
  /** The length of what was seen of its text, in UTF-16 units. */
  readonly textLength: number
  /** Absent where no price is known. */
  readonly costNanoUsd?: number | undefined
}

/** One call to the router. Times in milliseconds since the epoch. */
export type UpstreamCall = {
  readonly spanId: string
  readonly target: string
  readonly startedAt: number
  /** Absent where it goes on until the completion's end. */
  readonly endedAt?: number | undefined
  /** The HTTP status, where there was one. */
  readonly status?: number | undefined
}

export type RequestShape = {
  readonly promptBytes: number
  readonly maxTokens?: number | undefined
  readonly hasTools: boolean
  readonly hasImages: boolean
  readonly imageCount?: number | undefined
  /** Sound, video or files. */
  readonly hasMedia?: boolean | undefined
  readonly wantsStructuredOutput: boolean
}

export type RouteSummary = {
  /** The targets in the order in which they were to be asked. */
  readonly order: readonly string[]
  readonly skipped: readonly { readonly target: string; readonly reason: string }[]
  readonly resolvedBy: 'router' | 'own'
  /** Why the first is not the best candidate. */
  readonly firstBecause?: 'explores' | 'answered_last' | undefined
}
