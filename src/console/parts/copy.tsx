import { useState } from 'preact/hooks'

/** Copies a text; says so, or says that the browser did not let it. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [said, say] = useState('')
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => say('Copied'),
      () => say('Select the text and copy it yourself'),
    )
  return (
    <>
      <button type="button" onClick={copy}>
        {label}
      </button>
      <span role="status" class="said">
        {said}
      </span>
    </>
  )
}
