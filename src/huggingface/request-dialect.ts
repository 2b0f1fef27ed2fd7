import { elementsOf, membersOf, splice } from '../core/json-text.ts'
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
export function createRouterBody(request: ChatRequest): (routerModel: string) => string {
  const kept = new Map(request.members.map((member) => [member.key, request.text.slice(member.start, member.end)]))
  for (const ours of ['model', 'models', 'store', 'max_completion_tokens']) kept.delete(ours)
  const maxTokens = valueText(request, 'max_completion_tokens')
  if (maxTokens !== undefined && maxTokens !== 'null') kept.set('max_tokens', `"max_tokens":${maxTokens}`)
  if (request.roles.includes('developer')) kept.set('messages', `"messages":${withSystemRole(request)}`)
  if (request.stream && request.includeUsage === undefined) {
    kept.set('stream_options', `"stream_options":${withUsage(valueText(request, 'stream_options'))}`)
  }
  const rest = [...kept.values()].join(',')
  return (routerModel) => `{"model":${JSON.stringify(routerModel)},${rest}}`
}

function valueText({ members, text }: ChatRequest, key: string): string | undefined {
  const member = members.find((candidate) => candidate.key === key)
  return member && text.slice(member.valueStart, member.end)
}

function withUsage(options: string | undefined): string {
  if (options === undefined || options === 'null') return '{"include_usage":true}'
  const others = membersOf(options).filter(({ key }) => key !== 'include_usage')
  return `{${[...others.map(({ start, end }) => options.slice(start, end)), '"include_usage":true'].join(',')}}`
}

function withSystemRole(request: ChatRequest): string {
  const messages = valueText(request, 'messages') ?? '[]'
  const roles = elementsOf(messages, 0).flatMap((start) =>
    membersOf(messages, start).filter(({ key }) => key === 'role'),
  )
  const developers = roles.filter(({ valueStart, end }) => JSON.parse(messages.slice(valueStart, end)) === 'developer')
  return splice(
    messages,
    developers.map(({ valueStart, end }) => ({ start: valueStart, end, text: '"system"' })),
  )
}
