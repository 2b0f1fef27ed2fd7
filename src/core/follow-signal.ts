/** A controller of one's own that a signal aborts as well. */
export type Follower = {
  readonly controller: AbortController
  /** Follows no longer. The runtime holds a listener, and what it holds, until a full collection. */
  readonly release: () => void
}

export function followSignal(signal: AbortSignal): Follower {
  const controller = new AbortController()
  const abort = () => controller.abort()
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return { controller, release: () => signal.removeEventListener('abort', abort) }
}
