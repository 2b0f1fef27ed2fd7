import { useState } from 'preact/hooks'
import { type Answer, call } from '../api.ts'
import { TextField } from '../parts/fields.tsx'
import { FailureNote } from '../parts/states.tsx'

/** Whom a request would go to by the text that is not saved yet. */
export function WhatIf({ text }: { text: string }) {
  const [model, setModel] = useState('default')
  const [answer, setAnswer] = useState<Answer<unknown>>()
  const [isBusy, setBusy] = useState(false)
  const ask = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    const body = { model, messages: [{ role: 'user', content: 'x' }], config: text }
    setAnswer(await call('/admin/route/explain', { method: 'POST', body }))
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
      {answer?.ok && <pre>{JSON.stringify(answer.data, null, 2)}</pre>}
    </>
  )
}
