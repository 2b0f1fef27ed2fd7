/** Which wait of an attempt ran out. */
export type Phase = 'headers' | 'first_token'

/** What an upstream said in an error body, in whatever shape it came. */
export type UpstreamError = {
  readonly message: string
  readonly code?: string
  readonly type?: string
  readonly param?: string
}

/** How one attempt at one target ended before anything of substance was sent to the client. */
export type Outcome =
  | { readonly kind: 'answering' }
  | { readonly kind: 'status'; readonly status: number; readonly error: UpstreamError; readonly retryAfterMs?: number }
  /** `beforeHeaders` tells a reset connection, which may be tried again at once, from an answer that broke. */
  | { readonly kind: 'network'; readonly beforeHeaders: boolean }
  | { readonly kind: 'timeout'; readonly phase: Phase }
  | { readonly kind: 'error_event'; readonly error: UpstreamError }
  | { readonly kind: 'bad_answer'; readonly detail: string }
  | { readonly kind: 'client_gone' }

/** Every outcome but an answer. */
export type Failed = Exclude<Outcome, { kind: 'answering' }>

/** The words in which an attempt's failure is reported, logged and classified. */
export type FailureReason =
  | 'rate_limited'
  | 'overloaded'
  | 'billing'
  | 'model_not_found'
  | 'context_overflow'
  | 'upstream_auth'
  | 'timeout'
  | 'unreachable'
  | 'server_error'
  | 'bad_answer'
  | 'bad_request'
  | 'client_gone'

export type AttemptReport = {
  readonly target: string
  readonly reason: FailureReason
  /** The upstream's HTTP status, where it sent one. */
  readonly status?: number
  readonly message: string
  /** Milliseconds after which the upstream asked to be tried again. */
  readonly retryAfterMs?: number
}

/** Failures that a later request may not meet. */
const PASSING: readonly FailureReason[] = [
  'rate_limited',
  'overloaded',
  'timeout',
  'unreachable',
  'server_error',
  'bad_answer',
]

/** Whether a failure may have passed a moment later. */
export const isPassing = (reason: FailureReason) => PASSING.includes(reason)

// How providers word it when the conversation is too long for the model (OpenAI, vLLM, TGI, Together, Groq, Mistral).
const CONTEXT_OVERFLOW =
  /context_length_exceeded|maximum context length|context (?:length|window|size)|prompt is too long|too many tokens|inputs?`? tokens? \+|exceeds? the (?:model'?s )?(?:maximum|limit of) [\w ]*tokens/i
// A provider that does not serve a model says so with a 400, in the router's words or its own.
const MODEL_NOT_FOUND =
  /model_not_(?:found|supported)|not supported by (?:any )?provider|model .{0,200}(?:does not exist|not found)/is

/** Names the reason of a failed attempt. */
export function reasonOf(outcome: Failed): FailureReason {
  switch (outcome.kind) {
    case 'status':
      return reasonOfStatus(outcome.status, outcome.error)
    case 'network':
      return 'unreachable'
    case 'timeout':
      return 'timeout'
    case 'error_event':
      return reasonOfErrorEvent(outcome.error)
    case 'bad_answer':
      return 'bad_answer'
    case 'client_gone':
      return 'client_gone'
  }
}

const BY_STATUS: ReadonlyMap<number, FailureReason> = new Map([
  [400, 'bad_request'],
  [401, 'upstream_auth'],
  [402, 'billing'],
  [403, 'upstream_auth'],
  [404, 'model_not_found'],
  [408, 'timeout'],
  [409, 'overloaded'],
  [410, 'model_not_found'],
  [413, 'bad_request'],
  [422, 'bad_request'],
  [429, 'rate_limited'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [529, 'overloaded'],
])

function reasonOfStatus(status: number, error: UpstreamError): FailureReason {
  const said = `${error.code ?? ''} ${error.message}`
  const reason = BY_STATUS.get(status)
  if (reason === 'bad_request' && CONTEXT_OVERFLOW.test(said)) return 'context_overflow'
  if (status === 400 && MODEL_NOT_FOUND.test(said)) return 'model_not_found'
  if (status === 429 && error.code === 'insufficient_quota') return 'billing'
  // The router redirects nobody; a redirect is a wrong HF_BASE_URL or somebody in between. Any other 4xx (405, 421, 451)
  // is between us and the upstream, and would mean something else to a client.
  return reason ?? (status >= 400 ? 'server_error' : 'bad_answer')
}

/** An error inside a 200 has no status: its code and its words are all there is. The first row that fits decides. */
const ERROR_EVENTS: readonly (readonly [reason: FailureReason, codes: readonly string[], words: RegExp])[] = [
  ['context_overflow', [], CONTEXT_OVERFLOW],
  ['billing', ['402'], /insufficient_quota|credits|payment required/i],
  ['rate_limited', ['429'], /rate.?limit|too many requests/i],
  ['overloaded', ['502', '503', '529'], /overloaded|unavailable|capacity/i],
  ['upstream_auth', ['401', '403'], /unauthorized|authentication|invalid api key/i],
  ['model_not_found', ['404'], MODEL_NOT_FOUND],
  ['bad_request', ['400', '413', '422'], /invalid_request_error/],
]

function reasonOfErrorEvent({ code = '', type = '', message }: UpstreamError): FailureReason {
  const said = `${code} ${type} ${message}`
  const row = ERROR_EVENTS.find(([, codes, words]) => codes.includes(code) || words.test(said))
  return row?.[0] ?? 'server_error' // unknown ones are the provider's fault
}
