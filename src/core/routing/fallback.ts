import { MAX_RETRY_AFTER_MS } from './backoff.ts'
import type { Failed, Outcome } from './outcome.ts'

/** What follows an attempt. */
export type Next =
  | { readonly do: 'commit' }
  /** Try the same target again after `afterMs`, or, where it is `undefined`, after the usual backoff. */
  | { readonly do: 'retry'; readonly afterMs: number | undefined }
  | { readonly do: 'try_next' }
  /** Skip to a target with a larger context; its size must exceed the failed one's. */
  | { readonly do: 'try_larger' }
  | {
      readonly do: 'stop'
      readonly because:
        | 'client_gone'
        | 'request_at_fault'
        | 'no_targets_left'
        | 'out_of_time'
        | 'no_calls_left'
        | 'no_money_left'
    }

/** What the decision needs to know besides the outcome. */
export type Situation = {
  /** Targets that have not been tried. */
  readonly targetsLeft: number
  /** How often this target was already tried again. */
  readonly retriesDone: number
  /** Milliseconds left of the request's total time. */
  readonly budgetLeftMs: number
  /** Upstream calls that the request may still make. */
  readonly callsLeft: number
  /** Attempts of this request that may have generated an answer, this one included: each of them is paid for. */
  readonly generations: number
}

const MAX_RETRIES = 1
/** The same answer is not generated a third time for a request that has got neither of the first two. */
const MAX_GENERATIONS = 2

/**
 * Decides what follows an attempt. Pure: no clock, no I/O; the caller passes what it measured.
 *
 * The same target is tried again where waiting can help and nothing better is at hand: a short `Retry-After` is waited
 * out even if a fallback is left (the operator prefers the primary); a reset or a 503 only when none is.
 */
export function decideNext(outcome: Outcome, situation: Situation): Next {
  if (outcome.kind === 'answering') return { do: 'commit' }
  if (outcome.kind === 'client_gone') return { do: 'stop', because: 'client_gone' }
  const isTooLong = outcome.reason === 'context_overflow'
  if (outcome.blame === 'request' && !isTooLong) return { do: 'stop', because: 'request_at_fault' }
  if (situation.budgetLeftMs <= 0) return { do: 'stop', because: 'out_of_time' }
  if (situation.callsLeft <= 0) return { do: 'stop', because: 'no_calls_left' }
  if (isTooLong) return { do: 'try_larger' }
  const wait = retryWait(outcome, situation)
  if (wait !== 'none' && (wait ?? 0) < situation.budgetLeftMs) return { do: 'retry', afterMs: wait }
  return situation.targetsLeft > 0 ? { do: 'try_next' } : { do: 'stop', because: 'no_targets_left' }
}

function retryWait(outcome: Failed, situation: Situation): number | undefined | 'none' {
  const { targetsLeft, retriesDone, generations, callsLeft } = situation
  if (retriesDone >= MAX_RETRIES || generations >= MAX_GENERATIONS) return 'none'
  // Each target that is left comes before a second try at this one.
  if (callsLeft <= targetsLeft) return 'none'
  const mayPass = outcome.reason === 'rate_limited' || outcome.reason === 'overloaded'
  if (outcome.kind === 'status' && mayPass) {
    const { retryAfterMs } = outcome
    if (retryAfterMs !== undefined) return retryAfterMs <= MAX_RETRY_AFTER_MS ? retryAfterMs : 'none'
    return targetsLeft === 0 && outcome.status === 503 ? undefined : 'none'
  }
  if (outcome.kind === 'network' && outcome.beforeHeaders && targetsLeft === 0) return undefined
  return 'none'
}
