import { useEffect, useState } from 'preact/hooks'
import { type Answer, call, type Failed } from '../api.ts'
import { FailureNote } from '../parts/states.tsx'
import { CodeArea } from './code-area.tsx'
import { Conflict } from './conflict.tsx'
import { Difference } from './difference.tsx'
import { type Check, Problems } from './problems.tsx'
import type { StoredConfig } from './stored-config.ts'
import { WhatIf } from './what-if.tsx'

const CHECK_AFTER_MS = 400
/** For somebody who has written nothing yet. */
const EXAMPLE = `{
  agents: {
    defaults: {
      // Who is asked by the name "default", and who instead when that fails before the first token.
      model: { primary: "deepseek-ai/DeepSeek-V3.2", fallbacks: ["openai/gpt-oss-120b"] },
      // Names of your own.
      models: { "Qwen/Qwen3-8B": { alias: "Small" } },
    },
  },
}
`

/** What was written and not saved, while another page is looked at or a new session is begun. */
let draft: { readonly etag: string; readonly text: string } | undefined

/** The document, with what is wrong with it while it is written. A write names the version that it was made from. */
export function Editor({ stored, onSaved }: { stored: StoredConfig; onSaved: () => void }) {
  const [text, setText] = useState(draft?.etag === stored.etag ? draft.text : stored.text)
  const [failure, setFailure] = useState<Failed>()
  const [isConflict, setConflict] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const check = useCheck(text)
  const isChanged = text !== stored.text
  useEffect(() => {
    draft = isChanged ? { etag: stored.etag, text } : undefined
    if (!isChanged) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', warn)
    return () => removeEventListener('beforeunload', warn)
  }, [text, isChanged, stored.etag])
  const save = async (etag: string) => {
    setBusy(true)
    const answer = await call('/admin/config', { method: 'PUT', body: text, headers: { 'if-match': etag } })
    setBusy(false)
    setConflict(!answer.ok && answer.status === 412)
    setFailure(answer.ok || answer.status === 412 ? undefined : answer)
    if (answer.ok) onSaved()
  }
  return (
    <>
      {text.trim() === '{}' && (
        <p>
          <button type="button" onClick={() => setText(EXAMPLE)}>
            Begin with an example
          </button>{' '}
          <span class="hint">Nothing holds until it is saved.</span>
        </p>
      )}
      <CodeArea text={text} onChange={setText} />
      <Problems text={text} check={check} />
      <div class="bar">
        <button
          type="button"
          class="main"
          disabled={!isChanged || isBusy || !check || check.problems.length > 0}
          onClick={() => save(stored.etag)}
        >
          {isBusy ? 'Saving …' : 'Save'}
        </button>
        <button type="button" disabled={!isChanged} onClick={() => setText(stored.text)}>
          Discard changes
        </button>
      </div>
      {failure && <FailureNote failure={failure} />}
      {isConflict && <Conflict mine={text} onTakeTheirs={onSaved} onKeepMine={save} />}
      {isChanged && (
        <>
          <h2>What saving changes</h2>
          <Difference before={stored.text} after={text} />
          <WhatIf text={text} />
        </>
      )}
    </>
  )
}

/** Has the gateway check the text once it has rested for a moment; nothing while that is on its way. */
function useCheck(text: string): Check | undefined {
  const [check, setCheck] = useState<Check>()
  useEffect(() => {
    const gone = new AbortController()
    setCheck(undefined)
    const timer = setTimeout(async () => {
      const options = { method: 'POST', body: text, signal: gone.signal } as const
      const answer = await call<{ warnings?: Check['warnings'] }>('/admin/config/validate', options)
      if (!gone.signal.aborted) setCheck(toCheck(answer))
    }, CHECK_AFTER_MS)
    return () => {
      clearTimeout(timer)
      gone.abort()
    }
  }, [text])
  return check
}

function toCheck(answer: Answer<{ warnings?: Check['warnings'] }>): Check {
  if (answer.ok) return { problems: [], warnings: answer.data.warnings ?? [] }
  const problems = answer.problems.length > 0 ? answer.problems : [{ path: '', message: answer.message }]
  return { problems, warnings: [] }
}
