import { type Member, membersOf, type Span } from '../core/json-bytes.ts'
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
  const { json, members } = request
  const last = new Map(members.map((member) => [member.key, member]))
  const ours = new Set(['model', 'models', 'store', 'max_completion_tokens'])
  const added: (string | Uint8Array)[] = []
  const bytesOf = ({ start, end }: Span) => json.bytes.subarray(start, end)
  const maxTokens = spanOfValue(last.get('max_completion_tokens'))
  if (maxTokens && !isNull(request, maxTokens)) {
    ours.add('max_tokens')
    added.push(',"max_tokens":', bytesOf(maxTokens))
  }
  if (request.stream && request.includeUsage === undefined) {
    ours.add('stream_options')
    const options = spanOfValue(last.get('stream_options'))
    const others = (options && membersOf(json, options.start)) ?? []
    const kept = others.filter(({ key }) => key !== 'include_usage').flatMap((other) => [bytesOf(other), ','])
    added.push(',"stream_options":{', ...kept, '"include_usage":true}')
  }
  const isKept = (member: Member) => !ours.has(member.key) && last.get(member.key) === member
  const kept = runsOf(members, isKept).flatMap((run) => [',', ...withSystemRole(request, run)])
  return (routerModel) => concat([`{"model":${JSON.stringify(routerModel)}`, ...added, ...kept, '}'])
}

type Pieces = readonly (string | Uint8Array)[]

const spanOfValue = (member: Member | undefined): Span | undefined =>
  member && { start: member.valueStart, end: member.end }

/** Nothing else in JSON begins with an n. */
const isNull = ({ json }: ChatRequest, { start }: Span) => json.bytes[start] === 0x6e

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

/** The bytes of a range, in which every message of a developer's is one of the system's. */
function withSystemRole({ json, developerRoles }: ChatRequest, { start, end }: Span): Pieces {
  const pieces: (string | Uint8Array)[] = []
  let from = start
  for (const role of developerRoles) {
    if (role.start < start || role.end > end) continue
    pieces.push(json.bytes.subarray(from, role.start), '"system"')
    from = role.end
  }
  return [...pieces, json.bytes.subarray(from, end)]
}

const encoder = new TextEncoder()

/** Copies all pieces into one; a text that is among them is encoded. */
function concat(pieces: Pieces): Uint8Array {
  const encoded = pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece))
  const whole = new Uint8Array(encoded.reduce((sum, piece) => sum + piece.byteLength, 0))
  let at = 0
  for (const piece of encoded) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}
