import { BYTES_PER_SECOND, type Draft, ERROR_MESSAGE, HUGE_BYTES } from './draft.ts'
import { bodyPrefix, encode } from './framing.ts'
import { cutLength, toJsonBody } from './json-answer.ts'
import { planBeforeHeaders } from './plan-before-headers.ts'
import { DESTROY, END, HANG, type Headers, RESET, type Step, send, trickle, wait } from './steps.ts'

/**
 * Writes an answer as one JSON body, after the time that its tokens would have taken. Moments are places in the
 * body (see `cutLength`); an error event is the whole body, `{"error":...}` under 200.
 */
export function planJson(draft: Draft): Step[] {
  const { breaking, context, delays, faults } = draft
  const early = planBeforeHeaders(breaking)
  if (early) return early
  const { id, created, chat } = context
  const content =
    breaking?.fault === 'huge_event'
      ? { ...draft.content, text: ['x'.repeat(breaking.bytes ?? HUGE_BYTES)] }
      : draft.content
  const frame = { id, created, model: chat.model, choiceCount: chat.choiceCount }
  const body = context.json ?? toJsonBody(content, frame, draft.usage, faults)
  const slowStart = wait(delays.headersMs)
  if (faults.some(({ fault }) => fault === 'endless')) {
    return [...slowStart, head(draft), ...endless(body, delays.perTokenMs)]
  }
  const opening = [...slowStart, ...wait(thinkingMs(draft))]
  if (breaking && breaking.fault !== 'huge_event') return [...opening, head(draft), ...breakJson(body, draft)]
  const whole = Buffer.concat([bodyPrefix(draft.framing), encode(body)])
  return [...opening, head(draft, whole.length), send(whole), END]
}

/** @param length Of the body in bytes; left out for one that breaks, so that a clean end looks like the end. */
function head({ faults, headers }: Draft, length?: number): Step {
  const wrong = faults.find(({ fault }) => fault === 'wrong_content_type')
  const contentType = wrong ? (wrong.contentType ?? 'text/plain; charset=utf-8') : 'application/json'
  const sized: Headers = length === undefined ? {} : { 'content-length': String(length) }
  return { do: 'head', status: 200, headers: { 'content-type': contentType, ...sized, ...headers } }
}

/** The time that the tokens would have taken in a stream. */
function thinkingMs({ content, context, delays }: Draft): number {
  if (context.json !== undefined) return 0
  return delays.firstTokenMs + delays.perTokenMs * Math.max(0, content.completionTokens - 1)
}

function breakJson(body: string, { breaking, framing }: Draft): Step[] {
  const length = cutLength(body, breaking?.moment ?? 'headers_only')
  const part = Buffer.concat([bodyPrefix(framing), encode(body.slice(0, length))])
  const sent = length > 0 ? [send(part)] : []
  const message = breaking?.message ?? ERROR_MESSAGE
  switch (breaking?.fault) {
    case 'reset':
      return [...sent, ...RESET]
    case 'cut':
      return [...sent, ...DESTROY]
    case 'early_end':
      return [...sent, END]
    case 'truncated_json':
      return [send(encode(body.slice(0, Math.max(length, Math.ceil(body.length / 2))))), END]
    case 'trickle':
      return [...sent, ...trickle(encode(body.slice(length)), breaking.bytesPerSecond ?? BYTES_PER_SECOND), END]
    case 'error_event':
    case 'error_event_named':
      return [send(JSON.stringify({ error: { message, type: 'server_error', param: null, code: 'overloaded' } })), END]
    case 'error_event_string':
      return [send(JSON.stringify({ error: message })), END]
    default:
      return [...sent, HANG]
  }
}

function endless(body: string, perTokenMs: number): Step[] {
  return [
    send(body.slice(0, cutLength(body, 'after_first_token'))),
    { do: 'loop', steps: [{ do: 'wait', ms: perTokenMs }, send(' more')] },
  ]
}
