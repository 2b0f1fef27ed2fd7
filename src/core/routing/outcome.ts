/** Which wait of an attempt ran out. */
export type Phase = 'headers' | 'first_token'

/** What an upstream said in an error body, in whatever shape it came. */
export type UpstreamError = {
  readonly message: string
  readonly code?: string
  readonly type?: string
  readonly param?: string
}

/** What went wrong in one attempt, as it was seen, before anybody has judged it. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly error: UpstreamError; readonly retryAfterMs?: number }
  /** `beforeHeaders` tells a reset connection, which may be tried again at once, from an answer that broke. */
  | { readonly kind: 'network'; readonly beforeHeaders: boolean }
  | { readonly kind: 'timeout'; readonly phase: Phase }
  | { readonly kind: 'error_event'; readonly error: UpstreamError }
  | { readonly kind: 'bad_answer'; readonly detail: string }
  | { readonly kind: 'client_gone' }

/** The words in which an attempt's failure is reported, logged and decided upon. */
export type FailureReason =
  | 'rate_limited'
  | 'overloaded'
  | 'billing'
  | 'model_not_found'
  | 'context_overflow'
  | 'upstream_auth'
  | 'timeout'
  | 'unreachable'
  | 'server_error'
  | 'bad_answer'
  | 'bad_request'
  /** 451: a court or a country, which another provider need not be under. */
  | 'legally_blocked'
  | 'client_gone'

/**
 * Who has to change something. `request`: the client is told, nobody else is asked; `target`: the next one is asked, and
 * the failure counts; `operator`: the deployment's token; `capacity`: the target is well and has had enough for now;
 * `nobody`: it counts against no one.
 */
export type Blame = 'request' | 'target' | 'operator' | 'capacity' | 'nobody'

/** Why an attempt failed and who is to blame: decided once, by `huggingface/classify-error`. */
export type Verdict = { readonly reason: FailureReason; readonly blame: Blame }

/** A failed attempt, judged. */
export type Failed = Fault &
  Verdict & {
    /** The router's own id of the request; its support asks for it. */
    readonly upstreamRequestId?: string
  }

/** How one attempt at one target ended before anything of substance was sent to the client. */
export type Outcome = { readonly kind: 'answering' } | Failed

export type AttemptReport = {
  readonly target: string
  readonly reason: FailureReason
  /** The upstream's HTTP status, where it sent one. */
  readonly status?: number
  readonly message: string
  /** Milliseconds after which the upstream asked to be tried again. */
  readonly retryAfterMs?: number
  /** The router's own id of the request, where it named one. */
  readonly upstreamRequestId?: string
  /** It was passed over without a call. */
  readonly skipped?: true
}

/** Failures that a later request may not meet. */
const PASSING: readonly FailureReason[] = [
  'rate_limited',
  'overloaded',
  'timeout',
  'unreachable',
  'server_error',
  'bad_answer',
]

/** Whether a failure may have passed a moment later. */
export const isPassing = (reason: FailureReason) => PASSING.includes(reason)

const BLAME: Readonly<Record<FailureReason, Blame>> = {
  rate_limited: 'capacity',
  // A target that is overloaded is down for the time being, whatever it calls that.
  overloaded: 'target',
  billing: 'target',
  model_not_found: 'target',
  context_overflow: 'request',
  upstream_auth: 'operator',
  timeout: 'target',
  unreachable: 'target',
  server_error: 'target',
  bad_answer: 'target',
  bad_request: 'request',
  legally_blocked: 'nobody',
  client_gone: 'nobody',
}

/** Who is to blame for a failure of this kind. */
export const blameOf = (reason: FailureReason): Blame => BLAME[reason]

/** The client left while nothing was under way. */
export const CLIENT_GONE: Failed = { kind: 'client_gone', reason: 'client_gone', blame: 'nobody' }

/** Describes a failed attempt to the client, the log and the record. */
export function toReport(target: string, failed: Failed): AttemptReport {
  const { reason, upstreamRequestId } = failed
  return {
    target,
    reason,
    message: messageOf(failed),
    ...(failed.kind === 'status' && { status: failed.status }),
    ...(failed.kind === 'status' && failed.retryAfterMs !== undefined && { retryAfterMs: failed.retryAfterMs }),
    ...(upstreamRequestId !== undefined && { upstreamRequestId }),
  }
}

/** The status with which a request that is itself at fault is refused: the upstream's own, also from inside a 200. */
export function refusalStatusOf(failed: Failed): number {
  const status =
    failed.kind === 'status' ? failed.status : failed.kind === 'error_event' ? Number(failed.error.code) : 0
  return status >= 400 && status < 500 ? status : 400
}

/**
 * Whether the upstream may have generated an answer that has to be paid for, though none came of it.
 *
 * @param tookMs How long the attempt took. Who refuses a request does so at once.
 */
export function mayHaveGenerated(failed: Failed, tookMs: number): boolean {
  switch (failed.kind) {
    case 'bad_answer':
    case 'error_event':
    case 'timeout':
      return true
    case 'network':
      return !failed.beforeHeaders || tookMs >= GENERATING_MS
    case 'status':
      return failed.status >= 500 && tookMs >= GENERATING_MS
    case 'client_gone':
      return false
  }
}

const GENERATING_MS = 5_000

/**
 * Whether a whole answer may have been generated of which nothing came: it comes with its end, so that a call which runs
 * out of time, or breaks, may have worked until then. A stream shows what there is of it.
 */
export function mayHaveWorkedUnseen(failed: Failed, stream: boolean, tookMs: number): boolean {
  const showsWhatCame = failed.kind === 'bad_answer' || failed.kind === 'error_event'
  return !stream && !showsWhatCame && mayHaveGenerated(failed, tookMs)
}

function messageOf(failed: Failed): string {
  switch (failed.kind) {
    case 'status':
    case 'error_event':
      return failed.error.message
    case 'network':
      return failed.beforeHeaders ? 'the connection failed before an answer came' : 'the connection broke'
    case 'timeout':
      return `no ${failed.phase === 'headers' ? 'headers' : 'answer'} in time`
    case 'bad_answer':
      return failed.detail
    case 'client_gone':
      return 'the client left'
  }
}
