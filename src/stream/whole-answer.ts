import type { TokenUsage } from '../core/completion-record.ts'
import type { Fault } from '../core/routing/outcome.ts'
import { createAnswerState, hasBegun, textLengthOf } from '../huggingface/answer-state.ts'
import { findFailure, withoutEmptyError } from '../huggingface/find-failure.ts'
import { normalizeAnswer } from '../huggingface/normalize-chunk.ts'
import { normalizeEnvelope } from '../huggingface/normalize-envelope.ts'
import type { WholeChat } from '../wire/answer-encoder.ts'
import { isFields, readUsage } from '../wire/chat/chunk.ts'

/** A JSON answer: its text, as it came unless something had to change, and what was read of it. */
export type WholeAnswer = {
  readonly text: string
  readonly fields: WholeChat
  readonly usage: TokenUsage | undefined
  /** The length of what it says, in UTF-16 units; for an estimate where no usage was told. */
  readonly textLength: number
}

/** Why a JSON answer is none, and what was generated of it all the same, where something was. */
export type NoAnswer = {
  readonly fault: Fault
  readonly generated?: { readonly usage: TokenUsage | undefined; readonly textLength: number } | undefined
}

/**
 * Reads a JSON answer, and judges it by what a stream is judged by: one that is an error, that was broken off or that
 * says nothing is no answer.
 *
 * @param newId Makes ids for tool calls that came without one.
 */
export function readWholeAnswer(text: string, newId: () => string): { readonly answer: WholeAnswer } | NoAnswer {
  if (text.trim() === '') return badAnswer('an empty answer')
  let fields: unknown
  try {
    fields = JSON.parse(text)
  } catch {
    if (/^\s*</.test(text)) return badAnswer('an HTML page instead of an answer')
    const isAnswer = /^\s*(?:\{|data:)/.test(text) // half of one, or a stream
    return badAnswer('an answer that is not JSON', isAnswer ? { usage: undefined, textLength: text.length } : undefined)
  }
  if (!isFields(fields)) return badAnswer('an answer that is not a chat completion')
  const error = findFailure(fields)
  const usage = readUsage(fields['usage'])
  if (error) return { fault: { kind: 'error_event', error }, generated: usage && { usage, textLength: 0 } }
  const { choices } = fields
  const envelope = normalizeEnvelope(withoutEmptyError(fields))
  const isInOrder = Array.isArray(choices) && choices.every(isFields) && envelope === fields
  const came: WholeChat = {
    ...envelope,
    choices: Array.isArray(choices) ? choices.filter(isFields) : [],
  }
  const state = createAnswerState(newId, came.choices.length)
  state.completionTokens = usage?.completionTokens
  const normalized = normalizeAnswer(came, state)
  const isAtWork = usage !== undefined || came.choices.length > 0
  const generated = isAtWork ? { usage, textLength: textLengthOf(state) } : undefined
  if (normalized === 'broken_off') return badAnswer('an answer whose generation was broken off', generated)
  if (!hasBegun(state)) return badAnswer('an answer that says nothing', generated)
  const isSame = isInOrder && normalized === came
  const answer = { text: isSame ? text : JSON.stringify(normalized), fields: normalized }
  return { answer: { ...answer, usage, textLength: textLengthOf(state) } }
}

const badAnswer = (detail: string, generated?: NoAnswer['generated']): NoAnswer => ({
  fault: { kind: 'bad_answer', detail },
  generated,
})
