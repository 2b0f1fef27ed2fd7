import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/failure.ts'
import type { UpstreamError } from '../core/routing/outcome.ts'
import type { Usage } from '../wire/chat/chunk.ts'
import { DONE, errorEvent } from '../wire/chat/events.ts'
import type { Sink } from './client-stream.ts'
import type { Opening } from './first-event.ts'
import { idleLimitMs, startWatch, type Watch } from './idle-watchdog.ts'
import { createTranslation, type StreamEnd, type Translation } from './normalizer.ts'
import { pumpNatively } from './pass-through.ts'

/** How a relayed stream ended: as the upstream ended it, or because the client left. */
export type RelayEnd = {
  readonly end: StreamEnd | 'client_gone'
  readonly usage: Usage | undefined
  /**
   * The pump had to be stopped after the finish reason, for an upstream that did not end. A slow client may not have got
   * all of it, so the connection must not end as if it had; one that has it all has stopped reading by then.
   */
  readonly mustBreak: boolean
  /** Whether nothing in it had to be mended: how a provider earns that its streams are not read event by event. */
  readonly isClean: boolean
  /** What the upstream said, where it ended by an error of its own. */
  readonly error: UpstreamError | undefined
}

export type RelayOrder = {
  readonly opening: Opening
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
  /** Reads after which a stream that needed no mending goes through the runtime's own pump; infinity, if it must not. */
  readonly parsedReads: number
}

export type RelayDeps = { readonly clock: Clock; readonly newId: () => string }

/**
 * Hands the rest of a stream on and watches it to its end: an answer that was cut, that stalled or that ran out of
 * time ends with an error event, one whose provider forgot `[DONE]` gets it. Never throws. The sink stays open: how the
 * connection ends is the caller's.
 */
export async function relay(order: RelayOrder, sink: Sink, deps: RelayDeps): Promise<RelayEnd> {
  const translation = createTranslation(deps.newId, order.choiceCount)
  const endAs = (end: RelayEnd['end'], mustBreak = false): RelayEnd => ({
    end,
    mustBreak,
    usage: translation.usage(),
    isClean: translation.isClean(),
    error: translation.error(),
  })
  try {
    const moved = await moveByHand(order, sink, translation, deps.clock)
    const { end, isTorn, mustBreak } =
      moved.kind === 'ended' ? moved : await moveNatively(order, moved.rest, sink, translation, deps)
    if (order.gone.aborted) return endAs('client_gone')
    if (isTorn || mustBreak) return endAs(end, mustBreak)
    if (end === 'whole' && !translation.isDone()) await sink.write(DONE)
    if (end !== 'whole' && end !== 'upstream_error') {
      await sink.write(errorEvent(new GatewayError({ kind: 'interrupted', why: end, target: order.target })))
    }
    return endAs(end)
  } catch {
    return endAs('client_gone') // only writing throws here
  } finally {
    order.cancel()
  }
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
async function moveByHand(order: RelayOrder, sink: Sink, translation: Translation, clock: Clock): Promise<Moved> {
  const { opening, cancel, deadlineAt } = order
  const idleMs = () => idleLimitMs(order.idleMs, translation.isFinished())
  const watch = startWatch({ cancel, deadlineAt, idleMs }, sink, clock)
  const pass = createPass(watch, translation)
  try {
    for (const bytes of opening.head) await pass(translation.feed(bytes))
    const reader = opening.rest?.getReader()
    let isCleanEnd = true
    for (let reads = 0; reader && !translation.end(); reads++) {
      if (reads >= order.parsedReads && translation.isClean() && translation.isAtBoundary()) {
        reader.releaseLock()
        return { kind: 'flowing', rest: opening.rest as ReadableStream<Uint8Array> }
      }
      const read = await reader.read().catch(() => undefined)
      isCleanEnd = read !== undefined
      if (!read?.value) break
      await pass(translation.feed(read.value))
    }
    return {
      kind: 'ended',
      end: await conclude(translation, watch.verdict(), isCleanEnd, pass),
      isTorn: false,
      mustBreak: false,
    }
  } finally {
    watch.stop()
  }
}

/** Moves a stream by the runtime's own pump, to its end. @throws What writing to the client throws. */
async function moveNatively(
  order: RelayOrder,
  rest: ReadableStream<Uint8Array>,
  sink: Sink,
  translation: Translation,
  { newId, clock }: RelayDeps,
): Promise<Ended> {
  const holdError = (events: Uint8Array) => {
    const reading = createTranslation(newId, order.choiceCount)
    reading.feed(events)
    return reading.end() === 'upstream_error'
  }
  const { verdict, tail } = await sink.lend((writable) => pumpNatively({ ...order, holdError }, rest, writable, clock))
  translation.feed(tail) // the client has these events already
  const isTorn = !translation.isAtBoundary()
  const end = await conclude(translation, verdict, true, async () => {})
  return { end, isTorn, mustBreak: verdict !== undefined && end === 'whole' }
}

/** What the end of the bytes, or the verdict that ended them, makes of the stream. */
async function conclude(
  translation: Translation,
  verdict: ReturnType<Watch['verdict']>,
  isCleanEnd: boolean,
  pass: (text: string) => Promise<void>,
): Promise<StreamEnd> {
  const before = translation.end()
  if (before) return before
  if (verdict) return translation.isFinished() ? 'whole' : verdict
  const { text, end } = translation.finish(isCleanEnd)
  await pass(text)
  return end
}

function createPass(watch: Watch, translation: Translation): (text: string) => Promise<void> {
  const encoder = new TextEncoder()
  let eventCount = 0
  return async (text) => {
    if (translation.eventCount() > eventCount) watch.progress()
    eventCount = translation.eventCount()
    if (text !== '') await watch.write(encoder.encode(text))
  }
}
