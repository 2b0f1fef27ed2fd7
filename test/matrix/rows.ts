import { type Fault, type FaultName, MOMENTS, type Moment } from '../../src/simulator/answer.ts'
import { PRIMARY_TEXT, type Script, type WholeAnswer } from './case.ts'

/**
 * What the promise makes of a fault:
 * - `next`: nothing was shown yet, so another target answers; without one the client gets an error
 * - `own`: no break at all: the primary's answer is whole, nobody else is asked
 * - `begun`: the answer has begun, so it ends with an error, and nobody else is asked
 * - `caller`: the request is at fault: an error with the upstream's status, and nobody else is asked
 * - `either`: whole or error, the promise leaves it open
 * - `passed_on`: a trusted provider's own nonsense reaches the client as it came
 */
export type Rule =
  | { readonly rule: 'next'; readonly status?: number }
  | { readonly rule: 'own' | 'begun' | 'either' | 'passed_on' }
  | { readonly rule: 'caller'; readonly status: number }

/** Why a cell is left out. */
export type LeftOut = { readonly leftOut: string }

/** One fault at one moment: what is played and what must come of it. */
export type Row = {
  readonly fault: string
  readonly moment?: Moment
  readonly script: Script
  readonly streamed: Rule | LeftOut
  readonly json: Rule | LeftOut
  readonly whole?: WholeAnswer
  /** Where a JSON body says something else. */
  readonly wholeJson?: WholeAnswer
  /** Tokens that the primary's and the fallback's contexts hold, where a row is about them. */
  readonly contexts?: readonly [primary: number, fallback: number]
  /** Whether the client asks for usage; one that does not has its stream read until it is known what the source sends. */
  readonly asksForUsage?: true
}

const NEXT: Rule = { rule: 'next' }
const OWN: Rule = { rule: 'own' }
const BEGUN: Rule = { rule: 'begun' }
const EITHER: Rule = { rule: 'either' }
const leftOut = (reason: string): LeftOut => ({ leftOut: reason })
const next = (status: number): Rule => ({ rule: 'next', status })

const NO_EVENTS = leftOut('a JSON body has no events')
const NEEDS_HEADERS = leftOut('it needs headers: the row `headers_only` is this one')
const SAME_AS_CUT = leftOut('before the headers a clean end is a closed connection: the row `cut` is this one')
const ONE_ERROR_BODY = leftOut('a JSON body holds an error or an answer, so the moment makes no difference')

/** Faults that break an answer off at a moment, in words. */
const BREAKS: readonly (readonly [name: FaultName, words: string])[] = [
  ['reset', 'connection reset'],
  ['cut', 'connection closed'],
  ['stall', 'silence'],
  ['trickle', 'a byte every 50 ms'],
  ['early_end', 'clean early end'],
  ['truncated_json', 'truncated JSON'],
  ['error_event', 'error inside a 200, an object'],
  ['error_event_string', 'error inside a 200, a string'],
  ['error_event_named', 'error inside a 200, `event: error`'],
]
const BEFORE_SUBSTANCE: readonly Moment[] = ['before_headers', 'headers_only', 'empty_deltas']
const isErrorEvent = (name: FaultName) => name.startsWith('error_event')

function breakRows(): Row[] {
  return BREAKS.flatMap(([name, words]) =>
    MOMENTS.map((moment): Row => {
      const script = [[{ fault: name, moment }]]
      return {
        fault: words,
        moment,
        script,
        streamed: ruleOfStream(name, moment),
        json: ruleOfJson(name, moment),
      }
    }),
  )
}

function ruleOfStream(name: FaultName, moment: Moment): Rule | LeftOut {
  if (moment === 'before_headers' && name === 'early_end') return SAME_AS_CUT
  if (moment === 'before_headers' && !['reset', 'cut', 'stall'].includes(name)) return NEEDS_HEADERS
  if (BEFORE_SUBSTANCE.includes(moment)) return NEXT
  // After its finish reason an answer is whole, whatever becomes of the connection; an error may still be passed on.
  if (moment === 'after_finish') return isErrorEvent(name) ? EITHER : OWN
  return BEGUN
}

function ruleOfJson(name: FaultName, moment: Moment): Rule | LeftOut {
  if (isErrorEvent(name)) return moment === 'headers_only' ? NEXT : ONE_ERROR_BODY
  const asStream = ruleOfStream(name, moment)
  if ('leftOut' in asStream) return asStream
  if (name === 'trickle' && moment === 'after_finish') return OWN // only its last byte is late
  return NEXT // of a JSON body nothing is shown before all of it is there
}

const HUGE = 5 * 1024 * 1024
const TOOL_ARGUMENTS = '{"simulated":true,"city":"Zürich","note":"no model ran"}'

function hugeRows(): Row[] {
  return MOMENTS.map((moment): Row => {
    const toolArguments = moment === 'mid_tool_call' ? { toolArguments: TOOL_ARGUMENTS } : {}
    return {
      fault: 'one event of 5 MB',
      moment,
      script: [[{ fault: 'huge_event', moment, bytes: HUGE }]],
      streamed: moment === 'before_headers' ? NEEDS_HEADERS : OWN,
      json: moment === 'headers_only' ? OWN : leftOut('all of a JSON body is one piece'),
      whole: { text: toolArguments.toolArguments ? '' : PRIMARY_TEXT, ...toolArguments, huge: HUGE },
      wholeJson: { text: '', huge: HUGE },
    }
  })
}

const row = (fault: string, faults: Fault | readonly Fault[], streamed: Row['streamed'], json: Row['json']): Row => ({
  fault,
  script: [Array.isArray(faults) ? faults : [faults as Fault]],
  streamed,
  json,
})
const both = (fault: string, played: Fault | readonly Fault[], rule: Rule) => row(fault, played, rule, rule)
const status = (code: number, more: Partial<Fault> = {}): Fault => ({ fault: 'status', status: code, ...more })

const GONE = 'The model `m` has been decommissioned and is no longer supported.'
const NO_IMAGE =
  'Multimodal model input error: could not load image from https://example.com/cat.png: 404, message=Not Found'
const FLAGGED = 'Your input was flagged by our moderation system'
const TOKENS_PER_MINUTE = 'Request too large on tokens per minute (TPM): Limit 6000, Requested 9000'

/** Answers by status. The status that a client gets when nobody is left is in the words its failover understands. */
const STATUS_ROWS: readonly Row[] = [
  both('400', status(400), { rule: 'caller', status: 400 }),
  both('400 model_not_supported', status(400, { variant: 'model_not_supported' }), next(404)),
  both('401', status(401), next(502)),
  both('402', status(402), next(402)),
  both('403', status(403), next(502)),
  both('404', status(404), next(404)),
  both('408', status(408), next(504)),
  both('409', status(409), next(503)),
  both('413', status(413, { variant: 'plain' }), { rule: 'caller', status: 413 }),
  both('422', status(422), { rule: 'caller', status: 422 }),
  both('429 without Retry-After', status(429), next(429)),
  both('429 insufficient_quota', status(429, { variant: 'insufficient_quota' }), next(402)),
  both('429, Retry-After: 1', status(429, { retryAfter: '1' }), NEXT),
  both('429, Retry-After: 3600', status(429, { retryAfter: '3600' }), next(429)),
  both('429, Retry-After: a date in 2 s', status(429, { retryAfter: 'date+2' }), NEXT),
  both('429, Retry-After: a date in 1 h', status(429, { retryAfter: 'date+3600' }), next(429)),
  both('429, Retry-After: nonsense', status(429, { retryAfter: 'soon' }), next(429)),
  both('500', status(500), next(502)),
  both('500, an empty body', status(500, { body: '' }), next(502)),
  both('502', status(502), next(502)),
  both('503', status(503), next(503)),
  both('503, Retry-After: 3600', status(503, { retryAfter: '3600' }), next(503)),
  both('504', status(504), next(504)),
  both('529', status(529), next(503)),
  both('HTML with 200', { fault: 'html' }, next(502)),
  both('HTML with 502', { fault: 'html', status: 502 }, next(502)),
  both('HTML with 504', { fault: 'html', status: 504 }, next(504)),
  ...[301, 302, 307, 308].map((code) => both(`redirect ${code}`, { fault: 'redirect', status: code }, next(502))),
]

/** Statuses that mean many things: what the upstream says decides who is to blame. */
const BLAME_ROWS: readonly Row[] = [
  both('400, a decommissioned model', status(400, { message: GONE }), next(404)),
  both('400, no credit', status(400, { message: 'Your credit balance is too low to access the API.' }), next(402)),
  both('400, an image that was not found', status(400, { message: NO_IMAGE }), { rule: 'caller', status: 400 }),
  both('403, moderation', status(403, { message: FLAGGED, shape: 'object' }), { rule: 'caller', status: 403 }),
  both('403 without a word', status(403, { body: '' }), next(502)),
  both('413, tokens per minute', status(413, { variant: 'plain', message: TOKENS_PER_MINUTE }), next(429)),
  both('415', status(415), { rule: 'caller', status: 415 }),
  both('422, an overloaded model', status(422, { message: 'The model is currently overloaded' }), next(503)),
  both('424', status(424, { message: 'Request failed during generation: CUDA error', shape: 'string' }), next(502)),
  both('451', status(451), next(451)),
]

const CONTEXT_ROWS: readonly Row[] = [
  {
    ...both('context overflow, a larger fallback', status(400, { variant: 'context_overflow' }), next(400)),
    contexts: [8_192, 131_072],
  },
  {
    ...both('context overflow, no larger fallback', status(400, { variant: 'context_overflow' }), {
      rule: 'caller',
      status: 400,
    }),
    contexts: [131_072, 8_192],
  },
]

/** Faults that pass: the same target is asked again. */
const PASSING_ROWS: readonly Row[] = [
  { ...both('503, then well', [], EITHER), script: [[status(503)], []] },
  { ...both('reset before the headers, then well', [], EITHER), script: [[resetEarly()], []] },
  { ...both('429 with Retry-After: 1, then well', [], OWN), script: [[status(429, { retryAfter: '1' })], []] },
]

function resetEarly(): Fault {
  return { fault: 'reset', moment: 'before_headers' }
}

const toolWhole = { whole: { text: '', toolArguments: TOOL_ARGUMENTS } }

/** Answers that are odd and whole, and some that only look whole. */
const FORM_ROWS: readonly Row[] = [
  both('none: an ordinary answer', { fault: 'none' }, OWN),
  both('an empty 200', { fault: 'empty' }, next(502)),
  both('slow, within the times', { fault: 'slow', headersMs: 800, firstTokenMs: 1_100, perTokenMs: 5 }, OWN),
  {
    ...row('tokens without end', { fault: 'endless' }, BEGUN, NEXT),
    whole: { text: PRIMARY_TEXT, endless: true },
  },
  both('wrong content type: text/plain', { fault: 'wrong_content_type' }, OWN),
  both('wrong content type: text/html', { fault: 'wrong_content_type', contentType: 'text/html' }, OWN),
  row('JSON where a stream was asked for', { fault: 'json_for_stream' }, OWN, leftOut('JSON was asked for')),
  row('a stream where JSON was asked for', { fault: 'stream_for_json' }, leftOut('a stream was asked for'), NEXT),
  { ...both('invalid UTF-8', { fault: 'invalid_utf8' }, OWN), whole: { text: PRIMARY_TEXT, spoiled: true } },
  both('every byte a write of its own', { fault: 'split_every_byte' }, OWN),
  row('every byte alone, CRLF and a BOM', plays('split_every_byte', 'crlf', 'bom'), OWN, NO_EVENTS),
  row('lines end in CRLF', { fault: 'crlf' }, OWN, NO_EVENTS),
  row('lines end in CR', { fault: 'cr' }, OWN, NO_EVENTS),
  both('a byte order mark', { fault: 'bom' }, OWN),
  row('comments between and inside events', { fault: 'comments' }, OWN, NO_EVENTS),
  row('`data:` without a space', { fault: 'no_space' }, OWN, NO_EVENTS),
  row('no [DONE]', { fault: 'no_done' }, OWN, NO_EVENTS),
  both('no finish reason', { fault: 'no_finish' }, OWN),
  row('neither finish reason nor [DONE]', { fault: 'neither' }, BEGUN, OWN),
  both('finish reason eos_token', { fault: 'finish_reason', reason: 'eos_token' }, OWN),
  row('finish reason error', { fault: 'finish_reason', reason: 'error' }, BEGUN, NEXT),
  row('an event after [DONE]', { fault: 'after_done' }, OWN, NO_EVENTS),
  { ...row('tool call without index', { fault: 'tool_call_without_index' }, OWN, NO_EVENTS), ...toolWhole },
  { ...both('tool call without id', { fault: 'tool_call_without_id' }, OWN), ...toolWhole },
  row('usage in every chunk', { fault: 'usage_every_chunk' }, OWN, NO_EVENTS),
  both('no usage', { fault: 'usage_none' }, OWN),
  row('usage in a chunk with empty choices', { fault: 'usage_no_choices' }, OWN, NO_EVENTS),
  row('usage in a chunk without choices', { fault: 'usage_no_choices', choices: 'absent' }, OWN, NO_EVENTS),
]

function plays(...names: FaultName[]): Fault[] {
  return names.map((fault) => ({ fault }))
}

/** Every fault at every moment at which it makes sense; where it makes none, the cell says why. */
export const ROWS: readonly Row[] = [
  ...breakRows(),
  ...hugeRows(),
  ...STATUS_ROWS,
  ...BLAME_ROWS,
  ...CONTEXT_ROWS,
  ...PASSING_ROWS,
  ...FORM_ROWS,
]

/** Rows that a hundred clients play at once. */
export const CROWDED: readonly (readonly [fault: string, moment?: Moment])[] = [
  ['none: an ordinary answer'],
  ['503'],
  ['429 without Retry-After'],
  ['HTML with 200'],
  ['connection reset', 'before_headers'],
  ['silence', 'headers_only'],
  ['error inside a 200, an object', 'empty_deltas'],
  ['connection closed', 'after_first_token'],
  ['clean early end', 'after_first_token'],
  ['silence', 'after_first_token'],
]
