import { positionOf, readJson5, startOf } from '../../json/json5.ts'
import { parsePath } from '../../json/value-path.ts'
import type { Failed } from '../api.ts'

/** What the gateway says of a text: what keeps it from being saved, and what does not. */
export type Check = { readonly problems: Failed['problems']; readonly warnings: Failed['problems'] }

/** What is wrong with the text, each with its line. */
export function Problems({ text, check }: { text: string; check: Check | undefined }) {
  if (!check) {
    return (
      <p class="wait" role="status">
        Checking …
      </p>
    )
  }
  const { problems, warnings } = check
  if (problems.length === 0 && warnings.length === 0) {
    return (
      <p class="good" role="status">
        No problem.
      </p>
    )
  }
  const all = [
    ...problems.map((one) => ({ ...one, kind: 'failed' })),
    ...warnings.map((one) => ({ ...one, kind: 'warning' })),
  ]
  return (
    <div role="status">
      <ul aria-label="Problems">
        {all.map(({ path, message, kind }) => (
          <li key={path + message} class={kind}>
            {kind === 'warning' && 'Worth a look: '}
            {lineOf(text, path)}
            {path && <code>{path}</code>} {message}
          </li>
        ))}
      </ul>
    </div>
  )
}

function lineOf(text: string, path: string): string {
  const steps = parsePath(path)
  if (!steps || path === '') return ''
  try {
    return `line ${positionOf(text, startOf(readJson5(text), steps)).line}: `
  } catch {
    return '' // the text is not JSON5 just now, and its problem says where
  }
}
