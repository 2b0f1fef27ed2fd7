/** Where in an answer a fault strikes. In a JSON answer the moments are places in its one body (see `json-answer.ts`). */
export const MOMENTS = [
  'before_headers',
  'headers_only',
  'empty_deltas',
  'after_first_token',
  'mid_tool_call',
  'after_finish',
] as const
export type Moment = (typeof MOMENTS)[number]

/** The moment of a fault that names none. */
export const DEFAULT_MOMENT: Moment = 'after_first_token'

/** Every parameter a fault may carry; which fault reads which is in `faults.ts`. Times are milliseconds. */
export type FaultParameters = {
  /** Tokens of text, instead of the ordinary sentence. */
  readonly tokens?: number
  /** Wait before each token. */
  readonly delayMs?: number
  /** The text to answer with, instead of the ordinary sentence. */
  readonly text?: string
  readonly bytesPerSecond?: number
  readonly message?: string
  readonly status?: number
  /** A body of one's own for `status` and `html`: a string is sent as it is, anything else as JSON. */
  readonly body?: unknown
  /** The `retry-after` header, as it is to be sent: seconds or an HTTP date. */
  readonly retryAfter?: string
  /** `error` as Hugging Face writes it itself (`string`) or as providers do (`object`). */
  readonly shape?: 'string' | 'object'
  readonly variant?: StatusVariant
  readonly location?: string
  readonly contentType?: string
  readonly bytes?: number
  readonly reason?: string
  /** Whether the usage chunk has `choices: []` or no such key. */
  readonly choices?: 'empty' | 'absent'
  readonly headersMs?: number
  readonly firstTokenMs?: number
  readonly perTokenMs?: number
}

/** Default bodies of the `status` fault that a status alone does not tell apart. */
export const STATUS_VARIANTS = ['plain', 'model_not_supported', 'context_overflow', 'insufficient_quota'] as const
export type StatusVariant = (typeof STATUS_VARIANTS)[number]

export const FAULT_NAMES = [
  'none',
  'reset',
  'stall',
  'no_headers',
  'trickle',
  'early_end',
  'cut',
  'truncated_json',
  'error_event',
  'error_event_string',
  'error_event_named',
  'huge_event',
  'empty',
  'html',
  'status',
  'redirect',
  'wrong_content_type',
  'json_for_stream',
  'stream_for_json',
  'invalid_utf8',
  'split_every_byte',
  'crlf',
  'cr',
  'bom',
  'comments',
  'no_space',
  'no_done',
  'no_finish',
  'neither',
  'finish_reason',
  'tool_call_without_index',
  'tool_call_without_id',
  'after_done',
  'usage_every_chunk',
  'usage_none',
  'usage_no_choices',
  'endless',
  'slow',
] as const
export type FaultName = (typeof FAULT_NAMES)[number]

/** One thing that goes wrong. `moment` is read by the faults of the groups `break` and `insert` only. */
export type Fault = { readonly fault: FaultName; readonly moment?: Moment } & FaultParameters

/** Bytes as given, e.g. a recording: headers, then each chunk as a write of its own. */
export type RawAnswer = {
  readonly kind: 'raw'
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly chunks: readonly (string | Uint8Array)[]
  /** Wait before each chunk. Default 0. */
  readonly delayMs?: number
  /** What follows the last chunk: a clean end (default), a destroyed or a reset socket, or silence. */
  readonly then?: 'end' | 'destroy' | 'reset' | 'hang'
}

/** An ordinary answer with a say in what it holds, and faults on top where wanted. */
export type CompletionAnswer = {
  readonly kind: 'completion'
  readonly text?: string
  readonly reasoning?: string
  readonly toolCall?: {
    readonly name: string
    readonly arguments: Readonly<Record<string, unknown>>
    readonly id?: string
  }
  readonly finishReason?: string
  /** `end` sends it whether the request asked or not. Default: as the request asked. */
  readonly usage?: UsageMode
  readonly tokens?: number
  readonly delayMs?: number
  /** Sent as `x-inference-provider`. */
  readonly provider?: string
  readonly faults?: readonly Fault[]
}
export type UsageMode = 'end' | 'every_chunk' | 'none' | 'no_choices'

/** What a chat completion, or any other request, is answered with. Plain data; {@link planAnswer} makes steps of it. */
export type Answer = Fault | readonly Fault[] | RawAnswer | CompletionAnswer
