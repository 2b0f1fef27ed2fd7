import type { Timeouts } from '../config/config.ts'

/** How long one attempt may take: milliseconds from its beginning. */
export type TimeLimits = {
  /** Until the response headers. */
  readonly headersMs: number
  /** Until the first event of substance of a stream, or the end of a JSON answer. */
  readonly answerMs: number
}

export type AttemptTimes = {
  readonly stream: boolean
  readonly timeouts: Timeouts
  /** Whether the target's latest attempt ended without a word, and it has not answered since. */
  readonly isSilent: boolean
  /** Targets that are left to ask after this one. */
  readonly targetsLeft: number
  /** Milliseconds left of the whole request. */
  readonly budgetLeftMs: number
}

/**
 * A provider that thinks may send its headers with its first token (seen after 40 s), so the two waits are one sum.
 * Before the headers thinking cannot be told from silence: only a target that has just been silent gets less, and only
 * while another is left to ask, as one that thinks would else never be heard again.
 *
 * The headers of a JSON answer come with its end. It has all the time that is left but what
 * the targets after it need: of two that hang the third, which is well, would else never be asked.
 */
export function limitTimes({ stream, timeouts, isSilent, targetsLeft, budgetLeftMs }: AttemptTimes): TimeLimits {
  const sumMs = timeouts.headersMs + timeouts.firstTokenMs
  const within = (limitMs: number) => Math.max(0, Math.min(limitMs, budgetLeftMs))
  if (!stream) {
    const answerMs = within(Math.max(sumMs, budgetLeftMs - targetsLeft * sumMs))
    return { headersMs: answerMs, answerMs }
  }
  return { headersMs: within(isSilent && targetsLeft > 0 ? timeouts.headersMs : sumMs), answerMs: within(sumMs) }
}
