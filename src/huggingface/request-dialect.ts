import { concat, elementsOf, membersOf, splice, textOf } from '../core/json-bytes.ts'
import type { ChatRequest } from '../openai/chat-request.ts'

/**
 * Writes the body that the router is sent, for any of a request's targets. Changed are the model and what the router
 * does not take (Hugging Face's chat completion reference does not list it); every other member goes as it came:
 *
 * - `models` is ours and `store` is OpenAI's own: left out.
 * - `max_completion_tokens` becomes `max_tokens`, and wins over it, as it does at OpenAI.
 * - the role `developer` becomes `system`.
 * - `stream_options.include_usage` is asked for on a stream unless the client refused it.
 */
export function createRouterBody(request: ChatRequest): (routerModel: string) => Uint8Array {
  const { bytes, members } = request
  const kept = new Map(members.map(({ key, start, end }): [string, Pieces] => [key, [bytes.subarray(start, end)]]))
  for (const ours of ['model', 'models', 'store', 'max_completion_tokens']) kept.delete(ours)
  const maxTokens = valueBytes(request, 'max_completion_tokens')
  if (maxTokens && !isNull(maxTokens)) kept.set('max_tokens', [encode('"max_tokens":'), maxTokens])
  if (request.roles.includes('developer')) kept.set('messages', [encode('"messages":'), ...withSystemRole(request)])
  if (request.stream && request.includeUsage === undefined) {
    kept.set('stream_options', [encode('"stream_options":'), ...withUsage(valueBytes(request, 'stream_options'))])
  }
  const rest = [...kept.values()].flatMap((member) => [COMMA, ...member])
  return (routerModel) => concat([encode(`{"model":${JSON.stringify(routerModel)}`), ...rest, CLOSE])
}

type Pieces = readonly Uint8Array[]

const encoder = new TextEncoder()
const encode = (text: string) => encoder.encode(text)
const COMMA = encode(',')
const OPEN = encode('{')
const CLOSE = encode('}')

function valueBytes({ members, bytes }: ChatRequest, key: string): Uint8Array | undefined {
  const member = members.find((candidate) => candidate.key === key)
  return member && bytes.subarray(member.valueStart, member.end)
}

/** Nothing else in JSON begins with an n. */
const isNull = (value: Uint8Array) => value[0] === 0x6e

function withUsage(options: Uint8Array | undefined): Pieces {
  if (!options || isNull(options)) return [encode('{"include_usage":true}')]
  const others = membersOf(options).filter(({ key }) => key !== 'include_usage')
  return [
    OPEN,
    ...others.flatMap(({ start, end }) => [options.subarray(start, end), COMMA]),
    encode('"include_usage":true}'),
  ]
}

function withSystemRole(request: ChatRequest): Pieces {
  const messages = valueBytes(request, 'messages') ?? encode('[]')
  const roles = elementsOf(messages, 0).flatMap((start) =>
    membersOf(messages, start).filter(({ key }) => key === 'role'),
  )
  const developers = roles.filter(
    ({ valueStart, end }) => JSON.parse(textOf(messages, valueStart, end)) === 'developer',
  )
  const system = encode('"system"')
  return splice(
    messages,
    developers.map(({ valueStart, end }) => ({ start: valueStart, end, bytes: system })),
  )
}
