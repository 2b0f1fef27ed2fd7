import { applyContentFaults } from './content-faults.ts'
import { BYTES_PER_SECOND, type Draft, ERROR_MESSAGE, HUGE_BYTES } from './draft.ts'
import { bodyPrefix, type Framing, frameError, frameEvent } from './framing.ts'
import { type Frame, isChunk, type Piece, splitAt, tokenPiece, toPieces } from './pieces.ts'
import { planBeforeHeaders } from './plan-before-headers.ts'
import { DESTROY, END, HANG, RESET, type Step, send, trickle, wait } from './steps.ts'

/** Writes an answer as a stream of events, up to and including its fault. */
export function planStream(draft: Draft): Step[] {
  const { breaking, context, delays, faults, framing } = draft
  const frame: Frame = {
    id: context.id,
    created: context.created,
    model: context.chat.model,
    choiceCount: context.chat.choiceCount,
  }
  const pieces = applyContentFaults(toPieces(draft.content, frame, draft.usage), faults, frame)
  const isEndless = faults.some(({ fault }) => fault === 'endless')
  const contentType = faults.find(({ fault }) => fault === 'wrong_content_type')?.contentType
  const wrongType = framing.has('wrong_content_type') ? (contentType ?? 'text/plain; charset=utf-8') : undefined
  const head: Step = {
    do: 'head',
    status: 200,
    headers: { 'content-type': wrongType ?? 'text/event-stream', 'cache-control': 'no-cache', ...draft.headers },
  }
  const early = planBeforeHeaders(breaking)
  if (early) return early
  const opening = [...wait(delays.headersMs), head, ...prefix(framing)]
  if (!breaking) {
    const tail: Step[] = isEndless ? [endless(frame, draft)] : [END]
    return [...opening, ...paced(pieces, draft), ...tail]
  }
  const { before, after } = splitAt(pieces, breaking.moment, frame)
  return [...opening, ...paced(before, draft), ...breakStream(after, frame, draft)]
}

function breakStream(after: readonly Piece[], frame: Frame, draft: Draft): Step[] {
  const { breaking, framing, delays } = draft
  const message = breaking?.message ?? ERROR_MESSAGE
  const object = { message, type: 'server_error', param: null, code: 'overloaded' }
  switch (breaking?.fault) {
    case 'reset':
      return [...RESET]
    case 'cut':
      return [...DESTROY]
    case 'early_end':
      return [END]
    case 'truncated_json': {
      const next = frameEvent(after.find(({ data }) => isChunk(data)) ?? tokenPiece(frame, 'half'), framing)
      return [...wait(delays.perTokenMs), send(next.subarray(0, Math.floor(next.length / 2))), END]
    }
    case 'trickle': {
      const rest = Buffer.concat(after.map((piece) => frameEvent(piece, framing)))
      return [...trickle(rest, breaking.bytesPerSecond ?? BYTES_PER_SECOND), END]
    }
    case 'error_event':
      return [...wait(delays.perTokenMs), send(frameError(object, undefined, framing)), END]
    case 'error_event_string':
      return [...wait(delays.perTokenMs), send(frameError(message, undefined, framing)), END]
    case 'error_event_named':
      return [...wait(delays.perTokenMs), send(frameError(object, 'error', framing)), END]
    case 'huge_event': {
      const huge = tokenPiece(frame, 'x'.repeat(breaking.bytes ?? HUGE_BYTES))
      return [send(frameEvent(huge, framing)), ...paced(after, draft), END]
    }
    default:
      return [HANG]
  }
}

/** Each piece a write of its own; what carries something waits its time first. */
function paced(pieces: readonly Piece[], { delays, framing }: Draft): Step[] {
  const first = pieces.findIndex(({ phase }) => phase === 'token' || phase === 'tool')
  return pieces.flatMap((piece, index) => {
    const waits = piece.phase === 'token' || piece.phase === 'tool'
    const ms = !waits ? 0 : index === first ? delays.firstTokenMs : delays.perTokenMs
    return [...wait(ms), send(frameEvent(piece, framing))]
  })
}

function endless(frame: Frame, { delays, framing }: Draft): Step {
  return {
    do: 'loop',
    steps: [{ do: 'wait', ms: delays.perTokenMs }, send(frameEvent(tokenPiece(frame, ' more'), framing))],
  }
}

function prefix(framing: Framing): Step[] {
  const bytes = bodyPrefix(framing)
  return bytes.length > 0 ? [send(bytes)] : []
}
