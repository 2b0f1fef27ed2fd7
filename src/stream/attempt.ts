import { type Clock, TIMED_OUT, within } from '../core/clock.ts'
import type { UnusedAnswer } from '../core/completion-record.ts'
import { followSignal } from '../core/follow-signal.ts'
import { parseRetryAfter } from '../core/routing/backoff.ts'
import type { Failed, Fault } from '../core/routing/outcome.ts'
import type { TimeLimits } from '../core/routing/time-limits.ts'
import { classify } from '../huggingface/classify-error.ts'
import { readErrorBody } from '../huggingface/error-body.ts'
import type { Redact } from '../huggingface/redact.ts'
import { providerOf, type RouterClient, requestIdOf } from '../huggingface/router-client.ts'
import { type BegunStream, readFirstEvent } from './first-event.ts'
import { createNormalizer, MAX_EVENT_BYTES, type Normalizer } from './normalizer.ts'
import { readAll, readText } from './read-text.ts'
import { readWholeAnswer, type WholeAnswer } from './whole-answer.ts'

/** A target that answers: as a stream that has begun, or as a whole JSON answer. */
export type Answer = (
  | { readonly kind: 'stream'; readonly begun: BegunStream }
  | { readonly kind: 'whole'; readonly answer: WholeAnswer }
) & {
  /** The provider behind the router, where it names one. */
  readonly provider: string | undefined
  /** The router's own id of the request, where it named one. */
  readonly upstreamRequestId?: string
}

export type Attempt =
  /** `cancel` ends the upstream call. */
  | { readonly outcome: { readonly kind: 'answering' }; readonly answer: Answer; readonly cancel: () => void }
  | {
      readonly outcome: Failed
      /** What there was of an answer, which is paid for; absent where nothing was seen of one. */
      readonly unused?: Generated | undefined
    }

/** What was seen of an answer that is not used. */
export type Generated = Pick<UnusedAnswer, 'provider' | 'usage' | 'textLength'>

export type AttemptDeps = {
  readonly router: RouterClient
  readonly redact: Redact
  readonly clock: Clock
  readonly newId: () => string
}

/** What an attempt sends, and how long each part of it may take. */
export type AttemptRequest = {
  readonly body: Uint8Array
  readonly stream: boolean
  /** How many answers were asked for at once. */
  readonly choiceCount: number
  readonly limits: TimeLimits
}

const ERROR_BODY_LIMIT_MS = 5_000
const MAX_ERROR_BODY_BYTES = 64 * 1024

/**
 * Makes one attempt: sends the request and waits until the answer is worth committing to. Never throws; every way in
 * which it can fail is an outcome, judged, and an attempt that failed has let go of its connection.
 *
 * @param signal Aborted when the client has left.
 */
export async function attemptChat(deps: AttemptDeps, request: AttemptRequest, signal: AbortSignal): Promise<Attempt> {
  const { controller: upstream, release } = followSignal(signal)
  const cancel = () => {
    release()
    upstream.abort()
  }
  const call = startCall(deps, request, upstream.signal)
  const opened = await (request.stream ? openStream(call, deps) : openWhole(call, deps))
  const id = call.upstreamRequestId()
  if ('answer' in opened) {
    if (opened.answer.kind === 'whole') release() // nothing is left to be ended
    return { ...opened, answer: { ...opened.answer, ...(id !== undefined && { upstreamRequestId: id }) }, cancel }
  }
  cancel()
  // Of a call that was given up, it is booked by whoever gave it up.
  if (signal.aborted) return { outcome: classify({ kind: 'client_gone' }, deps.redact, id) }
  return { outcome: classify(opened.outcome, deps.redact, id), unused: opened.unused }
}

type Opened = { outcome: { kind: 'answering' }; answer: Answer } | { outcome: Fault; unused?: Generated | undefined }

/** One upstream call: what comes of it, how much of its time is left, and by what name the router knows it. */
type Call = {
  readonly response: Promise<Response>
  readonly choiceCount: number
  readonly limits: TimeLimits
  /** Milliseconds until a limit that counts from the beginning. */
  readonly left: (limitMs: number) => number
  readonly upstreamRequestId: () => string | undefined
}

function startCall(
  { router, clock, redact }: AttemptDeps,
  { body, stream, choiceCount, limits }: AttemptRequest,
  signal: AbortSignal,
): Call {
  const startedAt = clock.now()
  let upstreamRequestId: string | undefined
  const response = router.postChat(body, stream, signal).then((came) => {
    upstreamRequestId = requestIdOf(came, redact)
    return came
  })
  const left = (limitMs: number) => startedAt + limitMs - clock.now()
  return { response, choiceCount, limits, left, upstreamRequestId: () => upstreamRequestId }
}

async function openStream(call: Call, deps: AttemptDeps): Promise<Opened> {
  const { limits, left } = call
  const response = await within(call.response, left(limits.headersMs), deps.clock).catch(() => NO_HEADERS)
  if (response === TIMED_OUT) return timedOut('headers')
  if (!(response instanceof Response)) return { outcome: response }
  if (response.status !== 200) return { outcome: await readStatus(response, call, deps.clock) }
  if (response.body === null) return badAnswer('an empty answer')
  const normalizer = createNormalizer(deps.newId, call.choiceCount, deps.redact.ownToken)
  const opened = await readFirstEvent(response.body, normalizer, left(limits.answerMs), deps.clock)
  const provider = providerOf(response, deps.redact)
  if ('begun' in opened) return { outcome: opened.outcome, answer: { kind: 'stream', begun: opened.begun, provider } }
  if ('body' in opened) return readAnswer(opened.body.text, provider, deps)
  return { outcome: opened.outcome, unused: generatedBy(normalizer, provider) }
}

/**
 * Without a stream the headers come with the answer's end, so one limit, and one timer, is for all of it: each further
 * timer is dear on a short answer.
 */
async function openWhole(call: Call, deps: AttemptDeps): Promise<Opened> {
  let hasHeaders = false
  const read = async (response: Response): Promise<Opened> => {
    hasHeaders = true
    if (response.status !== 200) return { outcome: await readStatus(response, call, deps.clock) }
    const text = await readAll(response, MAX_EVENT_BYTES * 2)
    return typeof text === 'string' ? readAnswer(text, providerOf(response, deps.redact), deps) : { outcome: text }
  }
  const opened = await within(
    call.response.then(read, () => ({ outcome: NO_HEADERS })),
    call.left(call.limits.answerMs),
    deps.clock,
  )
  return opened === TIMED_OUT ? timedOut(hasHeaders ? 'first_token' : 'headers') : opened
}

const NO_HEADERS: Fault = { kind: 'network', beforeHeaders: true }

const timedOut = (phase: 'headers' | 'first_token'): { outcome: Fault } => ({ outcome: { kind: 'timeout', phase } })

function readAnswer(text: string, provider: string | undefined, { newId, redact }: AttemptDeps): Opened {
  const read = readWholeAnswer(redact.ownToken(text), newId)
  if (!('answer' in read)) return { outcome: read.fault, unused: read.generated && { ...read.generated, provider } }
  return { outcome: { kind: 'answering' }, answer: { kind: 'whole', answer: read.answer, provider } }
}

/** A stream that sent events of an answer had a provider at work, whatever came of it. */
function generatedBy(normalizer: Normalizer, provider: string | undefined): Generated | undefined {
  const usage = normalizer.usage()
  const isAtWork = usage !== undefined || normalizer.eventCount() > 0
  return isAtWork ? { provider, usage, textLength: normalizer.textLength() } : undefined
}

async function readStatus(response: Response, { left, limits }: Call, clock: Clock): Promise<Fault> {
  const { status } = response
  const limitMs = Math.min(ERROR_BODY_LIMIT_MS, left(limits.answerMs))
  const text = await readText(response, MAX_ERROR_BODY_BYTES, limitMs, clock)
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), clock.now())
  // A page of somebody in between says nothing about the request; 413 is what it says when that is too large.
  const isPage = typeof text === 'string' && /^\s*</.test(text) && [400, 403, 422].includes(status)
  if (isPage) return { kind: 'bad_answer', detail: `an HTML page with status ${status}` }
  const error = readErrorBody(typeof text === 'string' ? text : '', status)
  return { kind: 'status', status, error, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}

const badAnswer = (detail: string): { outcome: Fault } => ({ outcome: { kind: 'bad_answer', detail } })
