import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

/**
 * A question or a form above the page, which cannot be used meanwhile. The browser keeps the focus in it, closes it by Escape,
 * and gives the focus back to the button that opened it.
 */
export function Dialog({
  title,
  onClose,
  isToRead = false,
  children,
}: {
  title: string
  onClose: () => void
  /** Whether there is only something to read: it has a button to close it, where the reading begins. */
  isToRead?: boolean
  children: ComponentChildren
}) {
  const id = useId()
  const place = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const dialog = place.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog ref={place} aria-labelledby={id} onCancel={onClose}>
      <div class="title">
        <h2 id={id}>{title}</h2>
        {isToRead && (
          <button type="button" onClick={onClose}>
            Close
          </button>
        )}
      </div>
      {children}
    </dialog>
  )
}
