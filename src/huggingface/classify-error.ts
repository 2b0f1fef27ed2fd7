import {
  blameOf,
  type Failed,
  type FailureReason,
  type Fault,
  type UpstreamError,
  type Verdict,
} from '../core/routing/outcome.ts'
import { type Redact, toReportable } from './redact.ts'

/**
 * Judges a failed attempt: the one place that knows how providers word their failures. First their codes decide, then
 * words whose subject is what failed, then the status; an error event inside a 200 has no status but may name one.
 *
 * What the verdict keeps of the upstream's words is reportable: the token is taken out after they were read.
 */
export function classify(fault: Fault, redact: Redact, upstreamRequestId?: string): Failed {
  const id = upstreamRequestId !== undefined && { upstreamRequestId }
  if (fault.kind === 'status') {
    const verdict = verdictOf(reasonOfStatus(fault.status, fault.error))
    return { ...fault, ...verdict, ...id, error: toReportable(fault.error, redact) }
  }
  if (fault.kind === 'error_event') return { ...classifyErrorEvent(fault.error, redact), ...id }
  return { ...fault, ...verdictOf(fault.kind === 'network' ? 'unreachable' : fault.kind), ...id }
}

/** The same of an error event inside a 200, wherever in the answer it came. */
export function classifyErrorEvent(error: UpstreamError, redact: Redact): Extract<Failed, { kind: 'error_event' }> {
  return { kind: 'error_event', ...judgeErrorEvent(error), error: toReportable(error, redact) }
}

const verdictOf = (reason: FailureReason): Verdict => ({ reason, blame: blameOf(reason) })

function reasonOfStatus(status: number, error: UpstreamError): FailureReason {
  // The router redirects nobody; a redirect is a wrong HF_BASE_URL or somebody in between.
  if (status < 400) return 'bad_answer'
  const coded = reasonOfCodes(error)
  // A server that failed has not judged the request, whatever it calls that.
  if (coded && !(status >= 500 && coded === 'bad_request')) return coded
  const named = Number(error.code)
  const meant = status < 500 && named > 400 && named < 600 ? named : status
  const worded = WORDY_STATUSES.has(meant) ? reasonOfWords(error.message, meant) : undefined
  const reason = worded ?? reasonOfNumber(meant)
  // Said as weakly as `invalid_request_error`, so it counts only where nothing else tells more.
  return worded === undefined && reason === 'bad_request' && isServerKind(error) ? 'server_error' : reason
}

/** An error inside a 200 may name a status; without one its code and its words are all there is. */
function judgeErrorEvent(error: UpstreamError): Verdict {
  const status = Number(error.code)
  if (status >= 400 && status < 600) return verdictOf(reasonOfStatus(status, error))
  const reason = reasonOfCodes(error) ?? reasonOfWords(error.message, undefined)
  if (reason) return verdictOf(reason)
  if (isRequestCode(error.code)) return verdictOf('bad_request')
  // Providers use `invalid_request_error` for failures of their own as well, so others are asked, and nobody is blamed.
  if (isRequestKind(error.code) || isRequestKind(error.type)) return { reason: 'bad_request', blame: 'nobody' }
  return verdictOf('server_error')
}

/** Codes and types as they are compared: `model_not_found`, `model-not-found` and `ModelNotFound` are one. */
const toKey = (code: string) => code.toLowerCase().replace(/[^a-z\d]/g, '')

/** What a code says by itself, whatever the status. The first row that fits decides. */
const CODES: readonly (readonly [reason: FailureReason, codes: RegExp])[] = [
  [
    'context_overflow',
    /^(?:(?:max)?context(?:length|window|size)?(?:exceeded|overflow)(?:error)?|exceedcontextsize(?:error)?|(?:prompt|input)toolong|modelmaxprompttokensexceeded|tokenslimitreached)$/,
  ],
  [
    'billing',
    /^(?:insufficient(?:quota|credits?|balance|funds)|billing\w*|paymentrequired|(?:outof|no)credits|creditsexhausted|arrearage)$/,
  ],
  ['rate_limited', /^(?:ratelimit\w*|toomanyrequests|throttl\w*|resourceexhausted|tpmexceeded|rpmexceeded)$/],
  [
    'overloaded',
    /^(?:(?:model|engine|server)?overloaded(?:error)?|serviceunavailable(?:error)?|unavailable|\w*capacityexceeded|model(?:isloading|loading|notready))$/,
  ],
  [
    'model_not_found',
    /^(?:(?:model|deployment)(?:id|name|is|hasbeen)?(?:notfound|notsupported|unsupported|notavailable|unavailable|decommissioned|deprecated|retired|removed|notexist|doesnotexist|notdeployed|archived|disabled|offline|termsrequired)(?:error)?|(?:unknown|unsupported|invalid|nosuch)model(?:id|name|error)?)$/,
  ],
  [
    'upstream_auth',
    /^(?:(?:invalid|incorrect|missing|expired)(?:api|access)?(?:key|token)|(?:api|access)?(?:key|token)expired|unauthorized|unauthenticated|(?:invalid)?authentication(?:error)?|permission(?:denied)?(?:error)?|insufficientpermissions)$/,
  ],
  ['timeout', /^(?:(?:request|gateway|generation)?timeout(?:error)?|deadlineexceeded)$/],
  // The model's own failing at a good request: another one may do better.
  [
    'bad_answer',
    /^(?:tooluse(?:failed)|jsonvalidatefailed|outputparsefailed|(?:incomplete)?generation(?:failed|stream)?)$/,
  ],
  ['legally_blocked', /^unavailableforlegalreasons$/],
  [
    'bad_request',
    /^(?:content(?:filter(?:ed)?|policyviolation|flagged)|moderation\w*|datainspectionfailed|responsibleaipolicyviolation|prohibitedcontent)$/,
  ],
]

function reasonOfCodes({ code = '', type = '' }: UpstreamError): FailureReason | undefined {
  const keys = [toKey(code), toKey(type)]
  for (const key of keys) {
    const row = CODES.find(([, codes]) => codes.test(key))
    if (row) return row[0]
  }
  return undefined
}

/** A server that calls the failure its own, under whatever status. */
const isServerKind = ({ code = '', type = '' }: UpstreamError) =>
  [code, type].some((name) => /^(?:internal(?:server)?error|servererror)$/.test(toKey(name)))

/** Codes that speak of the request, where nothing else says more. */
const REQUEST_CODES =
  /^(?:invalid|unsupported|missing|malformed|empty|badrequest|unprocessable|validation|unknownparameter|imageparse|(?:integer|decimal|string|array)(?:above|below))/

const isRequestKind = (code = '') => REQUEST_CODES.test(toKey(code))
const isRequestCode = (code = '') => isRequestKind(code) && toKey(code) !== 'invalidrequesterror'

/** Statuses that mean many things. The others say by themselves what is wrong. */
const WORDY_STATUSES: ReadonlySet<number> = new Set([400, 403, 404, 413, 422])

// A quoted or plain name of a model; a plain one must look like no other noun that stands after "model".
const MODEL_NAME =
  '(?:["\'`“‘][^"\'`”’]{1,200}["\'`”’]|(?!(?:input|output|parameter|param|response|field|option|setting|config|argument|file|card|data|name|id)s?\\b)[\\w./:@-]{1,200})'
const GONE =
  '(?:(?:has|have) been |(?:is|was|are) (?:currently |temporarily |now )?|does |do )?(?:currently )?(?:decommissioned|deprecated|retired|removed|sunset|shut ?down|discontinued|unavailable|disabled|offline|unknown|unsupported|archived|no longer (?:available|supported|served|hosted)|not (?:currently |yet )?(?:exist|found|available|supported(?: by (?:any )?(?:inference )?provider\\b|$|[.,;])|served|hosted|deployed|enabled|loaded|recognized|known|a chat model))'
const MODEL_IS_GONE = new RegExp(
  `\\bmodels?(?: (?:id|name))?(?: you requested)?[ :=]{1,3}(?:${MODEL_NAME},? )?${GONE}\\b`,
  'i',
)
/** What passes by itself: such a model is there. */
const MODEL_IS_DOWN = new RegExp(
  `\\bmodels?[ :=]{1,3}(?:${MODEL_NAME},? )?(?:is |are )?(?:(?:currently|temporarily) (?:unavailable|offline|not available)|(?:currently |still )?loading|(?:currently )?not (?:yet )?ready|too busy)\\b`,
  'i',
)
const NO_SUCH_MODEL =
  /\b(?:unknown|unsupported|no such|nonexistent|non-existent|invalid) model\b(?! (?:input|output|param|config|response|option|setting|kwarg|field|file)s?\b)|\bnot a (?:valid|known|supported) model\b|\b(?:(?:cannot|can't|could not|couldn't|unable to|failed to) (?:find|load|access|locate)|no) (?:the )?(?:non-serverless )?(?:model|endpoints?|deployments?|instances?|workers?|providers?)\b|\bmodel not found\b|\bnot a chat model\b|\b(?:does not|doesn't) support chat\b/i
const OVERLOADED =
  /\b(?:model|engine|server|service|provider|backend|endpoint|system)s?\b.{0,120}\b(?:is|are|was) (?:currently |temporarily )?(?:overloaded|at (?:full )?capacity|busy|unavailable|paused|under (?:heavy|high) load)\b|\boverloaded_error\b|^\s*overloaded\b|\b(?:currently|temporarily) overloaded\b|\bservice (?:temporarily )?unavailable\b|\bhigh demand\b/i
const RATE_LIMITED =
  /\brate[- ]?limit(?:s|ed|ing)?(?: (?:was|is|has been))? (?:reached|exceeded|hit|error|for)|\brate[- ]limited\b|\btoo many requests\b|\b(?:tokens|requests) per (?:second|minute|hour|day)\b|\((?:TPM|RPM|TPD|RPD)\)|^\s*rate.?limit/i
const NO_CREDIT =
  /\b(?:insufficient|not enough|no remaining|out of|depleted|exceeded) (?:\w+ ){0,4}(?:credits?|balance|funds)\b|\bpayment required\b|\bcredit balance (?:is )?(?:too low|exhausted)|\bexceeded your current quota\b|\binsufficient_quota\b/i
/** How providers word it when the conversation is too long for the model (OpenAI, vLLM, TGI, Together, Groq, Mistral, xAI). */
const CONTEXT_OVERFLOW =
  /context_length_exceeded|\bmaximum (?:context|prompt) length\b|\bcontext (?:length|window|size|limit)s? (?:(?:is|was|has been) )?exceed|\bexceed(?:s|ed|ing)? (?:the |this |its |your |available |maximum |allowed |model(?:['\u2019]s)? )*context\b|\b(?:prompt|input|conversation|messages?|request)(?: \w+)? (?:is|are) too (?:long|large) (?:for|:)|\b(?:prompt|input|conversation|messages) (?:is|are) too long\b|\b(?:prompt|input)\b.{0,60}\btoo many tokens\b|^\s*too many tokens\b(?! per)|\binputs?`? tokens? \+|`inputs` must have less than|\b(?:input|prompt) (?:token count|tokens|length)\b.{0,40}\bexceeds?\b|\b(?:longer|greater) than the (?:model(?:['\u2019]s)? )?context\b|\brange of input length\b|\b(?:prompt|input) exceeds? (?:the )?max|\bexceed(?:s|ed)? (?:the )?model token limit\b|\breduce the length of (?:the|your) (?:messages|prompt|input|conversation)/i
const BAD_TOKEN =
  /\b(?:invalid|incorrect|wrong|missing|expired|revoked|unknown|no|bad) (?:\w+ )?(?:api[ -]?key|credentials?|(?:access|auth\w*|bearer) token)\b|\bapi[ -]?key(?: provided)? (?:is |was |has )?(?:not valid|invalid|missing|required|expired|revoked|disabled|been )|\bprovide an api[ -]?key\b|\busername or password\b|\bauthentication (?:failed|fails|required|error)|\b(?:bad|invalid|expired|revoked) token\b(?! (?:in|at|near)\b)/i
const NOT_ALLOWED =
  /\b(?:token|permissions?|unauthori[sz]ed|not authori[sz]ed|authenticat\w+|not allowed to|access (?:is )?denied|access to|do(?:es)? not have access)\b/i
const MODERATED =
  /\b(?:moderat\w+|flagged|content (?:policy|filter|management)|usage polic\w+|safety (?:system|filter|polic\w+)|inappropriate|harmful|prohibited content|violat\w+)\b/i
/** A 404 that speaks of something the request brought along. */
const MISSING_INPUT =
  /\b(?:image|file|url|audio|video|attachment|document|tool|function|adapter|response|conversation|thread)\b.{0,200}\b(?:not found|could not|cannot|can't|failed|unable|404)\b|\b(?:could not|cannot|failed to|unable to) (?:load|fetch|download|open|read)\b/i

/** What is wrong stands at the beginning; a quoted prompt may follow. */
const MAX_WORDS_CHARACTERS = 2_000

/** @param status The status that the words come with; `undefined` inside a 200. */
function reasonOfWords(text: string, status: number | undefined): FailureReason | undefined {
  const message = text.slice(0, MAX_WORDS_CHARACTERS)
  if (RATE_LIMITED.test(message)) return 'rate_limited'
  if (NO_CREDIT.test(message)) return 'billing'
  if (CONTEXT_OVERFLOW.test(message)) return 'context_overflow'
  if (status === 403 && MODERATED.test(message)) return 'bad_request'
  if (BAD_TOKEN.test(message) || (status === 403 && NOT_ALLOWED.test(message))) return 'upstream_auth'
  if (MODEL_IS_DOWN.test(message)) return 'overloaded'
  if (MODEL_IS_GONE.test(message) || NO_SUCH_MODEL.test(message)) return 'model_not_found'
  if (OVERLOADED.test(message)) return 'overloaded'
  if (status === 404 && MISSING_INPUT.test(message)) return 'bad_request'
  return undefined
}

const BY_STATUS: ReadonlyMap<number, FailureReason> = new Map([
  [400, 'bad_request'],
  [401, 'upstream_auth'],
  [402, 'billing'],
  [404, 'model_not_found'],
  [408, 'timeout'],
  [409, 'overloaded'],
  [410, 'model_not_found'],
  [413, 'bad_request'],
  [415, 'bad_request'],
  [422, 'bad_request'],
  [424, 'bad_answer'],
  [425, 'overloaded'],
  [429, 'rate_limited'],
  [451, 'legally_blocked'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [524, 'timeout'],
  [529, 'overloaded'],
])

/** Any other 4xx (403 without a word, 405, 421) is between us and the upstream, and would mean something else to a client. */
const reasonOfNumber = (status: number): FailureReason => BY_STATUS.get(status) ?? 'server_error'
