import type { FaultName, FaultParameters } from './answer.ts'

/**
 * How a fault acts, and so how it combines:
 * - `break` ends the ordinary answer at a moment, `insert` puts something in at a moment and goes on; one of these per answer
 * - `replace` sends something else altogether; one per answer, and it excludes `break` and `insert`
 * - `content` and `framing` change what is said and how it is written; any number of them, with any of the above
 */
export type FaultGroup = 'break' | 'insert' | 'replace' | 'content' | 'framing'

/** One row of {@link FAULTS}. */
export type FaultForm = {
  readonly group: FaultGroup
  readonly parameters: readonly (keyof FaultParameters)[]
  readonly means: string
}

/** Parameters that every fault takes. */
export const COMMON_PARAMETERS = ['tokens', 'delayMs', 'text'] as const satisfies readonly (keyof FaultParameters)[]

/** Every fault: its group, its own parameters, its meaning. The text that a bad `simulate` is answered with is made of it. */
export const FAULTS: Readonly<Record<FaultName, FaultForm>> = {
  none: form('content', 'an ordinary answer (with the common parameters, for benchmarks)'),
  reset: form('break', 'the connection is reset (RST)'),
  stall: form('break', 'nothing more comes, the connection stays open'),
  no_headers: form('break', 'no byte ever comes (always before_headers)'),
  trickle: form('break', 'the rest comes byte by byte, for ever slow', 'bytesPerSecond'),
  early_end: form('break', 'a clean end'),
  cut: form('break', 'the connection closes without the last HTTP chunk'),
  truncated_json: form('break', 'half of the next event, then a clean end'),
  error_event: form('break', 'data: {"error":{"message":...}}, then a clean end', 'message'),
  error_event_string: form('break', 'data: {"error":"..."}, then a clean end', 'message'),
  error_event_named: form('break', 'event: error with an error object, then a clean end', 'message'),
  huge_event: form('insert', 'one event with a token of 5 MB (or bytes)', 'bytes'),
  empty: form('replace', '200 with an empty body'),
  html: form('replace', 'an HTML page', 'status', 'body'),
  status: form('replace', 'an error answer', 'status', 'body', 'retryAfter', 'shape', 'variant', 'message'),
  redirect: form('replace', 'a redirect', 'location', 'status'),
  wrong_content_type: form('framing', 'the ordinary body under text/plain (or contentType)', 'contentType'),
  json_for_stream: form('framing', 'one JSON body where a stream was asked for'),
  stream_for_json: form('framing', 'a stream where one JSON body was asked for'),
  invalid_utf8: form('framing', 'bytes that are not UTF-8 inside the first token'),
  split_every_byte: form('framing', 'every byte of the body a write of its own'),
  crlf: form('framing', 'lines end in CRLF'),
  cr: form('framing', 'lines end in CR'),
  bom: form('framing', 'a byte order mark comes first'),
  comments: form('framing', 'comment lines before and inside events'),
  no_space: form('framing', '`data:` without a space'),
  no_done: form('content', 'no [DONE]'),
  no_finish: form('content', 'no finish reason'),
  neither: form('content', 'no finish reason and no [DONE]'),
  finish_reason: form('content', 'an unusual finish reason', 'reason'),
  tool_call_without_index: form('content', 'a tool call whose deltas have no index'),
  tool_call_without_id: form('content', 'a tool call without an id'),
  after_done: form('content', 'an event after [DONE]'),
  usage_every_chunk: form('content', 'usage in every chunk'),
  usage_none: form('content', 'no usage, asked for or not'),
  usage_no_choices: form('content', 'usage in a last chunk with no choices, asked for or not', 'choices'),
  endless: form('content', 'tokens until the client leaves'),
  slow: form('content', 'long waits', 'headersMs', 'firstTokenMs', 'perTokenMs'),
}

function form(group: FaultGroup, means: string, ...parameters: (keyof FaultParameters)[]): FaultForm {
  return { group, parameters, means }
}
