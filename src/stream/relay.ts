import type { Clock } from '../core/clock.ts'
import type { TokenUsage } from '../core/completion-record.ts'
import { GatewayError } from '../core/failure.ts'
import { type AttemptEnd, endOfAttempt } from '../core/routing/breaker.ts'
import type { Failed } from '../core/routing/outcome.ts'
import { classifyErrorEvent } from '../huggingface/classify-error.ts'
import type { Redact } from '../huggingface/redact.ts'
import type { AnswerEncoder } from '../wire/answer-encoder.ts'
import type { ClientStream } from './client-stream.ts'
import type { BegunStream } from './first-event.ts'
import { type IdleWatchdog, idleLimitMs, startIdleWatchdog } from './idle-watchdog.ts'
import { createNormalizer, type NormalizedChunk, type Normalizer, type StreamEnd } from './normalizer.ts'
import { passThrough } from './pass-through.ts'

/** How a relayed stream ended: as the upstream ended it, or because the client left. */
export type RelayResult = {
  readonly end: StreamEnd | 'client_gone'
  readonly usage: TokenUsage | undefined
  /** The length of what the answer says, in UTF-16 units; for an estimate where no usage was told. */
  readonly textLength: number
  readonly firstTokenAt: number
  /**
   * The pump had to be stopped after the finish reason, for an upstream that did not end. A slow client may not have got
   * all of it, so the connection must not end as if it had; one that has it all has stopped reading by then.
   */
  readonly mustBreak: boolean
  /** Whether nothing in it had to be mended: how a provider earns that its streams are not read event by event. */
  readonly isClean: boolean
  /** What the end says of the target: nothing, where the client left or was slow, or the request was to blame. */
  readonly verdict: AttemptEnd
}

export type RelayRequest = {
  readonly begun: BegunStream
  /** Ends the upstream call. */
  readonly cancel: () => void
  /** The ref that answers, for the error event. */
  readonly target: string
  /** Milliseconds without an event after which the stream counts as stalled. */
  readonly idleMs: number
  /** When the whole request is out of time, in milliseconds since the epoch. */
  readonly deadlineAt: number
  /** Aborted when the client has left. */
  readonly gone: AbortSignal
  /** How many answers were asked for at once. */
  readonly choiceCount: number
  /** How the client's surface writes an answer. */
  readonly encoder: AnswerEncoder
  /** Reads after which a stream that needed no mending goes through the runtime's own pump; infinity for every surface but chat. */
  readonly parsedReads: number
}

const utf8 = new TextEncoder()

export type RelayDeps = { readonly clock: Clock; readonly newId: () => string; readonly redact: Redact }

/**
 * Hands the rest of a stream on and watches it to its end: an answer that was cut, that stalled or that ran out of
 * time ends with an error event, one whose provider forgot `[DONE]` gets it. Never throws. The client's stream stays open: how the
 * connection ends is the caller's.
 */
export async function relay(request: RelayRequest, client: ClientStream, deps: RelayDeps): Promise<RelayResult> {
  const normalizer = createNormalizer(deps.newId, request.choiceCount)
  const { encoder } = request
  const said = () => {
    const error = normalizer.error()
    return error && classifyErrorEvent(error, deps.redact)
  }
  const errorOf = (end: Exclude<StreamEnd, 'whole'>) => {
    const failed = said()
    return new GatewayError(
      end === 'upstream_error' && failed
        ? { kind: 'upstream_error', error: failed.error }
        : { kind: 'interrupted', why: end === 'upstream_error' ? 'cut' : end, target: request.target },
    )
  }
  const endAs = (end: RelayResult['end'], mustBreak = false): RelayResult => ({
    end,
    mustBreak,
    usage: normalizer.usage(),
    textLength: normalizer.textLength(),
    firstTokenAt: request.begun.firstTokenAt,
    isClean: normalizer.isClean(),
    verdict: verdictOf(end, said()),
  })
  try {
    const moved = await moveParsed(request, client, normalizer, deps.clock)
    const { end, isTorn, mustBreak } =
      moved.kind === 'ended' ? moved : await movePassedThrough(request, moved.rest, client, normalizer, deps)
    if (request.gone.aborted) return endAs('client_gone')
    if (isTorn || mustBreak) return endAs(end, mustBreak)
    // `[DONE]` of the upstream's reached the client when it came.
    const lastWords = end !== 'whole' ? encoder.fail(errorOf(end)) : normalizer.isDone() ? '' : encoder.end()
    if (lastWords !== '') await client.write(utf8.encode(lastWords))
    return endAs(end)
  } catch {
    return endAs('client_gone') // only writing throws here
  } finally {
    request.cancel()
  }
}

/**
 * A stream that was still coming when the time was up says nothing of its target: the client may have read slowly, which
 * cannot be told apart where the runtime pumps, and a long answer is no fault.
 */
function verdictOf(end: RelayResult['end'], failed: Failed | undefined): AttemptEnd {
  if (end === 'whole') return { kind: 'success' }
  if (end === 'client_gone' || end === 'out_of_time') return { kind: 'no_verdict' }
  if (end === 'upstream_error' && failed) return endOfAttempt(failed, { stream: true, isSilence: false })
  return { kind: 'failure', reason: end, weight: 'full' }
}

/**
 * `isTorn`: the client has half an event, passed on before its end was missed. Anything written now would complete it,
 * and clients fail on its JSON; left as it is, the end of the connection makes them drop it.
 */
type Ended = { readonly end: StreamEnd; readonly isTorn: boolean; readonly mustBreak: boolean }

type Moved =
  | ({ readonly kind: 'ended' } & Ended)
  | { readonly kind: 'flowing'; readonly rest: ReadableStream<Uint8Array> }

/** Moves a stream event by event: to its end, or until it is worth handing to the pump. @throws What writing throws. */
async function moveParsed(
  request: RelayRequest,
  client: ClientStream,
  normalizer: Normalizer,
  clock: Clock,
): Promise<Moved> {
  const { begun, cancel, deadlineAt } = request
  const idleMs = () => idleLimitMs(request.idleMs, normalizer.isFinished())
  const silence = () => request.encoder.silence()
  const watchdog = startIdleWatchdog({ cancel, deadlineAt, idleMs, silence }, client, clock)
  const pass = createPass(watchdog, normalizer, request.encoder)
  try {
    for (const bytes of begun.head) await pass(normalizer.feed(bytes))
    const reader = begun.rest?.getReader()
    let isCleanEnd = true
    for (let reads = 0; reader && !normalizer.end(); reads++) {
      if (reads >= request.parsedReads && normalizer.isClean() && normalizer.isAtBoundary()) {
        reader.releaseLock()
        return { kind: 'flowing', rest: begun.rest as ReadableStream<Uint8Array> }
      }
      const read = await reader.read().catch(() => undefined)
      isCleanEnd = read !== undefined
      if (!read?.value) break
      await pass(normalizer.feed(read.value))
    }
    return {
      kind: 'ended',
      end: await conclude(normalizer, watchdog.verdict(), isCleanEnd, pass),
      isTorn: false,
      mustBreak: false,
    }
  } finally {
    watchdog.stop()
  }
}

/** Moves a stream by the runtime's own pump, to its end. @throws What writing to the client throws. */
async function movePassedThrough(
  request: RelayRequest,
  rest: ReadableStream<Uint8Array>,
  client: ClientStream,
  normalizer: Normalizer,
  { newId, clock }: RelayDeps,
): Promise<Ended> {
  const holdError = (events: Uint8Array) => {
    const reading = createNormalizer(newId, request.choiceCount)
    reading.feed(events)
    return reading.end() === 'upstream_error'
  }
  const { verdict, tail } = await client.lend((writable) =>
    passThrough({ ...request, holdError }, rest, writable, clock),
  )
  normalizer.feed(tail) // the client has these events already
  const isTorn = !normalizer.isAtBoundary()
  const end = await conclude(normalizer, verdict, true, async () => {})
  return { end, isTorn, mustBreak: verdict !== undefined && end === 'whole' }
}

/** What the end of the bytes, or the verdict that ended them, makes of the stream. */
async function conclude(
  normalizer: Normalizer,
  verdict: ReturnType<IdleWatchdog['verdict']>,
  isCleanEnd: boolean,
  pass: Pass,
): Promise<StreamEnd> {
  const before = normalizer.end()
  if (before) return before
  if (verdict) return normalizer.isFinished() ? 'whole' : verdict
  const { chunks, end } = normalizer.finish(isCleanEnd)
  await pass(chunks)
  return end
}

type Pass = (chunks: readonly NormalizedChunk[]) => Promise<void>

/** Writes chunks to the client, and with `[DONE]` the end; tells the watchdog of progress. */
function createPass(watchdog: IdleWatchdog, normalizer: Normalizer, encoder: AnswerEncoder): Pass {
  let eventCount = 0
  return async (chunks) => {
    if (normalizer.eventCount() > eventCount) watchdog.progress()
    eventCount = normalizer.eventCount()
    let text = ''
    for (const { chunk, data } of chunks) text += encoder.chunk(chunk, data)
    if (normalizer.isDone()) text += encoder.end()
    if (text !== '') await watchdog.write(utf8.encode(text))
  }
}
