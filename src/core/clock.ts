/** The time, handed down so that nothing below `worker.ts` reads or waits for the real one by itself. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`; never, once `signal` is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

/** What {@link within} resolves to when time ran out first. */
export const TIMED_OUT: unique symbol = Symbol('timed out')

/**
 * Waits for `work`, but no longer than `limitMs`. Does not stop the work: whoever began it must cancel it.
 *
 * @throws Whatever `work` throws in time. What it throws later is dropped.
 */
export async function within<T>(work: Promise<T>, limitMs: number, clock: Clock): Promise<T | typeof TIMED_OUT> {
  const timer = new AbortController()
  const tooLate = clock.wait(Math.max(0, limitMs), timer.signal).then((): typeof TIMED_OUT => TIMED_OUT)
  try {
    return await Promise.race([work, tooLate])
  } finally {
    timer.abort()
    work.catch(() => {})
  }
}
