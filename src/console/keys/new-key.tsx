import { useState } from 'preact/hooks'
import { call, type Failed } from '../api.ts'
import { SuggestField, TextField } from '../parts/fields.tsx'
import { FailureNote } from '../parts/states.tsx'
import { NO_BOUNDS, problemOf, toBounds } from './bounds.ts'
import { BoundsFields } from './bounds-fields.tsx'
import { type CreatedKey, ShownOnce } from './shown-once.tsx'

/** Makes a key for somebody, and shows it this once. */
export function NewKey({ projects, onMade }: { projects: readonly string[]; onMade: () => void }) {
  const [name, setName] = useState('')
  const [project, setProject] = useState('default')
  const [days, setDays] = useState('')
  const [bounds, setBounds] = useState(NO_BOUNDS)
  const [failure, setFailure] = useState<Failed>()
  const [made, setMade] = useState<CreatedKey>()
  const [isBusy, setBusy] = useState(false)
  const problem = problemOf(bounds)
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    const body = {
      name,
      ...(project.trim() !== '' && project !== 'default' && { project: project.trim() }),
      ...(days.trim() !== '' && { expiresInDays: Number(days) }),
      ...toBounds(bounds),
    }
    const answer = await call<CreatedKey>('/admin/keys', { method: 'POST', body })
    setBusy(false)
    setFailure(answer.ok ? undefined : answer)
    if (!answer.ok) return
    setMade(answer.data)
    setName('')
    onMade()
  }
  return (
    <>
      <form class="stack" onSubmit={submit}>
        <div class="bar">
          <TextField
            label="Whose it is"
            value={name}
            onChange={setName}
            isRequired
            hint="A name such as ann, or laptop."
          />
          <SuggestField label="Project" value={project} options={projects} onChange={setProject} />
          <TextField label="Days until it ends" isNumber value={days} onChange={setDays} hint="Empty: it never ends." />
        </div>
        <BoundsFields form={bounds} onChange={setBounds} />
        {problem && <p class="failed">{problem}</p>}
        <button type="submit" class="main" disabled={isBusy || name.trim() === '' || problem !== undefined}>
          {isBusy ? 'Making …' : 'Make the key'}
        </button>
      </form>
      {failure && <FailureNote failure={failure} />}
      {made && <ShownOnce made={made} onClose={() => setMade(undefined)} />}
    </>
  )
}
