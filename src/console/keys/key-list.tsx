import { useState } from 'preact/hooks'
import { type Answer, call, type Failed } from '../api.ts'
import { money, time } from '../format.ts'
import { formatPlace } from '../hash.ts'
import { BudgetMeter } from '../parts/budget-meter.tsx'
import { ConfirmButton } from '../parts/confirm.tsx'
import { Empty, FailureNote } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import type { ListedKey } from '../shapes.ts'
import { ChangeKey } from './change-key.tsx'
import { type CreatedKey, ShownOnce } from './shown-once.tsx'

const PAGE = 25

/** Every key: what it is for, and what can be done with it. */
export function KeyList({ keys, onChanged }: { keys: readonly ListedKey[]; onChanged: () => void }) {
  const [failure, setFailure] = useState<Failed>()
  const [made, setMade] = useState<CreatedKey>()
  const [changing, setChanging] = useState<ListedKey>()
  const [shown, setShown] = useState(PAGE)
  const done = <T,>(answer: Answer<T>): T | undefined => {
    setFailure(answer.ok ? undefined : answer)
    if (!answer.ok) return undefined
    onChanged()
    return answer.data
  }
  const rotate = async ({ id }: ListedKey) => {
    setMade(done(await call<CreatedKey>(`/admin/keys/${encodeURIComponent(id)}/rotate`, { method: 'POST', body: {} })))
  }
  const revoke = async ({ id }: ListedKey) => {
    done(await call(`/admin/keys/${encodeURIComponent(id)}`, { method: 'DELETE' }))
  }
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
          onChanged={() => {
            setChanging(undefined)
            onChanged()
          }}
        />
      )}
      <Table
        caption="Keys, the newest first"
        rows={keys.slice(0, shown)}
        keyOf={({ id }) => id}
        columns={[
          { title: 'Name', cell: ({ name }) => name },
          { title: 'Project', cell: ({ project }) => project ?? 'default' },
          {
            title: 'State',
            cell: ({ status }) => <span class={status === 'active' ? 'good' : 'failed'}>{status}</span>,
          },
          { title: 'Made', cell: ({ createdAt }) => time(createdAt) },
          { title: 'Ends', cell: ({ expiresAt }) => (expiresAt ? time(expiresAt) : 'never') },
          { title: 'Used last', cell: ({ lastUsedAt }) => time(lastUsedAt) },
          { title: 'Spent in all', cell: ({ costNanoUsd }) => money(costNanoUsd), isNumber: true },
          {
            title: 'Budget',
            cell: ({ budget }) =>
              budget &&
              ('spentNanoUsd' in budget ? <BudgetMeter budget={budget} /> : `$${budget.usd} per ${budget.per}`),
          },
          { title: 'Id', cell: ({ id }) => <a href={formatPlace('requests', { key: id })}>{id}</a> },
          {
            title: 'Actions',
            cell: (key) =>
              key.status === 'active' && (
                <Actions listed={key} onRotate={rotate} onRevoke={revoke} onChange={setChanging} />
              ),
          },
        ]}
      />
      {shown < keys.length && (
        <button type="button" onClick={() => setShown(shown + PAGE)}>
          More
        </button>
      )}
    </>
  )
}

function Actions({
  listed,
  onRotate,
  onRevoke,
  onChange,
}: {
  listed: ListedKey
  onRotate: (key: ListedKey) => void
  onRevoke: (key: ListedKey) => void
  onChange: (key: ListedKey) => void
}) {
  return (
    <>
      <button type="button" onClick={() => onChange(listed)}>
        Change
      </button>{' '}
      <ConfirmButton
        label="Rotate"
        question="Make a new key? The old one goes on for seven days."
        onConfirm={() => onRotate(listed)}
      />{' '}
      <ConfirmButton
        label="Revoke"
        question={`Whoever uses the key of ${listed.name} is refused at once.`}
        onConfirm={() => onRevoke(listed)}
      />
    </>
  )
}
