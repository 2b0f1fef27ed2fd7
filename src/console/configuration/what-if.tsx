import { useState } from 'preact/hooks'
import type { RouteExplanation } from '../../wire/route-explanation.ts'
import { type Answer, call } from '../api.ts'
import { TextField } from '../parts/fields.tsx'
import { Route } from '../parts/route.tsx'
import { FailureNote } from '../parts/states.tsx'

/** Whom a request would go to by the text that is not saved yet. */
export function WhatIf({ text }: { text: string }) {
  const [model, setModel] = useState('default')
  const [answer, setAnswer] = useState<Answer<RouteExplanation>>()
  const [isBusy, setBusy] = useState(false)
  const ask = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    const request = { ...(model.trim() !== '' && { model: model.trim() }), messages: [{ role: 'user', content: 'x' }] }
    setAnswer(await call('/admin/config/what-if', { method: 'POST', body: { config: text, request } }))
    setBusy(false)
  }
  return (
    <>
      <h2>What a request would do then</h2>
      <form onSubmit={ask}>
        <TextField label="Model that is asked for" value={model} onChange={setModel} />
        <button type="submit" disabled={isBusy}>
          {isBusy ? 'Asking …' : 'Try it'}
        </button>
      </form>
      {answer && !answer.ok && <FailureNote failure={answer} />}
      {answer?.ok && <Route route={answer.data} />}
    </>
  )
}
