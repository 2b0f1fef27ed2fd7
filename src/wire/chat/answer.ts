import { type Fields, finishReasonOf, isFields } from './chunk.ts'
import { formatEvent } from './events.ts'

/** Says a whole answer as a stream of one chunk, for a client that asked for a stream of an upstream that sent JSON. */
export function toStreamText(answer: Fields & { readonly choices: readonly Fields[] }): string {
  const choices = answer.choices.map(({ message, ...choice }, position) => ({
    index: position,
    ...choice,
    delta: isFields(message) ? withCallIndexes(message) : {},
    finish_reason: finishReasonOf(choice) ?? (hasCalls(message) ? 'tool_calls' : 'stop'),
  }))
  const chunk = { ...answer, object: 'chat.completion.chunk', choices }
  return `${formatEvent(JSON.stringify(chunk))}${formatEvent('[DONE]')}`
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
