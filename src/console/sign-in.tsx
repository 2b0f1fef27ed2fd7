import { useState } from 'preact/hooks'
import type { SessionReport } from '../wire/admin/session.ts'
import type { Failed } from './api.ts'
import { TextField } from './parts/fields.tsx'
import { FailureNote } from './parts/states.tsx'
import { signIn } from './session.ts'

/** The first thing that somebody sees who has no session. */
export function SignIn({ failure, onDone }: { failure: Failed | undefined; onDone: (session: SessionReport) => void }) {
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState(failure)
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    const answer = await signIn({ token: token.trim() })
    setBusy(false)
    if (answer.ok) onDone(answer.data.session)
    else setProblem(answer)
  }
  return (
    <main class="narrow">
      <h1>hugway</h1>
      <form onSubmit={submit}>
        <TextField
          label="Admin token or client key"
          type="password"
          value={token}
          onChange={setToken}
          isRequired
          hint="The admin token opens everything. A client key shows its own usage, the models and the playground."
        />
        <button type="submit" class="main" disabled={isBusy || token.trim() === ''}>
          {isBusy ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
      {problem && <FailureNote failure={problem} />}
      <p class="hint">
        On your own machine <code>npm start</code> prints the token, and a link that signs in by itself.
      </p>
    </main>
  )
}
