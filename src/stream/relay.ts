import { type Clock, within } from '../core/clock.ts'
import type { TokenUsage } from '../core/completion-record.ts'
import { type Failure, GatewayError, type Interruption } from '../core/failure.ts'
import { type AttemptEnd, endOfAttempt } from '../core/routing/breaker.ts'
import type { Failed } from '../core/routing/outcome.ts'
import { classifyErrorEvent } from '../huggingface/classify-error.ts'
import type { Redact } from '../huggingface/redact.ts'
import type { AnswerEncoder } from '../wire/answer-encoder.ts'
import type { ClientStream } from './client-stream.ts'
import type { BegunStream } from './first-event.ts'
import { type IdleWatchdog, idleLimitMs, startIdleWatchdog } from './idle-watchdog.ts'
import type { Normalizer } from './normalizer.ts'
import { passThrough } from './pass-through.ts'
import { openPieceReader } from './piece-reader.ts'
import type { NormalizedChunk, StreamEnd } from './reading.ts'

/** How a relayed stream ended: as the upstream ended it, or because the client left. */
export type RelayResult = {
  readonly end: StreamEnd | 'client_gone'
  readonly usage: TokenUsage | undefined
  /** The length of what the answer says, in UTF-16 units; for an estimate where no usage was told. */
  readonly textLength: number
  readonly firstTokenAt: number
  /** Whether it had tool calls, and every one was read. */
  readonly hadReadCalls: boolean
  /** Whether nothing in it had to be changed: how a source earns that its streams are not read event by event. */
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
  readonly signal: AbortSignal
  /** How the client's surface writes an answer. */
  readonly encoder: AnswerEncoder
  /** Reads after which a clean stream goes through the runtime's own pipe; infinity for every surface but chat. */
  readonly parsedReads: number
  /** Milliseconds in which the events of a stream that is read are collected; 0: each is handed on as it comes. */
  readonly collectMs: number
  /** Whether the client is to get no chunk without choices, so that a source which sends one is not clean for it. */
  readonly hidesBareChunks: boolean
}

export type RelayDeps = { readonly clock: Clock; readonly redact: Redact }

/** A client that has not taken the last words by then does not get them. */
const LAST_WORDS_MS = 5_000

const utf8 = new TextEncoder()

/**
 * Hands the rest of a stream on and watches it to its end: an answer that was cut, that stalled or that ran out of
 * time ends with an error event, one whose provider forgot `[DONE]` gets it. Never throws. The client's stream stays
 * open: how the connection ends is the caller's.
 */
export async function relay(request: RelayRequest, client: ClientStream, deps: RelayDeps): Promise<RelayResult> {
  const { normalizer } = request.begun
  const said = () => {
    const error = normalizer.error()
    return error && classifyErrorEvent(error, deps.redact)
  }
  const endAs = (end: RelayResult['end']): RelayResult => ({
    end,
    usage: normalizer.usage(),
    textLength: normalizer.textLength(),
    firstTokenAt: request.begun.firstTokenAt,
    isClean: normalizer.isClean() && !(request.hidesBareChunks && normalizer.hasBareChunk()),
    hadReadCalls: normalizer.hadReadCalls(),
    verdict: verdictOf(end, said()),
  })
  try {
    const moved = await moveParsed(request, client, deps.clock)
    const { end, half } =
      moved.kind === 'ended' ? moved : await movePassedThrough(request, moved.rest, client, deps.clock)
    if (request.signal.aborted) return endAs('client_gone')
    const text = lastWords(request, { end, half }, said(), deps.redact)
    // One that reads nothing does not hold the record up; whoever ends the connection breaks it off.
    if (text !== '') await within(client.write(utf8.encode(text)), LAST_WORDS_MS, deps.clock)
    return endAs(end)
  } catch {
    return endAs('client_gone') // only writing throws here
  } finally {
    request.cancel()
  }
}

/**
 * A stream that was still coming when the time was up says nothing of its target: the client may have read slowly, which
 * cannot be told apart where the runtime pipes, and a long answer is no fault.
 */
function verdictOf(end: RelayResult['end'], failed: Failed | undefined): AttemptEnd {
  if (end === 'whole') return { kind: 'success' }
  if (end === 'client_gone' || end === 'out_of_time') return { kind: 'no_verdict' }
  if (end === 'upstream_error' && failed) return endOfAttempt(failed, { stream: true, isSilence: false })
  return { kind: 'failure', reason: end, weight: 'full' }
}

/**
 * What the client is still owed at the end. `[DONE]` of the upstream's reached it when it came.
 *
 * Half an event that the client has, passed on before its end was missed, is closed by a blank line only where what it has
 * is none or a whole one: clients fail on half of a JSON, and drop it when the connection ends.
 */
function lastWords(
  { begun, encoder, target }: RelayRequest,
  { end, half }: Ended,
  failed: ReturnType<typeof classifyErrorEvent> | undefined,
  redact: Redact,
): string {
  if (half === 'torn') return ' ' // it ends no line; that it can be written says that the client is there
  const { normalizer } = begun
  const close = half === 'closable' ? '\n\n' : ''
  if (end === 'whole') return normalizer.isDone() ? '' : close + encoder.end()
  const sent = normalizer.sentError()
  const failure: Failure =
    end === 'upstream_error' && failed
      ? { kind: 'upstream_error', error: failed.error, ...(sent && { sent: JSON.parse(redact(JSON.stringify(sent))) }) }
      : { kind: 'interrupted', why: end === 'upstream_error' ? 'cut' : end, target }
  return close + encoder.fail(new GatewayError(failure))
}

type Half = 'none' | 'closable' | 'torn'

type Ended = { readonly end: StreamEnd; readonly half: Half }

type Moved =
  | ({ readonly kind: 'ended' } & Ended)
  | { readonly kind: 'flowing'; readonly rest: ReadableStream<Uint8Array> }

/** Moves a stream event by event: to its end, or until it is worth handing to the pipe. @throws What writing throws. */
async function moveParsed(request: RelayRequest, client: ClientStream, clock: Clock): Promise<Moved> {
  const { begun, encoder, cancel, deadlineAt } = request
  const { normalizer, rest } = begun
  const idleMs = () => idleLimitMs(request.idleMs, normalizer.hasFinalUsage())
  const silence = () => encoder.silence()
  const watchdog = startIdleWatchdog({ cancel, deadlineAt, idleMs, silence }, client, clock)
  const pass = createPass(watchdog, normalizer, encoder)
  try {
    await pass(begun.chunks)
    // What may go to the pipe is not teed before.
    const collectMs = request.parsedReads === Number.POSITIVE_INFINITY ? request.collectMs : 0
    const reader = rest && openPieceReader(rest, collectMs, clock)
    let isCleanEnd = true
    for (let reads = 0; reader && rest && !normalizer.end(); reads++) {
      if (reads >= request.parsedReads && normalizer.isClean() && normalizer.isAtBoundary()) {
        reader.releaseLock()
        return { kind: 'flowing', rest }
      }
      const read = await reader.read().catch(() => undefined)
      isCleanEnd = read !== undefined
      if (!read?.value) break
      await pass(normalizer.feed(read.value))
    }
    return { kind: 'ended', end: await conclude(normalizer, watchdog.verdict(), isCleanEnd, pass), half: 'none' }
  } finally {
    watchdog.stop()
  }
}

/** Moves a stream by the runtime's own pipe, to its end. @throws What writing to the client throws. */
async function movePassedThrough(
  request: RelayRequest,
  rest: ReadableStream<Uint8Array>,
  client: ClientStream,
  clock: Clock,
): Promise<Ended> {
  const { normalizer } = request.begun
  const passed = await client.lend((writable) => passThrough({ ...request, normalizer }, rest, writable, clock))
  const { verdict, half, isCleanEnd, isUnread } = passed
  if (isUnread) return { end: 'out_of_time', half: 'torn' }
  if (!normalizer.end()) normalizer.feedText(half) // the client has it already
  const end = await conclude(normalizer, verdict, isCleanEnd, async () => {})
  return {
    end,
    half: half.trim() === '' ? (half === '' ? 'none' : 'closable') : isWholeEvent(half) ? 'closable' : 'torn',
  }
}

/** Whether an event lacks nothing but its blank line: a comment, or data that is JSON. */
function isWholeEvent(half: string): boolean {
  const lines = half.split('\n').filter((line) => line !== '')
  return lines.every((line) => line.startsWith(':') || isJsonLine(line))
}

function isJsonLine(line: string): boolean {
  const data = /^data: ?(.*)$/s.exec(line)?.[1]
  if (data === '[DONE]') return true
  try {
    return data !== undefined && typeof JSON.parse(data) === 'object'
  } catch {
    return false
  }
}

/** What the end of the bytes, or the verdict that ended them, makes of the stream. */
async function conclude(
  normalizer: Normalizer,
  verdict: Interruption | undefined,
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
