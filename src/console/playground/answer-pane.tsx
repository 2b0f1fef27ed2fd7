import { useEffect, useRef, useState } from 'preact/hooks'
import type { UsageRequest, UsageRequestPage } from '../../wire/admin/usage.ts'
import { call, type Failed, open } from '../api.ts'
import { count, duration, money } from '../format.ts'
import { FailureNote } from '../parts/states.tsx'
import { type Question, toBody } from './question.ts'
import { NOTHING_YET, type Progress, readAnswer } from './read-stream.ts'

type State = {
  readonly progress: Progress
  readonly isDone: boolean
  /** Set once the answer broke off without an end. */
  readonly isBroken?: boolean
  readonly failure?: Failed
  readonly headers?: Headers
  readonly firstMs?: number
  readonly totalMs?: number
}

/** One answer: asked for when it appears, shown as it comes, with who gave it and what it cost. */
export function AnswerPane({ question, fault, isAdmin }: { question: Question; fault: string; isAdmin: boolean }) {
  const [state, setState] = useState<State>({ progress: NOTHING_YET, isDone: false })
  const stop = useRef<() => void>(() => {})
  useEffect(() => {
    const gone = new AbortController()
    stop.current = () => gone.abort()
    ask(question, fault, gone.signal, (part) => setState((old) => ({ ...old, ...part })))
    return () => gone.abort()
  }, [question, fault])
  const { progress, isDone, isBroken, failure, headers } = state
  const requestId = headers?.get('x-request-id') ?? undefined
  return (
    <section class="note" aria-label={`Answer of ${question.model || 'default'}`} aria-busy={!isDone}>
      <h2>{question.model || 'default'}</h2>
      {progress.reasoning && (
        <details open={progress.content === ''}>
          <summary>Reasoning</summary>
          <div class="answer soft">{progress.reasoning}</div>
        </details>
      )}
      <div class="answer">{progress.content}</div>
      {progress.toolCalls.map(({ name, args }, index) => (
        <pre key={`${name}${index}`}>
          {name}({args})
        </pre>
      ))}
      {!isDone && (
        <p class="wait" role="status">
          {progress.content ? 'Answering …' : 'Waiting for the first token …'}{' '}
          <button type="button" onClick={() => stop.current()}>
            Stop
          </button>
        </p>
      )}
      {progress.error && <p class="failed">The answer ended with an error: {progress.error}</p>}
      {isBroken && !progress.error && <p class="failed">The connection broke off: the answer is incomplete.</p>}
      {failure && <FailureNote failure={failure} />}
      <Facts state={state} />
      {isDone && isAdmin && requestId && <Booked requestId={requestId} />}
    </section>
  )
}

async function ask(question: Question, fault: string, signal: AbortSignal, tell: (part: Partial<State>) => void) {
  const startedAt = performance.now()
  const since = () => performance.now() - startedAt
  const headers = fault === '' ? {} : { 'x-hugway-rehearse': fault }
  const response = await open('/v1/chat/completions', { method: 'POST', body: toBody(question), headers, signal })
  if (!(response instanceof Response)) return tell({ failure: response, isDone: true, totalMs: since() })
  tell({ headers: response.headers })
  let firstMs: number | undefined
  const isWhole = await readAnswer(response, (progress) => {
    const isFirst =
      firstMs === undefined && (progress.content + progress.reasoning !== '' || progress.toolCalls.length > 0)
    if (isFirst) firstMs = since()
    tell({ progress, ...(firstMs !== undefined && { firstMs }) })
  })
  tell({ isDone: true, isBroken: !isWhole && !signal.aborted, totalMs: since() })
}

function Facts({ state: { headers, progress, firstMs, totalMs } }: { state: State }) {
  if (!headers) return null
  const facts = [
    ['Answered by', headers.get('x-hugway-target')],
    ['Provider', headers.get('x-hugway-provider')],
    ['Attempts', headers.get('x-hugway-attempts')],
    ['First token', firstMs === undefined ? null : duration(firstMs)],
    ['Total', totalMs === undefined ? null : duration(totalMs)],
    ['Tokens in', progress.usage?.prompt_tokens === undefined ? null : count(progress.usage.prompt_tokens)],
    ['Tokens out', progress.usage?.completion_tokens === undefined ? null : count(progress.usage.completion_tokens)],
    ['Finish', progress.finish ?? null],
    ['Request', headers.get('x-request-id')],
  ] as const
  return (
    <dl class="facts">
      {facts.map(([name, value]) =>
        value === null ? null : (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ),
      )}
    </dl>
  )
}

const TRIES = 8
const TRY_EVERY_MS = 750

/** What the ledger booked for it: known a moment after the answer's end. */
function Booked({ requestId }: { requestId: string }) {
  const [booked, setBooked] = useState<UsageRequest>()
  const [hasGivenUp, giveUp] = useState(false)
  useEffect(() => {
    const gone = new AbortController()
    find(requestId, gone.signal).then((found) => {
      if (gone.signal.aborted) return
      setBooked(found)
      giveUp(!found)
    })
    return () => gone.abort()
  }, [requestId])
  if (hasGivenUp) return <p class="hint">The ledger has not booked it yet: see Requests.</p>
  if (!booked) return <p class="wait">Waiting for its cost …</p>
  return (
    <p role="status">
      {booked.costNanoUsd === null ? 'No price is known for it.' : `It cost ${money(booked.costNanoUsd)}.`}{' '}
      {booked.failedAttempts.map(({ target, reason }) => `${target} failed: ${reason.replaceAll('_', ' ')}. `)}
      <a href="#/requests">See it among the requests</a>
    </p>
  )
}

async function find(requestId: string, signal: AbortSignal): Promise<UsageRequest | undefined> {
  for (let turn = 0; turn < TRIES && !signal.aborted; turn++) {
    await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS))
    const page = await call<UsageRequestPage>('/admin/requests?limit=50', { signal })
    const found = page.ok ? page.data.requests.find((request) => request.requestId === requestId) : undefined
    if (found) return found
  }
  return undefined
}
