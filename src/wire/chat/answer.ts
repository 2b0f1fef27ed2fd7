import { type Chunk, type Fields, isFields } from './chunk.ts'

/** Says a whole answer as a stream's one chunk, for a client that asked for a stream of an upstream that sent JSON. */
export function toStreamChunk(answer: Chunk): Chunk {
  const choices = answer.choices.map(({ message, ...choice }) => ({
    ...choice,
    delta: isFields(message) ? withCallIndexes(message) : {},
  }))
  return { ...answer, object: 'chat.completion.chunk', choices }
}

function withCallIndexes(message: Fields): Fields {
  const calls = message['tool_calls']
  return Array.isArray(calls)
    ? { ...message, tool_calls: calls.map((call: Fields, index) => ({ ...call, index })) }
    : message
}
