import { useState } from 'preact/hooks'
import { type Answer, call, type Failed } from '../api.ts'
import { Dialog } from '../parts/dialog.tsx'
import { TextField, TimeField } from '../parts/fields.tsx'
import { FailureNote } from '../parts/states.tsx'
import type { ListedKey } from '../shapes.ts'
import { fromBounds, mergeOf, NO_BOUNDS, problemOf } from './bounds.ts'
import { BoundsFields } from './bounds-fields.tsx'

/** Changes what a key is called and bound to, and when it ends; its secret stays. */
export function ChangeKey({
  listed,
  onChanged,
  onClose,
}: {
  listed: ListedKey
  onChanged: (answer: Answer<unknown>) => void
  onClose: () => void
}) {
  const before = { ...NO_BOUNDS, ...fromBounds(listed) }
  const [name, setName] = useState(listed.name)
  const [project, setProject] = useState(listed.project ?? 'default')
  const [expiresAt, setExpiresAt] = useState(listed.expiresAt)
  const [bounds, setBounds] = useState(before)
  const [failure, setFailure] = useState<Failed>()
  const [isBusy, setBusy] = useState(false)
  const problem = problemOf(bounds)
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    // Only what is other now: the rest may have been changed by somebody else meanwhile.
    const body = {
      ...(name !== listed.name && { name }),
      ...(project !== (listed.project ?? 'default') && { project }),
      ...(expiresAt !== listed.expiresAt && { expiresAt }),
      ...mergeOf(before, bounds),
    }
    const answer = await call(`/admin/keys/${encodeURIComponent(listed.id)}`, { method: 'PATCH', body })
    setBusy(false)
    if (answer.ok) onChanged(answer)
    else setFailure(answer)
  }
  return (
    <Dialog title={`Change the key of ${listed.name}`} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <div class="bar">
          <TextField label="Whose it is" value={name} onChange={setName} isRequired />
          <TextField label="Project" value={project} onChange={setProject} isRequired />
          <TimeField label="Ends" value={expiresAt} onChange={setExpiresAt} hint="Empty: it never ends." />
        </div>
        <BoundsFields form={bounds} onChange={setBounds} isOpen />
        {problem && <p class="failed">{problem}</p>}
        {failure && <FailureNote failure={failure} />}
        <p class="choices">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="main" disabled={isBusy || problem !== undefined || name.trim() === ''}>
            {isBusy ? 'Saving …' : 'Save'}
          </button>
        </p>
      </form>
    </Dialog>
  )
}
