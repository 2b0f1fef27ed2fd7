/** The time, handed down so that nothing below `worker.ts` reads or waits for the real one by itself. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`. */
  wait(ms: number): Promise<void>
  /** Calls `run` after `ms`, unless the function that it returns was called before. */
  timer(ms: number, run: () => void): () => void
}

/** Whether it was less than `limitMs` ago; not, where it is yet to come: the clock was set back. */
export const isRecent = (atMs: number, limitMs: number, nowMs: number) => atMs <= nowMs && nowMs - atMs < limitMs

/** What {@link within} resolves to when time ran out first. */
export const TIMED_OUT: unique symbol = Symbol('timed out')

/**
 * Waits for `work`, but no longer than `limitMs`. Does not stop the work: whoever began it must cancel it.
 *
 * Written with callbacks because it is on every request's path: with a race and an `AbortController` for its timer it
 * took a quarter of the CPU of a short answer.
 *
 * @throws Whatever `work` throws in time. What it throws later is dropped.
 */
export function within<T>(work: Promise<T>, limitMs: number, clock: Clock): Promise<T | typeof TIMED_OUT> {
  return new Promise((resolve, reject) => {
    const cancel = clock.timer(Math.max(0, limitMs), () => resolve(TIMED_OUT))
    work.then(
      (value) => {
        cancel()
        resolve(value)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}

/** Waits, but no longer than until `signal` is aborted. */
export async function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  if (signal.aborted) return
  const { promise: left, resolve: leave } = Promise.withResolvers<void>()
  const stop = () => leave()
  signal.addEventListener('abort', stop, { once: true })
  await Promise.race([clock.wait(ms), left])
  signal.removeEventListener('abort', stop)
}
