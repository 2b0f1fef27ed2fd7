import type { UpstreamError } from '../../core/routing/outcome.ts'

/** Tokens as the upstream counted them. */
export type Usage = { readonly promptTokens: number; readonly completionTokens: number }

/** What one event of a chat completion stream says, as far as the gateway cares. */
export type ChunkFacts =
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly error: UpstreamError }
  | { readonly kind: 'unreadable' }
  | {
      readonly kind: 'chunk'
      /** Carries content, reasoning, a tool call or a finish: the answer has begun. */
      readonly hasSubstance: boolean
      readonly finishReasons: readonly string[]
      readonly usage: Usage | undefined
      readonly chunk: Chunk
    }

export type Fields = { readonly [field: string]: unknown }
/** A parsed chunk. Its arms are the provider's, so nothing below `choices` is taken for granted. */
export type Chunk = Fields & { readonly choices: readonly Fields[] }

/** Members of a delta (or a whole message) that are an answer; a role, an id of a token or a channel's name are not. */
const SUBSTANCE = [
  'content',
  'reasoning_content',
  'reasoning',
  'reasoning_text',
  'reasoning_details',
  'thinking',
  'tool_calls',
  'function_call',
  'refusal',
  'audio',
  'images',
]

/**
 * Reads the data of one event. Lenient: `choices` may be missing or empty (a usage chunk, a heartbeat), a choice may
 * lack its delta.
 *
 * @param eventName The SSE event's name: some providers report a failure as `event: error`.
 */
export function readChunk(data: string, eventName?: string): ChunkFacts {
  if (data.trim() === '[DONE]') return { kind: 'done' }
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return eventName === 'error' ? { kind: 'error', error: { message: data } } : { kind: 'unreadable' }
  }
  if (!isFields(value)) return { kind: 'unreadable' }
  if (holdsError(value)) return { kind: 'error', error: readError(value) }
  if (eventName === 'error') return { kind: 'error', error: readError({ error: value }) }
  const choices = Array.isArray(value['choices']) ? value['choices'].filter(isFields) : []
  const finishReasons = choices.flatMap((choice) => finishReasonOf(choice) ?? [])
  return {
    kind: 'chunk',
    hasSubstance: finishReasons.length > 0 || choices.some(hasSubstance),
    finishReasons,
    usage: readUsage(value['usage']) ?? choices.map((choice) => readUsage(choice['usage'])).find(Boolean),
    chunk: { ...value, choices },
  }
}

/** Whether an answer says that it is an error; some providers write an empty one beside every good answer. */
export function holdsError(body: Fields): boolean {
  return Boolean(body['error'])
}

/** Whether a choice, of a chunk or of a whole answer, carries anything that is an answer. */
export function hasSubstance(choice: Fields): boolean {
  const carriers = [choice['delta'], choice['message']].filter(isFields)
  return (
    carriers.some((carrier) => SUBSTANCE.some((member) => isSomething(carrier[member]))) || isSomething(choice['text'])
  )
}

/** The finish reason of a choice; an empty text is what some providers send while they have not finished. */
export function finishReasonOf(choice: Fields): string | undefined {
  const reason = choice['finish_reason']
  return typeof reason === 'string' && reason !== '' ? reason : undefined
}

/** Reads `usage`; anything else than two counts is no usage. */
export function readUsage(usage: unknown): Usage | undefined {
  if (!isFields(usage)) return undefined
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = usage
  if (typeof promptTokens !== 'number' && typeof completionTokens !== 'number') return undefined
  return { promptTokens: Number(promptTokens ?? 0), completionTokens: Number(completionTokens ?? 0) }
}

/**
 * Finds the message in an error body, whose shapes differ by provider: `{error: "text"}`, `{error: {message}}`,
 * `{detail}`, `{message}`, and FastAPI's `{detail: [{msg}]}`.
 */
export function readError(body: Fields): UpstreamError {
  const error = body['error'] ?? body['detail'] ?? body['message'] ?? body
  if (typeof error === 'string') return { message: error, ...texts(body, ['code', 'type']) }
  const first: unknown = Array.isArray(error) ? error[0] : error
  if (!isFields(first)) return { message: 'no message' }
  const message = first['message'] ?? first['msg'] ?? first['error'] ?? first['detail']
  return {
    message: typeof message === 'string' ? message : JSON.stringify(message ?? first),
    ...texts(first, ['code', 'type', 'param']),
  }
}

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function texts(fields: Fields, names: readonly ('code' | 'type' | 'param')[]): Partial<UpstreamError> {
  const found = names.map((name) => [name, fields[name]] as const)
  const readable = found.filter(([, value]) => ['string', 'number'].includes(typeof value) && value !== '')
  return Object.fromEntries(readable.map(([name, value]) => [name, String(value)]))
}

function isSomething(value: unknown): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0
  return isFields(value) && Object.keys(value).length > 0
}
