/** Which wait of an attempt ran out. */
export type Phase = 'headers' | 'first_token' | 'idle' | 'total'

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
}

// How providers word it when the conversation is too long for the model (OpenAI, vLLM, TGI, Together, Groq, Mistral).
const CONTEXT_OVERFLOW =
  /context_length_exceeded|maximum context length|context (?:length|window|size)|prompt is too long|too many tokens|inputs?`? tokens? \+|exceeds? the (?:model'?s )?(?:maximum|limit of) [\w ]*tokens/i
// A provider that does not serve a model says so with a 400, in the router's words or its own.
const MODEL_NOT_FOUND =
  /model_not_(?:found|supported)|not supported by (?:any )?provider|model .{0,200}(?:does not exist|not found)/is

/** Names the reason of a failed attempt. */
export function reasonOf(outcome: Exclude<Outcome, { kind: 'answering' }>): FailureReason {
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

function reasonOfStatus(status: number, error: UpstreamError): FailureReason {
  const said = `${error.code ?? ''} ${error.message}`
  if ((status === 400 || status === 413 || status === 422) && CONTEXT_OVERFLOW.test(said)) return 'context_overflow'
  if (status === 404 || (status === 400 && MODEL_NOT_FOUND.test(said))) return 'model_not_found'
  if (status === 401 || status === 403) return 'upstream_auth'
  if (status === 402) return 'billing'
  if (status === 408 || status === 504) return 'timeout'
  if (status === 409 || status === 503 || status === 529) return 'overloaded'
  if (status === 429) return error.code === 'insufficient_quota' ? 'billing' : 'rate_limited'
  if (status >= 500) return 'server_error'
  // The router redirects nobody; a redirect is a wrong HF_BASE_URL or somebody in between.
  return status >= 400 ? 'bad_request' : 'bad_answer'
}

/** An error inside a 200 has no status; its code and words are all there is. Unknown ones are the provider's fault. */
function reasonOfErrorEvent(error: UpstreamError): FailureReason {
  const said = `${error.code ?? ''} ${error.type ?? ''} ${error.message}`
  if (CONTEXT_OVERFLOW.test(said)) return 'context_overflow'
  if (/insufficient_quota|credits|payment required|\b402\b/i.test(said)) return 'billing'
  if (/rate.?limit|too many requests|\b429\b/i.test(said)) return 'rate_limited'
  if (/overloaded|unavailable|capacity|\b50[23]\b|\b529\b/i.test(said)) return 'overloaded'
  return MODEL_NOT_FOUND.test(said) ? 'model_not_found' : 'server_error'
}
