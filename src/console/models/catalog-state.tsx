import { useState } from 'preact/hooks'
import { call, type Failed } from '../api.ts'
import { duration, time } from '../format.ts'
import { FailureNote, Loaded } from '../parts/states.tsx'
import { useLoad } from '../parts/use-load.ts'
import type { CatalogReport, DriftReport } from '../shapes.ts'

/** How old the list is, what changed in it last, and a way to ask for a new one. */
export function CatalogState({ onRefreshed }: { onRefreshed: () => void }) {
  const report = useLoad('catalog', (signal) => call<CatalogReport>('/admin/catalog', { signal }))
  const drift = useLoad('drift', (signal) => call<DriftReport>('/admin/catalog/drift', { signal }))
  const [failure, setFailure] = useState<Failed>()
  const [isBusy, setBusy] = useState(false)
  const refresh = async () => {
    setBusy(true)
    const answer = await call('/admin/catalog/refresh', { method: 'POST' })
    setBusy(false)
    setFailure(answer.ok ? undefined : answer)
    if (!answer.ok) return
    report.reload()
    drift.reload()
    onRefreshed()
  }
  return (
    <>
      <Loaded load={report} what="the list's age">
        {({ source, models, ageMs }) => (
          <p>
            {source === 'router'
              ? `${models} models, as the router listed them ${duration(ageMs)} ago. `
              : 'The router was not asked yet: these are the built-in ones. '}
            <button type="button" onClick={refresh} disabled={isBusy}>
              {isBusy ? 'Asking the router …' : 'Ask the router now'}
            </button>
          </p>
        )}
      </Loaded>
      {failure && <FailureNote failure={failure} />}
      {drift.data?.changes && <Changes drift={drift.data} />}
    </>
  )
}

function Changes({ drift: { at, changes } }: { drift: DriftReport }) {
  if (!changes) return null
  const lines = [
    ...changes.gone.map((id) => `${id} is gone`),
    ...changes.added.map((id) => `${id} is new`),
    ...changes.providersLost.map(({ model, provider }) => `${model}: ${provider} does not serve it any more`),
    ...changes.pricesUp.map(
      ({ model, provider, field, from, to }) => `${model} at ${provider}: ${field} ${from} to ${to} $`,
    ),
    ...changes.contextsDown.map(({ model, from, to }) => `${model}: context ${from} to ${to}`),
  ]
  return (
    <details>
      <summary>
        {lines.length} changes on {time(at)}
      </summary>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </details>
  )
}
