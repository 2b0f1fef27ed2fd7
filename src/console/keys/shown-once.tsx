import { useEffect, useRef } from 'preact/hooks'
import { CopyButton } from '../parts/copy.tsx'

export type CreatedKey = {
  readonly id: string
  readonly name: string
  readonly key: string
  readonly expiresAt: string | null
}

/** A key that was just made: it is shown here and never again. */
export function ShownOnce({ made, onClose }: { made: CreatedKey; onClose: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [made.id])
  return (
    <section class="note" aria-label="The new key">
      <h3 tabIndex={-1} ref={heading}>
        The key of {made.name}: copy it now, it is not shown again
      </h3>
      <p>
        <code class="secret">{made.key}</code>
      </p>
      <CopyButton text={made.key} label="Copy the key" />{' '}
      <button type="button" onClick={onClose}>
        Done
      </button>
      <p class="hint">
        Base URL {location.origin}/v1, this key, and any model or alias: any OpenAI client works. The holder can sign in
        here with it, and sees what it spends.
      </p>
    </section>
  )
}
