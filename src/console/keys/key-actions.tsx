import { useState } from 'preact/hooks'
import { ConfirmButton } from '../parts/confirm.tsx'
import { Choice } from '../parts/fields.tsx'
import type { ListedKey } from '../shapes.ts'

const OVERLAPS = [
  ['0', 'not at all: it is refused at once'],
  ['1', 'a day'],
  ['7', 'seven days'],
  ['30', '30 days'],
] as const

/** What can be done with a key; `change` opens its form. */
export type KeyDeeds = {
  readonly change: (key: ListedKey) => void
  readonly setDisabled: (key: ListedKey, disabled: boolean) => void
  readonly rotate: (key: ListedKey, overlapDays: number) => void
  readonly revoke: (key: ListedKey) => void
}

/** The buttons of a key. One that was revoked has none: it is not brought back. */
export function KeyActions({ listed, deeds }: { listed: ListedKey; deeds: KeyDeeds }) {
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number][0]>('7')
  const { name, status } = listed
  if (status === 'revoked') return null
  return (
    <div class="actions">
      <button
        type="button"
        aria-label={`Change the key of ${name}`}
        aria-haspopup="dialog"
        onClick={() => deeds.change(listed)}
      >
        Change
      </button>
      {status === 'active' && (
        <>
          <ConfirmButton
            label="Disable"
            title={`Disable the key of ${name}`}
            question="Whoever uses it is refused, elsewhere within about a minute, until you enable it again."
            onConfirm={() => deeds.setDisabled(listed, true)}
          />
          <ConfirmButton
            label="Rotate"
            title={`Rotate the key of ${name}`}
            question="A new key takes its place, with the same bounds, and is shown once."
            onConfirm={() => deeds.rotate(listed, Number(overlap))}
          >
            <Choice label="The old one goes on for" value={overlap} options={OVERLAPS} onChange={setOverlap} />
          </ConfirmButton>
        </>
      )}
      {status === 'disabled' && (
        <button type="button" aria-label={`Enable the key of ${name}`} onClick={() => deeds.setDisabled(listed, false)}>
          Enable
        </button>
      )}
      <ConfirmButton
        label="Revoke"
        title={`Revoke the key of ${name}`}
        question="Whoever uses it is refused, elsewhere within about a minute, and it cannot be brought back."
        onConfirm={() => deeds.revoke(listed)}
      />
    </div>
  )
}
