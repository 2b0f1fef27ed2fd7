import type { Fault } from '../core/routing/outcome.ts'
import { createAnswerState, hasBegun } from '../huggingface/answer-state.ts'
import { findFailure, withoutEmptyError } from '../huggingface/find-failure.ts'
import { normalizeAnswer } from '../huggingface/normalize-chunk.ts'
import type { WholeChat } from '../wire/answer-encoder.ts'
import { isFields, readUsage } from '../wire/chat/chunk.ts'

/** A JSON answer: its text, as it came unless something had to change, and what was read of it. */
export type WholeAnswer = { readonly text: string; readonly fields: WholeChat }

/**
 * Reads a JSON answer, and judges it by what a stream is judged by: one that is an error, that was broken off or that
 * says nothing is no answer.
 *
 * @param newId Makes ids for tool calls that came without one.
 */
export function readWholeAnswer(text: string, newId: () => string): { readonly answer: WholeAnswer } | Fault {
  if (text.trim() === '') return badAnswer('an empty answer')
  let fields: unknown
  try {
    fields = JSON.parse(text)
  } catch {
    return badAnswer(/^\s*</.test(text) ? 'an HTML page instead of an answer' : 'an answer that is not JSON')
  }
  if (!isFields(fields)) return badAnswer('an answer that is not a chat completion')
  const error = findFailure(fields)
  if (error) return { kind: 'error_event', error }
  const { choices } = fields
  const isInOrder = Array.isArray(choices) && choices.every(isFields) && !('error' in fields)
  const came: WholeChat = {
    ...withoutEmptyError(fields),
    choices: Array.isArray(choices) ? choices.filter(isFields) : [],
  }
  const state = createAnswerState(newId)
  state.completionTokens = readUsage(fields['usage'])?.completionTokens
  const normalized = normalizeAnswer(came, state)
  if (normalized === 'broken_off') return badAnswer('an answer whose generation was broken off')
  if (!hasBegun(state)) return badAnswer('an answer that says nothing')
  const isSame = isInOrder && normalized === came
  return { answer: { text: isSame ? text : JSON.stringify(normalized), fields: normalized } }
}

const badAnswer = (detail: string): Fault => ({ kind: 'bad_answer', detail })
