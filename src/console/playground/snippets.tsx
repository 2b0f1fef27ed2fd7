import { useState } from 'preact/hooks'
import { CopyButton } from '../parts/copy.tsx'
import { Choice } from '../parts/fields.tsx'
import { type Question, toSnippet, WAYS, type Way } from './question.ts'

/** The question as it is sent from elsewhere. */
export function Snippets({ question }: { question: Question }) {
  const [way, setWay] = useState<Way>('curl')
  const text = toSnippet(way, question, location.origin)
  return (
    <>
      <h2>The same from elsewhere</h2>
      <div class="bar">
        <Choice label="As" value={way} options={WAYS.map((one) => [one, one] as const)} onChange={setWay} />
        <CopyButton text={text} label="Copy" />
      </div>
      <pre>{text}</pre>
    </>
  )
}
