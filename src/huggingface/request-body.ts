import { concat } from '../json/bytes.ts'
import { type Member, membersOf, type Span, textOf } from '../json/json-bytes.ts'
import type { ChatRequest } from '../wire/chat/request.ts'

/**
 * Writes the body that the router is sent, for any of a request's targets. Changed are the model and what the router
 * does not take (Hugging Face's chat completion reference does not list it); every other member goes as it came:
 *
 * - `models` and `provider` are ours and `store` is OpenAI's own: left out.
 * - `max_completion_tokens` becomes `max_tokens`, and wins over it, as it does at OpenAI.
 * - the role `developer` becomes `system`.
 * - `stream_options.include_usage` is asked for on a stream unless the client refused it.
 */
export function createRouterBody(request: ChatRequest): (routerModel: string) => Uint8Array {
  const { json, members } = request
  const last = new Map(members.map((member) => [member.key, member]))
  const ours = new Set(['model', 'models', 'provider', 'store', 'max_completion_tokens'])
  let added = ''
  const maxTokens = last.get('max_completion_tokens')
  if (maxTokens && !isNull(request, maxTokens)) {
    ours.add('max_tokens')
    added += `,"max_tokens":${textOf(json, maxTokens.valueStart, maxTokens.end)}`
  }
  if (request.stream && request.includeUsage === undefined) {
    ours.add('stream_options')
    const options = last.get('stream_options')
    const others = (options && membersOf(json, options.valueStart)) ?? []
    const kept = others.filter(({ key }) => key !== 'include_usage').map(({ start, end }) => textOf(json, start, end))
    added += `,"stream_options":{${[...kept, '"include_usage":true'].join()}}`
  }
  const isKept = (member: Member) => !ours.has(member.key) && last.get(member.key) === member
  const [first, ...others] = runsOf(members, isKept).map((run) => withSystemRole(request, run))
  const kept = [...(first ?? []), ...others.flatMap((run) => [COMMA, ...run]), CLOSE]
  return (routerModel) => concat([encoder.encode(`{"model":${JSON.stringify(routerModel)}${added},`), ...kept])
}

const encoder = new TextEncoder()
const [COMMA, CLOSE, SYSTEM] = [encoder.encode(','), encoder.encode('}'), encoder.encode('"system"')]

/** Nothing else in JSON begins with an n. */
const isNull = ({ json }: ChatRequest, { valueStart }: Member) => json.bytes[valueStart] === 0x6e

/** Members that stay and stand side by side are one range, commas included: all of an ordinary body but its model. */
function runsOf(members: readonly Member[], isKept: (member: Member) => boolean): Span[] {
  const runs: { start: number; end: number }[] = []
  let run: { start: number; end: number } | undefined
  for (const member of members) {
    if (!isKept(member)) {
      run = undefined
    } else if (run) {
      run.end = member.end
    } else {
      run = { start: member.start, end: member.end }
      runs.push(run)
    }
  }
  return runs
}

/** The bytes of a range, in which every message of a developer's is one of the system's. All of them are in one range. */
function withSystemRole({ json, developerRoles }: ChatRequest, { start, end }: Span): Uint8Array[] {
  const pieces: Uint8Array[] = []
  const [first] = developerRoles
  let from = start
  if (first && first.start > start && first.end < end) {
    for (const role of developerRoles) {
      pieces.push(json.bytes.subarray(from, role.start), SYSTEM)
      from = role.end
    }
  }
  return [...pieces, json.bytes.subarray(from, end)]
}
