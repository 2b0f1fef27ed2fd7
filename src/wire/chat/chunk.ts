import type { TokenUsage } from '../../core/completion-record.ts'
import type { UpstreamError } from '../../core/routing/outcome.ts'
import { isObject } from '../../json/is-object.ts'

export type Fields = { readonly [field: string]: unknown }
/** A parsed chunk. Its arms are the provider's, so nothing below `choices` is taken for granted. */
export type Chunk = Fields & { readonly choices: readonly Fields[] }

/** The finish reason of a normalized choice; `undefined` while it goes on. */
export function finishReasonOf(choice: Fields): string | undefined {
  const reason = choice['finish_reason']
  return typeof reason === 'string' ? reason : undefined
}

/**
 * Reads `usage`. Two counts are believed together or not at all: a negative one, a fraction, an infinity or more than fits
 * into any model says that nobody counted, and so do two zeros: a prompt is never empty. Details that contradict their sum
 * are left out.
 */
export function readUsage(usage: unknown): TokenUsage | undefined {
  if (!isFields(usage)) return undefined
  const { prompt_tokens: prompt = null, completion_tokens: completion = null } = usage
  if (prompt === null && completion === null) return undefined
  const promptTokens = prompt ?? 0
  const completionTokens = completion ?? 0
  if (!isCount(promptTokens) || !isCount(completionTokens)) return undefined
  if (promptTokens === 0 && completionTokens === 0) return undefined
  const cachedTokens = detailOf(usage, 'prompt_tokens_details', 'cached_tokens') ?? usage['prompt_cache_hit_tokens']
  const reasoningTokens = detailOf(usage, 'completion_tokens_details', 'reasoning_tokens') ?? usage['reasoning_tokens']
  return {
    promptTokens,
    completionTokens,
    ...(isCount(cachedTokens) && cachedTokens <= promptTokens && { cachedTokens }),
    ...(isCount(reasoningTokens) && reasoningTokens <= completionTokens && { reasoningTokens }),
  }
}

/** Ten times the longest context that there is: one wrong number must not end a budget, nor blur the sums it goes into. */
const MOST_TOKENS = 100_000_000

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_TOKENS

function detailOf(usage: Fields, details: string, name: string): unknown {
  const fields = usage[details]
  return isFields(fields) ? fields[name] : undefined
}

/**
 * Finds the message in an error body, whose shapes differ by provider: `{error: "text"}`, `{error: {message}}`,
 * `{detail}`, `{message}`, and FastAPI's `{detail: [{msg}]}`.
 */
export function readError(body: Fields): UpstreamError {
  const error = body['error'] ?? body['detail'] ?? body['message'] ?? body
  if (typeof error === 'string') return { message: error, ...texts(body, ['code', 'type']) }
  const outer: unknown = Array.isArray(error) ? error[0] : error
  if (typeof outer === 'string') return { message: outer }
  if (!isFields(outer)) return { message: 'no message' }
  const { inner, named } = unwrapError(outer)
  const message = inner['message'] ?? inner['msg'] ?? inner['error'] ?? inner['detail']
  return { message: typeof message === 'string' ? message : JSON.stringify(message ?? inner), ...named }
}

const MAX_WRAPPINGS = 4

/**
 * The error that others were put around on its way, each without a message of its own, and what they name: of a code that
 * is named twice the inner one is the error's.
 */
function unwrapError(error: Fields): { readonly inner: Fields; readonly named: Partial<UpstreamError> } {
  let inner = error
  let named = namesIn(inner)
  for (let depth = 0; depth < MAX_WRAPPINGS && !isAnyText(inner['message'], inner['msg']); depth++) {
    const next = [inner['message'], inner['error'], inner['detail']].find(isFields)
    if (!next) break
    inner = next
    named = { ...named, ...namesIn(inner) }
  }
  return { inner, named }
}

const namesIn = (error: Fields) => texts(error, ['code', 'type', 'param'])

const isAnyText = (...values: readonly unknown[]) => values.some((value) => typeof value === 'string')

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return isObject(value)
}

function texts(fields: Fields, names: readonly ('code' | 'type' | 'param')[]): Partial<UpstreamError> {
  const found = names.map((name) => [name, fields[name]] as const)
  const readable = found.filter(([, value]) => ['string', 'number'].includes(typeof value) && value !== '')
  return Object.fromEntries(readable.map(([name, value]) => [name, String(value)]))
}
