import { useState } from 'preact/hooks'
import type { ProjectList, ProjectReport } from '../../wire/admin/usage.ts'
import { call, type Failed } from '../api.ts'
import { money } from '../format.ts'
import { BudgetMeter } from '../parts/budget-meter.tsx'
import { SuggestField, TextField } from '../parts/fields.tsx'
import { FailureNote, Loaded } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import type { Load } from '../parts/use-load.ts'
import { fromBounds, mergeOf, NO_BOUNDS, problemOf } from './bounds.ts'
import { BoundsFields } from './bounds-fields.tsx'

/** The projects that keys belong to, and a way to make one or to bound it: they stand in the configuration. */
export function Projects({ load }: { load: Load<ProjectList> }) {
  return (
    <>
      <Loaded load={load} what="projects">
        {({ projects }) => <ProjectTable projects={projects} />}
      </Loaded>
      <SaveProject known={load.data?.projects ?? []} onSaved={load.reload} />
    </>
  )
}

function ProjectTable({ projects }: { projects: readonly ProjectReport[] }) {
  return (
    <Table
      caption="Projects"
      rows={projects}
      keyOf={({ id }) => id}
      columns={[
        { title: 'Project', cell: ({ id, name }) => (name === id ? id : `${name} (${id})`) },
        { title: 'Active keys', cell: ({ keys }) => keys, isNumber: true },
        { title: 'Budget', cell: ({ budget }) => (budget ? <BudgetMeter budget={budget} /> : 'none') },
        { title: 'This month', cell: ({ month }) => money(month?.costNanoUsd), isNumber: true },
        { title: 'Models', cell: ({ models }) => models?.join(', ') ?? 'every one' },
        { title: 'Ledger', cell: ({ ledger }) => (ledger ? 'answers' : <span class="failed">does not answer</span>) },
      ]}
    />
  )
}

function SaveProject({ known, onSaved }: { known: readonly ProjectReport[]; onSaved: () => void }) {
  const [id, setId] = useState('')
  const [name, setName] = useState('')
  const [bounds, setBounds] = useState(NO_BOUNDS)
  const [failure, setFailure] = useState<Failed>()
  const [said, say] = useState('')
  const problem = problemOf(bounds)
  /** The bounds that a project has now; none of one that is new. */
  const formOf = (wanted: string) => {
    const { budget, limits, models } = known.find((one) => one.id === wanted.trim()) ?? {}
    return { ...NO_BOUNDS, ...fromBounds({ budget: budget ?? undefined, limits, models: models ?? undefined }) }
  }
  const choose = (wanted: string) => {
    setId(wanted)
    const chosen = known.find((one) => one.id === wanted.trim())
    if (!chosen) return
    setName(chosen.name)
    setBounds(formOf(wanted))
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    const isRenamed = name.trim() !== '' && name !== known.find((one) => one.id === id.trim())?.name
    const project = { ...(isRenamed && { name: name.trim() }), ...mergeOf(formOf(id), bounds) }
    const body = JSON.stringify({ hugway: { projects: { [id.trim()]: project } } })
    const answer = await call('/admin/config', { method: 'PATCH', body })
    setFailure(answer.ok ? undefined : answer)
    say(answer.ok ? `Saved ${id.trim()}: it holds elsewhere within about a minute.` : '')
    if (answer.ok) onSaved()
  }
  return (
    <form class="stack" onSubmit={submit}>
      <h3>Make a project, or change one</h3>
      <div class="bar">
        <SuggestField label="Id" value={id} options={known.map((project) => project.id)} onChange={choose} />
        <TextField label="Name" value={name} onChange={setName} />
      </div>
      <BoundsFields form={bounds} onChange={setBounds} />
      {problem && <p class="failed">{problem}</p>}
      <button type="submit" disabled={id.trim() === '' || problem !== undefined}>
        Save the project
      </button>
      <span role="status" class="said">
        {said}
      </span>
      {failure && <FailureNote failure={failure} />}
    </form>
  )
}
