import type { ComponentChildren } from 'preact'
import type { Failed } from '../api.ts'
import type { Load } from './use-load.ts'

/** A failure as a sentence, announced to screen readers, with what was wrong where. */
export function FailureNote({ failure, onRetry }: { failure: Failed; onRetry?: () => void }) {
  return (
    <div class="note bad" role="alert">
      <p>{failure.message}</p>
      {failure.problems.length > 0 && (
        <ul>
          {failure.problems.map(({ path, message }) => (
            <li key={path + message}>
              <code>{path}</code>: {message}
            </li>
          ))}
        </ul>
      )}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** What to do first, where there is nothing yet. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="note">{children}</div>
}

/** Shows what was loaded; a sign while it is on its way, a sentence when it failed. */
export function Loaded<T>({
  load,
  what,
  children,
}: {
  load: Load<T>
  what: string
  children: (data: T) => ComponentChildren
}) {
  return (
    <div aria-busy={load.isLoading}>
      {load.failure && <FailureNote failure={load.failure} onRetry={load.reload} />}
      {load.data === undefined && load.isLoading && (
        <p class="wait" role="status">
          Loading {what} …
        </p>
      )}
      {load.data !== undefined && children(load.data)}
    </div>
  )
}
