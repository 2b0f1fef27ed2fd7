import { MAX_RETRY_AFTER_MS } from './backoff.ts'
import { type Failed, type Outcome, reasonOf } from './outcome.ts'

/** What follows an attempt. */
export type Next =
  | { readonly do: 'commit' }
  /** Try the same target again after `afterMs`, or, where it is `undefined`, after the usual backoff. */
  | { readonly do: 'retry'; readonly afterMs: number | undefined }
  | { readonly do: 'try_next' }
  /** Skip to a target with a larger context; its size must exceed the failed one's. */
  | { readonly do: 'try_larger' }
  | { readonly do: 'stop'; readonly because: 'client_gone' | 'request_at_fault' | 'no_targets_left' | 'out_of_time' }

/** What the decision needs to know besides the outcome. */
export type Situation = {
  /** Targets that have not been tried. */
  readonly targetsLeft: number
  /** How often this target was already tried again. */
  readonly retriesDone: number
  /** Milliseconds left of the request's total time. */
  readonly budgetLeftMs: number
}

const MAX_RETRIES = 1

/**
 * Decides what follows an attempt. Pure: no clock, no I/O; the caller passes what it measured.
 *
 * The same target is tried again where waiting can help and nothing better is at hand: a short `Retry-After` is waited
 * out even if a fallback is left (the operator prefers the primary); a reset or a 503 only when none is.
 */
export function decideNext(outcome: Outcome, situation: Situation): Next {
  if (outcome.kind === 'answering') return { do: 'commit' }
  if (outcome.kind === 'client_gone') return { do: 'stop', because: 'client_gone' }
  const reason = reasonOf(outcome)
  // An error inside a 200 may be one model's way of failing at a good request, so others are asked.
  if (reason === 'bad_request' && outcome.kind === 'status') return { do: 'stop', because: 'request_at_fault' }
  if (situation.budgetLeftMs <= 0) return { do: 'stop', because: 'out_of_time' }
  if (reason === 'context_overflow') return { do: 'try_larger' }
  const wait = retryWait(outcome, situation)
  if (wait !== 'none' && (wait ?? 0) < situation.budgetLeftMs) return { do: 'retry', afterMs: wait }
  return situation.targetsLeft > 0 ? { do: 'try_next' } : { do: 'stop', because: 'no_targets_left' }
}

/** Whether the failure counts against the target: what a caller or a client did does not. */
export function isTargetsFault(outcome: Failed): boolean {
  return !['bad_request', 'context_overflow', 'client_gone'].includes(reasonOf(outcome))
}

function retryWait(outcome: Outcome, { targetsLeft, retriesDone }: Situation): number | undefined | 'none' {
  if (retriesDone >= MAX_RETRIES) return 'none'
  if (outcome.kind === 'status' && (outcome.status === 429 || outcome.status === 503)) {
    const { retryAfterMs } = outcome
    if (retryAfterMs !== undefined) return retryAfterMs <= MAX_RETRY_AFTER_MS ? retryAfterMs : 'none'
    return targetsLeft === 0 && outcome.status === 503 ? undefined : 'none'
  }
  if (outcome.kind === 'network' && outcome.beforeHeaders && targetsLeft === 0) return undefined
  return 'none'
}
