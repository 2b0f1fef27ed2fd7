import { type Chunk, type Fields, finishReasonOf, isFields } from './chunk.ts'

/** Says a whole answer as a stream's one chunk, for a client that asked for a stream of an upstream that sent JSON. */
export function toStreamChunk(answer: Fields & { readonly choices: readonly Fields[] }): Chunk {
  const choices = answer.choices.map(({ message, ...choice }, position) => ({
    index: position,
    ...choice,
    delta: isFields(message) ? withCallIndexes(message) : {},
    finish_reason: finishReasonOf(choice) ?? (hasCalls(message) ? 'tool_calls' : 'stop'),
  }))
  return { ...answer, object: 'chat.completion.chunk', choices }
}

function hasCalls(message: unknown): boolean {
  return isFields(message) && Array.isArray(message['tool_calls']) && message['tool_calls'].length > 0
}

function withCallIndexes(message: Fields): Fields {
  const calls = message['tool_calls']
  return Array.isArray(calls)
    ? { ...message, tool_calls: calls.map((call: Fields, index) => ({ index, ...call })) }
    : message
}
