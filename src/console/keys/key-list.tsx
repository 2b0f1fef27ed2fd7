import { useState } from 'preact/hooks'
import { type Answer, call, type Failed } from '../api.ts'
import { money, time } from '../format.ts'
import { formatPlace } from '../hash.ts'
import { BudgetMeter } from '../parts/budget-meter.tsx'
import { TextField } from '../parts/fields.tsx'
import { Empty, FailureNote } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import type { ListedKey } from '../shapes.ts'
import { ChangeKey } from './change-key.tsx'
import { KeyActions, type KeyDeeds } from './key-actions.tsx'
import { type CreatedKey, ShownOnce } from './shown-once.tsx'

const PAGE = 25
const ELSEWHERE = 'it holds elsewhere within about a minute'

/** Every key: what it is for, and what can be done with it. */
export function KeyList({ keys, onChanged }: { keys: readonly ListedKey[]; onChanged: () => void }) {
  const [failure, setFailure] = useState<Failed>()
  const [said, say] = useState('')
  const [made, setMade] = useState<CreatedKey>()
  const [changing, setChanging] = useState<ListedKey>()
  const [shown, setShown] = useState(PAGE)
  const [wanted, setWanted] = useState('')
  const done = <T,>(answer: Answer<T>, sentence: string): T | undefined => {
    setFailure(answer.ok ? undefined : answer)
    say(answer.ok ? sentence : '')
    if (!answer.ok) return undefined
    onChanged()
    return answer.data
  }
  const deeds: KeyDeeds = {
    change: setChanging,
    async setDisabled(key, disabled) {
      const answer = await call(pathOf(key), { method: 'PATCH', body: { disabled } })
      done(answer, `The key of ${key.name} is ${disabled ? 'disabled' : 'enabled'}: ${ELSEWHERE}.`)
    },
    async rotate(key, overlapDays) {
      const answer = await call<CreatedKey>(`${pathOf(key)}/rotate`, { method: 'POST', body: { overlapDays } })
      setMade(done(answer, ''))
    },
    async revoke(key) {
      done(await call(pathOf(key), { method: 'DELETE' }), `The key of ${key.name} is revoked: ${ELSEWHERE}.`)
    },
  }
  const found = keys.filter((key) => fits(key, wanted.trim().toLowerCase()))
  if (keys.length === 0) return <Empty>No key was made yet. Make one above: it opens at once.</Empty>
  return (
    <>
      {failure && <FailureNote failure={failure} />}
      {made && <ShownOnce made={made} onClose={() => setMade(undefined)} />}
      {changing && (
        <ChangeKey
          key={changing.id}
          listed={changing}
          onClose={() => setChanging(undefined)}
          onChanged={(answer) => {
            setChanging(undefined)
            done(answer, `The key of ${changing.name} is changed: ${ELSEWHERE}.`)
          }}
        />
      )}
      <p role="status" class="hint">
        {said}
      </p>
      {keys.length > PAGE && (
        <search class="bar">
          <TextField label="Find by name, project, state or id" value={wanted} onChange={setWanted} />
          <p role="status" class="hint">
            {found.length} of {keys.length} keys
          </p>
        </search>
      )}
      <Table
        caption="Keys, the newest first"
        rows={found.slice(0, shown)}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Name', cell: ({ name }) => name },
          { title: 'Project', cell: ({ project }) => project ?? 'default' },
          {
            title: 'State',
            cell: ({ status }) => <span class={status === 'active' ? 'good' : 'failed'}>{status}</span>,
          },
          { title: 'Actions', cell: (key) => <KeyActions listed={key} deeds={deeds} /> },
          {
            title: 'Budget',
            cell: ({ budget }) =>
              budget &&
              ('spentNanoUsd' in budget ? <BudgetMeter budget={budget} /> : `$${budget.usd} per ${budget.per}`),
          },
          { title: 'Spent in all', cell: ({ costNanoUsd }) => money(costNanoUsd), isNumber: true },
          { title: 'Used last', cell: ({ lastUsedAt }) => time(lastUsedAt) },
          { title: 'Ends', cell: ({ expiresAt }) => (expiresAt ? time(expiresAt) : 'never') },
          { title: 'Made', cell: ({ createdAt }) => time(createdAt) },
          { title: 'Id', cell: ({ id }) => <a href={formatPlace('requests', { key: id })}>{id}</a> },
        ]}
      />
      {shown < found.length && (
        <button type="button" onClick={() => setShown(shown + PAGE)}>
          More
        </button>
      )}
    </>
  )
}

const fits = ({ name, project = 'default', status, id }: ListedKey, text: string) =>
  [name, project, status, id].some((one) => one.toLowerCase().includes(text))

const pathOf = ({ id }: ListedKey) => `/admin/keys/${encodeURIComponent(id)}`
