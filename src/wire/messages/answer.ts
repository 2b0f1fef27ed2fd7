import type { TokenUsage } from '../../core/completion-record.ts'
import { type Fields, isFields } from '../chat/chunk.ts'
import type { Part } from '../part-sequence.ts'

/**
 * Stands where Anthropic's proof of a thought does: clients want one and send it back. It proves nothing, and nothing is
 * made of the one that comes.
 */
export const SIGNATURE = 'aHVnd2F5'

/** A part of the answer as a content block: as it begins, without its text. */
export function toEmptyBlock({ kind, id, name }: Part): Fields {
  if (kind === 'text') return { type: 'text', text: '' }
  if (kind === 'reasoning') return { type: 'thinking', thinking: '', signature: '' }
  return { type: 'tool_use', id, name, input: {} }
}

/** A part of the answer as a content block that is whole. */
export function toBlock({ kind, id, name, text }: Part): Fields {
  if (kind === 'text') return { type: 'text', text }
  if (kind === 'reasoning') return { type: 'thinking', thinking: text, signature: SIGNATURE }
  return { type: 'tool_use', id, name, input: toInput(text) }
}

/** Arguments as an object, which clients of a whole message get parsed. What is no object is kept in one, not lost. */
function toInput(text: string): Fields {
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : { value }
  } catch {
    return { unreadable_arguments: text }
  }
}

/** Anthropic's counts: what was read from a cache is not part of `input_tokens`. */
export function toUsage(usage: TokenUsage | undefined): Fields {
  const { promptTokens = 0, completionTokens = 0, cachedTokens = 0 } = usage ?? {}
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
  }
}

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  length: 'max_tokens',
  content_filter: 'refusal',
}

export type Stop = { readonly stop_reason: string; readonly stop_sequence: string | null }

/** Why the answer ended. Some providers name the stop sequence that was met, in the choice that ended. */
export function toStop(finishReason: string | undefined, { hasCalls, met, stopSequences }: StopFacts): Stop {
  const sequence = stopSequences.find((one) => one === met)
  if (sequence !== undefined && finishReason === 'stop')
    return { stop_reason: 'stop_sequence', stop_sequence: sequence }
  const reason = STOP_REASONS[finishReason ?? ''] ?? (hasCalls ? 'tool_use' : 'end_turn')
  return { stop_reason: hasCalls && reason === 'end_turn' ? 'tool_use' : reason, stop_sequence: null }
}

type StopFacts = {
  readonly hasCalls: boolean
  /** What the provider says it stopped at. */
  readonly met: unknown
  readonly stopSequences: readonly string[]
}
