import type { RawAnswer } from '../support/raw-client.ts'
import { type Case, FALLBACK_TEXT, PRIMARY_TEXT, SLACK_MS, TIMES, type Verdict, type WholeAnswer } from './case.ts'
import { type Reading, readErrorAnswer } from './read-answer.ts'
import { CHAT, type MatrixSurface } from './surface.ts'

/** What the upstream saw of one case. */
export type UpstreamFacts = {
  readonly primaryCalls: number
  readonly fallbackCalls: number
  /** Calls that were still open two seconds after the client had its answer. */
  readonly leftOpen: number
  readonly followedRedirects: number
}

/** What a client got, in one word and in detail. */
export type Judgement = {
  readonly verdict: Verdict
  readonly from?: 'primary' | 'fallback'
  readonly status: number
  readonly detail: string
  /** Blemishes: the promise is kept, but the answer is not as clean as it is meant to be. */
  readonly notes: readonly string[]
}

type Asked = Pick<Case, 'stream' | 'whole'> & {
  /** After this many milliseconds an answer counts as a hang. Default: the matrix's times and some slack. */
  readonly limitMs?: number
}

/** Judges by the promise alone: whole, or an error that can be told from an answer, in time, and nothing left open. */
export function judge(asked: Asked, answer: RawAnswer, facts: UpstreamFacts, surface: MatrixSurface = CHAT): Judgement {
  const judged = judgeAnswer(asked, answer, surface)
  const { limitMs = TIMES.timeouts.totalMs + SLACK_MS } = asked
  if (answer.ended === 'gave_up' || answer.endMs > limitMs) {
    return { ...judged, verdict: 'hang', detail: `after ${answer.endMs} ms: ${judged.detail}` }
  }
  const kept = judged.verdict === 'whole' || judged.verdict === 'error'
  if (kept && facts.leftOpen > 0) return { ...judged, verdict: 'leak', detail: `${facts.leftOpen} calls left open` }
  if (kept && facts.followedRedirects > 0)
    return { ...judged, verdict: 'followed', detail: 'the redirect was followed' }
  return judged
}

function judgeAnswer({ stream, whole }: Asked, answer: RawAnswer, surface: MatrixSurface): Judgement {
  const { status, ended } = answer
  const say = (verdict: Verdict, detail: string, more: Partial<Judgement> = {}): Judgement => ({
    verdict,
    detail,
    status,
    notes: [],
    ...more,
  })
  if (status === 0) return say('cut', `no answer, the connection ended: ${ended}`)
  if (status >= 400) {
    const message = readErrorAnswer(answer)
    return message === undefined
      ? say('unclear', `an error ${status} that no client can read: ${answer.body.slice(0, 80)}`)
      : say('error', message)
  }
  if (status !== 200) return say('lie', `status ${status} handed to the client`)
  const reading = stream ? surface.readStream(answer) : surface.readJson(answer)
  const { error, notes, isComplete } = reading
  if (error !== undefined) {
    if (error === '') return say('unclear', 'an error event without a message')
    return isPartOf(reading, whole)
      ? say('error', error, { notes })
      : say('lie', `an error after a text that nobody said: ${excerpt(reading.text)}`)
  }
  if (!isComplete && ended !== 'clean') return say('cut', `the connection ended: ${ended}`)
  if (reading.unreadable !== undefined) return say('lie', reading.unreadable)
  if (reading.saysError) return say('unclear', 'its finish reason is `error` and nothing else says so')
  if (isSame(reading, whole)) {
    return isComplete
      ? say('whole', '', { from: 'primary', notes })
      : say('lie', 'a clean end without finish or [DONE]')
  }
  if (reading.text === FALLBACK_TEXT && isComplete) return say('whole', '', { from: 'fallback', notes })
  return say('lie', `it looks complete and is not: ${excerpt(reading.text)}`)
}

function isSame(reading: Reading, whole: WholeAnswer): boolean {
  const huge = whole.huge ?? 0
  const text = plain(reading.text, whole)
  if (huge > 0 && reading.text.length - text.length !== huge) return false
  const calls = whole.toolArguments === undefined ? [] : [whole.toolArguments]
  return text === whole.text && reading.toolArguments.join('\n') === calls.join('\n')
}

/** A beginning of what one target says, not a mixture. */
function isPartOf(reading: Reading, whole: WholeAnswer): boolean {
  const text = plain(reading.text, whole)
  return PRIMARY_TEXT.startsWith(text) || whole.text.startsWith(text)
}

function plain(text: string, { huge, spoiled, endless }: WholeAnswer): string {
  if (endless) return text.replace(/( more)+$/, '')
  if (huge) return text.replaceAll('x', '')
  return spoiled ? text.replaceAll('\ufffd', '') : text
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 60)} ... ${text.slice(-40)}` : text)
}
