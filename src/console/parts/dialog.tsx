import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

/**
 * A question or a form above the page, which cannot be used meanwhile. The browser keeps the focus in it, closes it by Escape,
 * and gives the focus back to the button that opened it.
 */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string
  onClose: () => void
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
      <h3 id={id}>{title}</h3>
      {children}
    </dialog>
  )
}
