import { useState } from 'preact/hooks'
import type { RouteExplanation } from '../../wire/route-explanation.ts'
import { type Answer, call } from '../api.ts'
import { Route } from '../parts/route.tsx'
import { FailureNote } from '../parts/states.tsx'

/** Asks, on demand, whom a request for this name would go to now, and why. */
export function RouteExplained({ model }: { model: string | null }) {
  const [answer, setAnswer] = useState<Answer<RouteExplanation>>()
  const [isBusy, setBusy] = useState(false)
  const ask = async () => {
    setBusy(true)
    const body = { ...(model !== null && { model }), messages: [{ role: 'user', content: 'x' }] }
    setAnswer(await call('/v1/route/explain', { method: 'POST', body }))
    setBusy(false)
  }
  return (
    <>
      <p>
        <button type="button" onClick={ask} disabled={isBusy}>
          {isBusy ? 'Asking …' : 'Explain the route as it is now'}
        </button>
      </p>
      {answer && !answer.ok && <FailureNote failure={answer} />}
      {answer?.ok && <Route route={answer.data} />}
    </>
  )
}
