import { type Chunk, type Fields, finishReasonOf, isFields } from '../wire/chat/chunk.ts'

/** What must be remembered of one stream to mend its chunks. */
export type MendingState = {
  /** Per choice: the id of each tool call begun, by its index. */
  readonly callIds: Map<number, string[]>
  readonly newId: () => string
}

/** Makes the state for one stream. @param newId Makes ids for tool calls that came without one. */
export function createMendingState(newId: () => string): MendingState {
  return { callIds: new Map(), newId }
}

const KNOWN_REASONS = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])
/** Generation did not end, it was broken off: an answer that ends so is not whole. DeepSeek, Moonshot, vLLM. */
const BROKEN_OFF = new Set(['error', 'network_error', 'insufficient_system_resource', 'abort', 'cancelled', 'timeout'])
const LENGTH = /max|length/i
const MAX_CALLS = 1_000
const TOOLS = /tool|function/i
const FILTER = /safety|filter|refusal|blocked|prohibited|sensitive/i

/**
 * Translates a finish reason into one that clients know. OpenClaw, for one, fails hard on any other.
 *
 * @returns `undefined` where the reason says that generation was broken off.
 */
export function toFinishReason(reason: string, hasToolCalls: boolean): string | undefined {
  if (KNOWN_REASONS.has(reason)) return reason
  if (BROKEN_OFF.has(reason.toLowerCase())) return undefined
  if (TOOLS.test(reason)) return 'tool_calls'
  if (LENGTH.test(reason)) return 'length'
  if (FILTER.test(reason)) return 'content_filter'
  return hasToolCalls ? 'tool_calls' : 'stop' // eos_token, eos, end_turn, stop_sequence, STOP, ...
}

/**
 * Mends a chunk for clients: finish reasons they know, an `index` and an `id` on tool calls that lack them.
 *
 * @returns The chunk itself where nothing had to change; `broken_off` where its finish reason says so.
 */
export function mendChunk(chunk: Chunk, state: MendingState): Chunk | 'broken_off' {
  let brokenOff = false
  const choices = chunk.choices.map((choice, position) => {
    const callIds = idsOf(state, typeof choice['index'] === 'number' ? choice['index'] : position)
    const mended = mendToolCalls(choice, callIds, state.newId)
    const reason = finishReasonOf(mended)
    const known = reason === undefined ? undefined : toFinishReason(reason, callIds.length > 0)
    if (reason !== undefined && known === undefined) brokenOff = true
    return known === reason ? mended : { ...mended, finish_reason: known }
  })
  if (brokenOff) return 'broken_off'
  return choices.some((choice, position) => choice !== chunk.choices[position]) ? { ...chunk, choices } : chunk
}

/** The same for a whole answer: its choices, where something had to change, else `undefined`. */
export function mendAnswer(
  choices: readonly Fields[],
  newId: () => string,
): readonly Fields[] | 'broken_off' | undefined {
  if (choices.every(isFineAsItIs)) return undefined // the common case costs no copies
  const asDeltas = choices.map((choice, index) => ({ index, ...choice, delta: withIndexes(choice['message']) }))
  const mended = mendChunk({ choices: asDeltas }, createMendingState(newId))
  if (mended === 'broken_off') return mended
  if (mended.choices.every((choice, position) => choice === asDeltas[position])) return undefined
  return mended.choices.map((choice, position) => {
    const { delta, ...rest } = choice
    const { index: _given, ...original } = choices[position] ?? {}
    return { ...original, ...rest, message: isFields(delta) ? withoutIndexes(delta) : delta }
  })
}

function isFineAsItIs(choice: Fields): boolean {
  const reason = finishReasonOf(choice)
  const calls = isFields(choice['message']) ? choice['message']['tool_calls'] : undefined
  return (reason === undefined || KNOWN_REASONS.has(reason)) && (!Array.isArray(calls) || calls.length === 0)
}

/** A whole answer's calls have no index, which is in order: they are numbered so that mending does not mind. */
function withIndexes(message: unknown): unknown {
  const calls = isFields(message) ? message['tool_calls'] : undefined
  if (!isFields(message) || !Array.isArray(calls)) return message
  return { ...message, tool_calls: calls.map((call: unknown, index) => (isFields(call) ? { index, ...call } : call)) }
}

function withoutIndexes(message: Fields): Fields {
  const calls = message['tool_calls']
  if (!Array.isArray(calls)) return message
  return { ...message, tool_calls: calls.map(({ index: _index, ...call }: Fields) => call) }
}

function idsOf(state: MendingState, choice: number): string[] {
  const ids = state.callIds.get(choice) ?? []
  state.callIds.set(choice, ids)
  return ids
}

function mendToolCalls(choice: Fields, callIds: string[], newId: () => string): Fields {
  const delta = choice['delta']
  if (!isFields(delta) || !Array.isArray(delta['tool_calls'])) return choice
  const calls = delta['tool_calls'].map((call: unknown) => (isFields(call) ? mendCall(call, callIds, newId) : call))
  const changed = calls.some((call, position) => call !== (delta['tool_calls'] as unknown[])[position])
  return changed ? { ...choice, delta: { ...delta, tool_calls: calls } } : choice
}

function mendCall(call: Fields, callIds: string[], newId: () => string): Fields {
  const id = typeof call['id'] === 'string' && call['id'] !== '' ? call['id'] : undefined
  const index = isIndex(call['index']) ? call['index'] : guessIndex(call, id, callIds)
  const isNew = callIds[index] === undefined
  callIds[index] ??= id ?? newId()
  const mended: Record<string, unknown> = { ...call }
  if (call['index'] !== index) mended['index'] = index
  // Later pieces of a call carry no id; an empty one would overwrite the first in some clients.
  if (isNew && id === undefined) mended['id'] = callIds[index]
  if (!isNew && call['id'] === '') delete mended['id']
  const changed = Object.keys(mended).length !== Object.keys(call).length || mended['index'] !== call['index']
  return changed || mended['id'] !== call['id'] ? mended : call
}

/** Nobody calls a thousand tools at once; an index of millions would make a list that takes seconds to search. */
function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < MAX_CALLS
}

/** A piece with a new id or with a name begins a call; any other goes on with the latest. */
function guessIndex(call: Fields, id: string | undefined, callIds: readonly string[]): number {
  const known = id === undefined ? -1 : callIds.indexOf(id)
  if (known !== -1) return known
  const fn = call['function']
  const begins = id !== undefined || (isFields(fn) && typeof fn['name'] === 'string' && fn['name'] !== '')
  return begins || callIds.length === 0 ? callIds.length : callIds.length - 1
}
