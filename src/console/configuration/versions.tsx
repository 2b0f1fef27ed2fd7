import { useEffect, useState } from 'preact/hooks'
import { call, type Failed } from '../api.ts'
import { time } from '../format.ts'
import { ConfirmButton } from '../parts/confirm.tsx'
import { Empty, FailureNote } from '../parts/states.tsx'
import { Table } from '../parts/table.tsx'
import type { ConfigVersion, VersionDocument, VersionPage } from '../shapes.ts'

const PAGE = 10
const ACTIONS: Readonly<Record<string, string>> = {
  put: 'replaced',
  patch: 'changed',
  rollback: 'rolled back',
  by_hand: 'written by hand',
}

/** What the configuration was before, and the way back to it. */
export function Versions({
  turn,
  etag,
  onRolledBack,
}: {
  turn: number
  etag: string | undefined
  onRolledBack: () => void
}) {
  const [versions, setVersions] = useState<readonly ConfigVersion[]>()
  const [next, setNext] = useState<string | null>(null)
  const [failure, setFailure] = useState<Failed>()
  const [shown, setShown] = useState<VersionDocument>()
  const load = async (before?: string) => {
    const answer = await call<VersionPage>(`/admin/config/versions?limit=${PAGE}${before ? `&before=${before}` : ''}`)
    if (!answer.ok) return setFailure(answer)
    setFailure(undefined)
    setNext(answer.data.next)
    setVersions((old = []) => (before ? [...old, ...answer.data.versions] : answer.data.versions))
  }
  useEffect(() => {
    load()
  }, [turn])
  const show = async (id: string) => {
    const answer = await call<VersionDocument>(`/admin/config/versions/${encodeURIComponent(id)}`)
    if (answer.ok) setShown(answer.data)
    else setFailure(answer)
  }
  const rollBack = async (to: string) => {
    const headers = etag ? { 'if-match': etag } : {}
    const answer = await call('/admin/config/rollback', { method: 'POST', body: { to }, headers })
    if (answer.ok) onRolledBack()
    else setFailure(answer)
  }
  return (
    <>
      <h2>Versions</h2>
      {failure && <FailureNote failure={failure} onRetry={() => load()} />}
      {!versions && !failure && <p class="wait">Loading versions …</p>}
      {versions?.length === 0 && <Empty>None yet. The first save makes one.</Empty>}
      {versions && versions.length > 0 && <VersionTable versions={versions} onShow={show} onRollBack={rollBack} />}
      {next && (
        <button type="button" onClick={() => load(next)}>
          Older ones
        </button>
      )}
      {shown && (
        <section class="note" aria-label={`Version ${shown.id}`}>
          <h3>{shown.id}</h3>
          {shown.problem && <p class="failed">It would not be accepted now: {shown.problem}</p>}
          <pre>{shown.text}</pre>
          <button type="button" onClick={() => setShown(undefined)}>
            Close
          </button>
        </section>
      )}
    </>
  )
}

function VersionTable({
  versions,
  onShow,
  onRollBack,
}: {
  versions: readonly ConfigVersion[]
  onShow: (id: string) => void
  onRollBack: (id: string) => void
}) {
  return (
    <Table
      caption="Versions, the newest first"
      rows={versions}
      keyOf={({ id }) => id}
      columns={[
        { title: 'When', cell: ({ at }) => time(at) },
        { title: 'What', cell: ({ action, of }) => `${ACTIONS[action] ?? action}${of ? ` to ${of}` : ''}` },
        { title: 'Who', cell: ({ author }) => author },
        { title: 'Version', cell: ({ id, active }) => (active ? <strong>{id} (active)</strong> : id) },
        {
          title: 'Actions',
          cell: ({ id, active }) => (
            <>
              <button type="button" onClick={() => onShow(id)}>
                Show
              </button>{' '}
              {!active && (
                <ConfirmButton
                  label="Roll back"
                  title={`Roll back to ${id}`}
                  question="It becomes the newest version, and holds elsewhere within about a minute. No version is lost."
                  onConfirm={() => onRollBack(id)}
                />
              )}
            </>
          ),
        },
      ]}
    />
  )
}
