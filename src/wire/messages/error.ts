import { describeThrown } from '../failure-words.ts'

/** Anthropic's error object. */
export type MessagesErrorBody = {
  readonly type: 'error'
  readonly error: { readonly type: string; readonly message: string }
  readonly request_id?: string
}

/** Clients choose what to do by these types: they are Anthropic's, by the status. */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  413: 'request_too_large',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** A failure in Anthropic's envelope: the body of an answer, or an event of one that has begun. */
export function toMessagesErrorBody(thrown: unknown, requestId?: string): MessagesErrorBody {
  const { status, code, message } = describeThrown(thrown)
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')
  const told = code === 'context_length_exceeded' ? toOverflow(message) : message
  return { type: 'error', error: { type, message: told }, ...(requestId !== undefined && { request_id: requestId }) }
}

/** Claude Code compacts its conversation on these words alone. Two numbers in a provider's words are what came and what fits. */
function toOverflow(message: string): string {
  const numbers = (message.match(/\d[\d,]{2,}/g) ?? []).map((digits) => Number(digits.replaceAll(',', '')))
  const [maximum, tokens] = [Math.min(...numbers), Math.max(...numbers)]
  const counts =
    numbers.length > 1 && maximum < tokens ? `${tokens} tokens > ${maximum} maximum` : 'more tokens than the maximum'
  return `prompt is too long: ${counts} (${message})`
}
