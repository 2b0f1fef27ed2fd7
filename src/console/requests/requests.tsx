import { useEffect, useState } from 'preact/hooks'
import type { UsageRequest, UsageRequestPage } from '../../wire/admin/usage.ts'
import { type Answer, call, type Failed } from '../api.ts'
import { END_WORDS } from '../format.ts'
import type { PageProps } from '../page-props.ts'
import { Check, Choice, TextField } from '../parts/fields.tsx'
import { Empty, FailureNote } from '../parts/states.tsx'
import { RequestList } from './request-list.tsx'

const PAGE = 50
const TAIL_MS = 3_000
const ENDS = [['', 'any end'], ...Object.entries(END_WORDS)] as const
const NO_FILTER = { project: '', key: '', model: '', end: '' }
type Filter = typeof NO_FILTER

/** The latest requests, filtered; older ones on demand, new ones by themselves while the tail is on. */
export function Requests({ place }: PageProps) {
  const [filter, setFilter] = useState<Filter>(() => ({
    ...NO_FILTER,
    ...Object.fromEntries([...place.query].filter(([name]) => name in NO_FILTER)),
  }))
  const [isLive, setLive] = useState(false)
  const { rows, next, failure, isLoading, reload, more, unavailable } = useRequests(filter, isLive)
  const change = (name: keyof Filter) => (value: string) => setFilter({ ...filter, [name]: value })
  return (
    <>
      <search>
        <form onSubmit={(event) => event.preventDefault()}>
          <TextField label="Project" value={filter.project} onChange={change('project')} />
          <TextField label="Key id" value={filter.key} onChange={change('key')} />
          <TextField label="Model" value={filter.model} onChange={change('model')} />
          <Choice label="End" value={filter.end} options={ENDS} onChange={change('end')} />
          <button type="button" onClick={reload}>
            Refresh
          </button>
          <Check isOn={isLive} onChange={setLive}>
            Live
          </Check>
        </form>
      </search>
      {failure && <FailureNote failure={failure} onRetry={reload} />}
      {unavailable.length > 0 && (
        <p class="note bad">The ledger of {unavailable.join(', ')} does not answer: its requests are missing here.</p>
      )}
      <p role="status" class="soft">
        {isLoading
          ? 'Loading requests …'
          : !failure && countOf(rows.length) + (isLive ? ', new ones appear by themselves' : '')}
      </p>
      {rows.length > 0 && <RequestList rows={rows} />}
      {rows.length === 0 && !isLoading && !failure && (
        <Empty>
          No request fits. Ask something in <a href="#/playground">the playground</a>, or take a filter away.
        </Empty>
      )}
      {next && (
        <button type="button" onClick={more} disabled={isLoading}>
          Older ones
        </button>
      )}
    </>
  )
}

const countOf = (requests: number) => `${requests} ${requests === 1 ? 'request' : 'requests'}`

type Listed = { rows: readonly UsageRequest[]; next: string | null; failure?: Failed; unavailable: readonly string[] }
const NOTHING: Listed = { rows: [], next: null, unavailable: [] }

function useRequests(filter: Filter, isLive: boolean) {
  const [listed, setListed] = useState(NOTHING)
  const [isLoading, setLoading] = useState(true)
  const key = pathOf(filter)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const gone = new AbortController()
    setLoading(true)
    const load = async () => {
      const answer = await call<UsageRequestPage>(key, { signal: gone.signal })
      if (gone.signal.aborted) return
      setLoading(false)
      setListed((old) => merge(old, answer))
    }
    load()
    const tail = isLive ? setInterval(() => document.hidden || load(), TAIL_MS) : undefined
    return () => {
      gone.abort()
      clearInterval(tail)
    }
  }, [key, isLive, turn])
  useEffect(() => setListed(NOTHING), [key])
  const more = async () => {
    setLoading(true)
    const answer = await call<UsageRequestPage>(`${key}&before=${encodeURIComponent(listed.next ?? '')}`)
    setLoading(false)
    if (!answer.ok) return setListed((old) => ({ ...old, failure: answer }))
    setListed((old) => ({ ...old, rows: [...old.rows, ...answer.data.requests], next: answer.data.next }))
  }
  return { ...listed, isLoading, more, reload: () => setTurn((value) => value + 1) }
}

/** New ones come on top; what was loaded of older ones stays. */
function merge(old: Listed, answer: Answer<UsageRequestPage>): Listed {
  if (!answer.ok) return { ...old, failure: answer }
  const { requests, next, unavailable } = answer.data
  const fresh = new Set(requests.map(({ id }) => id))
  const older = old.rows.filter(({ id }) => !fresh.has(id))
  const isContinued = older.length > 0 && old.rows.some(({ id }) => fresh.has(id))
  return { rows: isContinued ? [...requests, ...older] : requests, next: isContinued ? old.next : next, unavailable }
}

function pathOf(filter: Filter): string {
  const given = Object.entries(filter).filter(([, value]) => value.trim() !== '')
  const query = new URLSearchParams(given.map(([name, value]) => [name, value.trim()]))
  query.set('limit', String(PAGE))
  return `/admin/requests?${query}`
}
