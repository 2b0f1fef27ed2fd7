import type { Fields } from '../chat/chunk.ts'
import { describeThrown } from '../failure-words.ts'

/**
 * What a response that failed says of it, and the members of the `error` event before it. Before an answer has begun, the
 * envelope is the one of chat completions: OpenAI has one for both.
 */
export function toResponseError(thrown: unknown): {
  readonly error: { readonly code: string; readonly message: string }
  readonly event: Fields
} {
  const { type, code, message, param = null } = describeThrown(thrown)
  // OpenAI has the words in the event itself, the Open Responses specification in `error`: clients of either read theirs.
  return { error: { code, message }, event: { code, message, param, error: { type, code, message, param } } }
}
