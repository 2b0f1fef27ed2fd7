import { useEffect, useRef, useState } from 'preact/hooks'
import type { SessionReport } from '../wire/admin/session.ts'
import { type Failed, whenSignedOut } from './api.ts'
import { formatPlace } from './hash.ts'
import { PageView, pagesFor } from './pages.tsx'
import { currentSession, signIn, signOut, takeCode } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { usePlace } from './use-place.ts'

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'out'; readonly failure?: Failed }
  | { readonly kind: 'in'; readonly session: SessionReport }

/** The whole console: who is signed in decides what there is. */
export function App() {
  const [state, setState] = useState<State>({ kind: 'asking' })
  useEffect(() => {
    whenSignedOut(() => setState((old) => (old.kind === 'in' ? { kind: 'out', failure: EXPIRED } : old)))
    begin().then(setState)
  }, [])
  if (state.kind === 'asking') return <p class="wait">Loading …</p>
  if (state.kind === 'out') {
    return (
      <SignIn
        failure={state.failure}
        onDone={(session) => {
          // Whose session ended goes on where it did.
          if (state.failure !== EXPIRED) location.hash = ''
          setState({ kind: 'in', session })
        }}
      />
    )
  }
  return <Shell session={state.session} onSignOut={() => signOut().then(() => setState({ kind: 'out' }))} />
}

const EXPIRED: Failed = {
  ok: false,
  status: 401,
  code: 'expired',
  message:
    'The session has ended. Sign in again, and you are back on this page; a draft of the configuration is still there.',
  problems: [],
}

async function begin(): Promise<State> {
  const code = takeCode()
  const byCode = code === undefined ? undefined : await signIn({ code })
  if (byCode?.ok) return { kind: 'in', session: byCode.data.session }
  const answer = await currentSession()
  if (answer.ok && answer.data.session) return { kind: 'in', session: answer.data.session }
  const byAccess = answer.ok && answer.data.access ? await signIn({ access: true }) : undefined
  if (byAccess?.ok) return { kind: 'in', session: byAccess.data.session }
  const failure = byCode ?? byAccess ?? (answer.ok ? undefined : answer)
  return failure ? { kind: 'out', failure } : { kind: 'out' }
}

function Shell({ session, onSignOut }: { session: SessionReport; onSignOut: () => void }) {
  const place = usePlace()
  const pages = pagesFor(session)
  const page = pages.find(({ name }) => name === place.page) ?? pages[0]
  const heading = useRef<HTMLHeadingElement>(null)
  const title = page?.title ?? ''
  useEffect(() => {
    document.title = `${title} - hugway`
    // A new page is announced by its heading, as a browser does for a new document.
    if (place.page !== '') heading.current?.focus()
  }, [title, place.page])
  if (!page) return null
  return (
    <>
      <button type="button" class="skip" onClick={() => heading.current?.focus()}>
        Skip to the content
      </button>
      <header>
        <nav aria-label="Pages">
          {pages.map(({ name, title: text }) => (
            <a key={name} href={formatPlace(name)} aria-current={name === page.name ? 'page' : undefined}>
              {text}
            </a>
          ))}
        </nav>
        <button type="button" onClick={onSignOut}>
          Sign out
        </button>
      </header>
      <main>
        <h1 tabIndex={-1} ref={heading}>
          {page.title}
        </h1>
        <PageView page={page} place={place} session={session} />
      </main>
    </>
  )
}
