import type {
  CompletionEnd,
  CompletionRecord,
  RequestShape,
  RouteSummary,
  Surface,
  TokenUsage,
  UnusedAnswer,
  UpstreamCall,
} from '../core/completion-record.ts'
import { GatewayError } from '../core/failure.ts'
import { formatModelRef, type ModelRef } from '../core/routing/model-ref.ts'
import type { AttemptReport } from '../core/routing/outcome.ts'
import type { TraceContext } from '../core/trace-context.ts'
import { describeThrown } from '../wire/failure-words.ts'
import { isLimitFailure } from '../wire/limit-words.ts'
import type { Admission } from './admit.ts'
import type { CallerContext } from './context.ts'

/** What became known of a request while it was served. It is filled in on the way and read once, when it has ended. */
export type CompletionDraft = {
  readonly surface: Surface
  /** Upstream calls that were made. */
  calls: number
  readonly failedAttempts: AttemptReport[]
  readonly unusedAnswers: UnusedAnswer[]
  askedModel?: string | undefined
  stream: boolean
  held: boolean
  target?: ModelRef
  provider?: string | undefined
  droppedTools?: readonly string[]
  upstreamRequestId?: string | undefined
  /** The target that was asked beside the one that answered. */
  hedged?: string
  /** Whether something in the answer had to be normalized. */
  repaired?: boolean
  shape?: RequestShape
  route?: RouteSummary
  /** What the conversation is known by. */
  session?: string | undefined
  /** When the first of the answer came, in milliseconds since the epoch. */
  firstTokenAt?: number
  trace?: TraceContext
  upstreamCalls?: { -readonly [K in keyof UpstreamCall]: UpstreamCall[K] }[]
  rehearsed?: string
  /** Absent until it was let in. */
  admission?: Admission
  /** What the client says of the person behind it, where that is kept. */
  user?: string | undefined
  /** The length of what the answer said, in UTF-16 units. */
  answerLength?: number
}

/** How a request ended. */
export type CompletionEnding = {
  readonly end: CompletionEnd
  /** What was thrown, where the client was told an error. */
  readonly error?: unknown
  readonly usage?: TokenUsage | undefined
}

const MAX_ASKED_CHARACTERS = 200

export function openDraft(surface: Surface): CompletionDraft {
  return { surface, calls: 0, failedAttempts: [], unusedAnswers: [], stream: false, held: false }
}

/** Names the model that was asked for as it was sent, but no longer and with no character that a log would trip over. */
export function shortenAsked(model: string | undefined): string | undefined {
  return model?.slice(0, MAX_ASKED_CHARACTERS).replace(/\p{Cc}|\p{Cf}/gu, '?')
}

/** @param id Made here: what the ledger books once. */
export function toRecord(
  draft: CompletionDraft,
  ending: CompletionEnding,
  ctx: CallerContext,
  id: string,
  nowMs: number,
): CompletionRecord {
  const { firstTokenAt, target, calls, session: _session, ...others } = draft
  const { admission: _admission, user: _user, answerLength: _length, unusedAnswers, ...facts } = others
  return {
    ...facts,
    id,
    requestId: ctx.requestId,
    startedAt: ctx.startedAt,
    caller: ctx.caller,
    target: target && formatModelRef(target),
    attempts: calls,
    end: ending.end,
    errorCode: ending.error === undefined ? undefined : describeThrown(ending.error).code,
    firstTokenMs: firstTokenAt === undefined ? undefined : firstTokenAt - ctx.startedAt,
    durationMs: nowMs - ctx.startedAt,
    usage: ending.usage,
    // A fault that was planted made up whatever it showed of an answer.
    unusedAnswers: unusedAnswers.length > 0 && draft.rehearsed === undefined ? [...unusedAnswers] : undefined,
    configVersion: ctx.configVersion,
  }
}

/** The end of a request that no answer was begun for, or whose answer was an error. */
export function endOfError(error: unknown): CompletionEnd {
  if (!(error instanceof GatewayError)) return 'internal_error'
  if (isLimitFailure(error.failure)) return 'not_admitted'
  switch (error.failure.kind) {
    case 'bad_settings':
      return 'not_configured'
    case 'too_many_bodies':
      return 'not_admitted'
    case 'upstream_refused':
      return 'refused'
    case 'context_overflow':
      return 'context_overflow'
    case 'client_gone':
      return 'client_gone'
    case 'all_attempts_failed':
      return error.failure.attempts.every(({ reason }) => reason === 'timeout') ? 'timed_out' : 'all_failed'
    default:
      return 'bad_request'
  }
}
