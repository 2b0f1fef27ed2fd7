import { diffLines, withContext } from './line-diff.ts'

const AROUND = 3
const SIGNS = { same: ' ', added: '+', removed: '-' }
const WORDS = { same: '', added: 'added: ', removed: 'removed: ' }

/** What a text loses and gains, line by line. */
export function Difference({ before, after }: { before: string; after: string }) {
  const lines = withContext(diffLines(before, after), AROUND)
  if (lines.every((line) => line === null || line.kind === 'same')) return <p>Nothing.</p>
  return (
    <pre>
      {lines.map((line, index) =>
        line === null ? (
          <div key={index} class="soft">
            …
          </div>
        ) : (
          <div key={index} class={line.kind}>
            <span aria-hidden="true">{SIGNS[line.kind]} </span>
            <span class="hidden">{WORDS[line.kind]}</span>
            {line.text}
          </div>
        ),
      )}
    </pre>
  )
}
