import type { TokenUsage } from '../core/completion-record.ts'
import type { UpstreamError } from '../core/routing/outcome.ts'
import { type Chunk, type Fields, isFields, readUsage } from '../wire/chat/chunk.ts'
import { findFailure, withoutEmptyError } from './find-failure.ts'
import { normalizeEnvelope } from './normalize-envelope.ts'

/** What one event of a provider's stream says, as far as the gateway cares. */
export type EventFacts =
  | { readonly kind: 'done' }
  /** `sent`: the error object as it came, where there is one. */
  | { readonly kind: 'error'; readonly error: UpstreamError; readonly sent?: Fields }
  /** Half of an answer's JSON. */
  | { readonly kind: 'unreadable' }
  /** No part of an answer: a ping in whichever form. */
  | { readonly kind: 'nothing' }
  /** No part of an answer either, but it says something that nobody knows. */
  | { readonly kind: 'unknown' }
  | ChunkFacts

export type ChunkFacts = {
  readonly kind: 'chunk'
  readonly chunk: Chunk
  readonly usage: TokenUsage | undefined
  /** Whether `choices` was anything else than a list of objects, or what stands beside it had to change. */
  readonly isRepaired: boolean
  /** Whether it has neither a choice nor usage, but something that nobody knows. */
  readonly isStrange: boolean
}

const FAILURE_EVENT = /error|exception|fail/i
const SIGN_OF_LIFE = /^(ping|keep[-_ ]?alive|heart[-_ ]?beat)$/i

/**
 * Reads the data of one event. Lenient: `choices` may be missing or empty beside usage, a choice may lack its delta.
 *
 * @param name The SSE event's name: some providers report a failure as `event: error`.
 */
export function readEvent(data: string, name = ''): EventFacts {
  const text = data.trim()
  if (text === '[DONE]') return { kind: 'done' }
  if (SIGN_OF_LIFE.test(name)) return { kind: 'nothing' }
  if (text === '') return FAILURE_EVENT.test(name) ? { kind: 'error', error: { message: name } } : { kind: 'nothing' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    if (FAILURE_EVENT.test(name)) return { kind: 'error', error: { message: text } }
    if (isPartOfAnswer(text)) return { kind: 'unreadable' }
    return { kind: SIGN_OF_LIFE.test(text) || text.startsWith(':') ? 'nothing' : 'unknown' }
  }
  if (FAILURE_EVENT.test(name)) return toErrorFacts(errorNamedByEvent(value), value)
  if (isFields(value)) return readObject(value)
  return { kind: typeof value === 'string' || (Array.isArray(value) && value.length > 0) ? 'unknown' : 'nothing' }
}

/** Members that every chunk may have, and that say nothing by themselves. */
const OF_EVERY_CHUNK = ['id', 'object', 'created', 'model', 'choices', 'usage', 'system_fingerprint', 'service_tier']

/** Whether an event without an answer in it says something. */
const saysMore = (value: Fields) => Object.keys(value).some((name) => !OF_EVERY_CHUNK.includes(name))

function readObject(value: Fields): EventFacts {
  if (typeof value['type'] === 'string' && SIGN_OF_LIFE.test(value['type'])) return { kind: 'nothing' }
  const error = findFailure(value)
  if (error) return toErrorFacts(error, value)
  const { choices } = value
  const usage = readUsage(value['usage']) ?? usageOfChoices(choices)
  if (!Array.isArray(choices) && !isFields(value['usage'])) return { kind: saysMore(value) ? 'unknown' : 'nothing' }
  const chunk = toChunk(normalizeEnvelope(withoutEmptyError(value)))
  const isStrange = chunk.choices.length === 0 && usage === undefined && saysMore(value)
  return { kind: 'chunk', chunk, usage, isRepaired: chunk !== value, isStrange }
}

function toErrorFacts(error: UpstreamError, value: unknown): EventFacts {
  const sent = isFields(value) ? value['error'] : undefined
  return { kind: 'error', error, ...(isFields(sent) && { sent }) }
}

/** `choices` as a list of objects, whatever it was. */
function toChunk(value: Fields): Chunk {
  const { choices } = value
  if (Array.isArray(choices) && choices.every(isFields)) return value as Chunk
  return { ...value, choices: Array.isArray(choices) ? choices.filter(isFields) : [] }
}

function usageOfChoices(choices: unknown): TokenUsage | undefined {
  if (!Array.isArray(choices)) return undefined
  for (const choice of choices) {
    const usage = isFields(choice) ? readUsage(choice['usage']) : undefined
    if (usage) return usage
  }
  return undefined
}

function errorNamedByEvent(value: unknown): UpstreamError {
  if (!isFields(value)) return { message: typeof value === 'string' ? value : JSON.stringify(value) }
  return findFailure(value) ?? { message: JSON.stringify(value) }
}

/** Half an answer begins as JSON does, or goes on with its members. */
function isPartOfAnswer(text: string): boolean {
  return text.startsWith('{') || /"(choices|delta|content|tool_calls|finish_reason)"/.test(text)
}
