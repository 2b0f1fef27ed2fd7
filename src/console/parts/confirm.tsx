import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Dialog } from './dialog.tsx'

/** A button that asks once more before it does what cannot be undone, or what others feel at once. */
export function ConfirmButton({
  label,
  title,
  question,
  onConfirm,
  children,
}: {
  label: string
  /** What is about to be done, to what: the label, and more. The button is called so too, for who hears it alone. */
  title: string
  /** What will come of it. */
  question: string
  onConfirm: () => void
  /** What else there is to choose. */
  children?: ComponentChildren
}) {
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <button type="button" aria-label={title} aria-haspopup="dialog" onClick={() => setAsking(true)}>
        {label}
      </button>
      {isAsking && (
        <Dialog title={title} onClose={() => setAsking(false)}>
          <p>{question}</p>
          {children}
          <p class="choices">
            <button type="button" onClick={() => setAsking(false)}>
              No
            </button>
            <button
              type="button"
              class="danger"
              onClick={() => {
                setAsking(false)
                onConfirm()
              }}
            >
              Yes, {label.toLowerCase()}
            </button>
          </p>
        </Dialog>
      )}
    </>
  )
}
