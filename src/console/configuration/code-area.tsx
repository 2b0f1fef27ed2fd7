import { useRef, useState } from 'preact/hooks'
import { call } from '../api.ts'
import { FailureNote } from '../parts/states.tsx'
import { useLoad } from '../parts/use-load.ts'
import { completeAt, type Suggestion } from './complete-at.ts'

const MIN_ROWS = 14
const MAX_ROWS = 40

/** A text in which the schema's keys and values are offered: Control and space, then the arrow keys and Enter. */
export function CodeArea({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const schema = useLoad('schema', (signal) => call<object>('/schema/config.json', { signal }))
  /** Where something is to be offered; it may have been asked for before the schema was there. */
  const [askedAt, setAskedAt] = useState<number>()
  const area = useRef<HTMLTextAreaElement>(null)
  const offers = askedAt === undefined || !schema.data ? undefined : completeAt(text, askedAt, schema.data)
  const offer = () => setAskedAt(area.current?.selectionStart ?? 0)
  const take = ({ insert, from }: Suggestion) => {
    setAskedAt(undefined)
    onChange(text.slice(0, from) + insert + text.slice(askedAt))
    // The cursor can be set once the new text is there.
    setTimeout(() => {
      area.current?.focus()
      area.current?.setSelectionRange(from + insert.length, from + insert.length)
    })
  }
  const rows = Math.min(MAX_ROWS, Math.max(MIN_ROWS, text.split('\n').length + 1))
  return (
    <>
      <label class="field">
        <span class="soft">The document, JSON5. Control and space offers what may stand at the cursor.</span>
        <textarea
          class="code"
          ref={area}
          rows={rows}
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setAskedAt(undefined)
            onChange(event.currentTarget.value)
          }}
          onKeyDown={(event) => {
            if (event.key === ' ' && event.ctrlKey) {
              event.preventDefault()
              offer()
            }
          }}
        />
      </label>
      <button type="button" onClick={offer}>
        What may stand here?
      </button>
      {offers && <Offers offers={offers} onTake={take} onClose={() => setAskedAt(undefined)} />}
      {askedAt !== undefined && schema.isLoading && <p class="wait">Loading the schema …</p>}
      {schema.failure && <FailureNote failure={schema.failure} onRetry={schema.reload} />}
    </>
  )
}

function Offers({
  offers,
  onTake,
  onClose,
}: {
  offers: readonly Suggestion[]
  onTake: (offer: Suggestion) => void
  onClose: () => void
}) {
  if (offers.length === 0) return <p role="status">The schema has nothing to offer here.</p>
  return (
    <ul class="offers" aria-label="What may stand at the cursor">
      {offers.map((offer, index) => (
        <li key={offer.name}>
          <button
            type="button"
            ref={(element) => {
              if (index === 0) element?.focus()
            }}
            onKeyDown={(event) => moveFocus(event, onClose)}
            onClick={() => onTake(offer)}
          >
            <code>{offer.name}</code>
          </button>{' '}
          <span class="hint">{offer.description}</span>
        </li>
      ))}
    </ul>
  )
}

/** Arrow keys go from one to the next, Escape goes back to the text. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }, onClose: () => void): void {
  const item = event.currentTarget.parentElement
  const to = event.key === 'ArrowDown' ? item?.nextElementSibling : item?.previousElementSibling
  if (event.key === 'Escape') onClose()
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  event.preventDefault()
  to?.querySelector('button')?.focus()
}
