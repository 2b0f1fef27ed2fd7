import type { TokenUsage } from '../../core/completion-record.ts'
import type { UpstreamError } from '../../core/routing/outcome.ts'
import { isObject } from '../../json/is-object.ts'

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
      readonly usage: TokenUsage | undefined
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

/**
 * Reads `usage`. Two counts are believed together or not at all: a negative one, a fraction or an infinity says that
 * nobody counted. Details that contradict their sum are left out.
 */
export function readUsage(usage: unknown): TokenUsage | undefined {
  if (!isFields(usage)) return undefined
  const { prompt_tokens: prompt = null, completion_tokens: completion = null } = usage
  if (prompt === null && completion === null) return undefined
  const promptTokens = prompt ?? 0
  const completionTokens = completion ?? 0
  if (!isCount(promptTokens) || !isCount(completionTokens)) return undefined
  const cachedTokens = detailOf(usage, 'prompt_tokens_details', 'cached_tokens') ?? usage['prompt_cache_hit_tokens']
  const reasoningTokens = detailOf(usage, 'completion_tokens_details', 'reasoning_tokens') ?? usage['reasoning_tokens']
  return {
    promptTokens,
    completionTokens,
    ...(isCount(cachedTokens) && cachedTokens <= promptTokens && { cachedTokens }),
    ...(isCount(reasoningTokens) && reasoningTokens <= completionTokens && { reasoningTokens }),
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

function detailOf(usage: Fields, details: string, name: string): unknown {
  const fields = usage[details]
  return isFields(fields) ? fields[name] : undefined
}

/** The length of what a chunk says, in UTF-16 units: content, reasoning, a refusal, names and arguments of calls. */
export function lengthOfTexts(chunk: Chunk): number {
  let length = 0
  for (const { delta, message } of chunk.choices) {
    const said = isFields(delta) ? delta : message
    if (!isFields(said)) continue
    for (const member of TEXTS) {
      const text = said[member]
      if (typeof text === 'string') length += text.length
    }
    const calls = said['tool_calls']
    if (Array.isArray(calls)) for (const call of calls) length += lengthOfCall(call)
  }
  return length
}

const TEXTS = ['content', 'reasoning_content', 'reasoning', 'reasoning_text', 'refusal']

function lengthOfCall(call: unknown): number {
  const called = isFields(call) ? call['function'] : undefined
  if (!isFields(called)) return 0
  const { name, arguments: given } = called
  return (typeof name === 'string' ? name.length : 0) + (typeof given === 'string' ? given.length : 0)
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
  return isObject(value)
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
