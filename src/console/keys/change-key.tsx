import { useState } from 'preact/hooks'
import { call, type Failed } from '../api.ts'
import { TextField } from '../parts/fields.tsx'
import { FailureNote } from '../parts/states.tsx'
import type { ListedKey } from '../shapes.ts'
import { fromBounds, NO_BOUNDS, problemOf, toBounds } from './bounds.ts'
import { BoundsFields } from './bounds-fields.tsx'

/** Changes what a key is called and bound to; its secret stays. */
export function ChangeKey({
  listed,
  onChanged,
  onClose,
}: {
  listed: ListedKey
  onChanged: () => void
  onClose: () => void
}) {
  const [name, setName] = useState(listed.name)
  const [project, setProject] = useState(listed.project ?? 'default')
  const [bounds, setBounds] = useState({
    ...NO_BOUNDS,
    ...fromBounds(listed),
  })
  const [failure, setFailure] = useState<Failed>()
  const problem = problemOf(bounds)
  const submit = async (event: Event) => {
    event.preventDefault()
    // What was taken away must be said: what is not named stays.
    const body = { name, project, budget: null, limits: null, models: null, ...toBounds(bounds) }
    const answer = await call(`/admin/keys/${encodeURIComponent(listed.id)}`, { method: 'PATCH', body })
    if (answer.ok) onChanged()
    else setFailure(answer)
  }
  return (
    <section class="note" aria-label={`Change the key of ${listed.name}`}>
      <h3>The key of {listed.name}</h3>
      <form class="stack" onSubmit={submit}>
        <div class="bar">
          <TextField label="Whose it is" value={name} onChange={setName} isRequired />
          <TextField label="Project" value={project} onChange={setProject} isRequired />
        </div>
        <BoundsFields form={bounds} onChange={setBounds} />
        {problem && <p class="failed">{problem}</p>}
        <p>
          <button type="submit" class="main" disabled={problem !== undefined || name.trim() === ''}>
            Save
          </button>{' '}
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </p>
      </form>
      {failure && <FailureNote failure={failure} />}
    </section>
  )
}
