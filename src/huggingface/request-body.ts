import { type Member, membersOf, type Span, textOf } from '../json/json-bytes.ts'
import type { ChatRequest } from '../wire/chat/request.ts'

export type RouterBodyOptions = {
  /** The limit of the answer in place of the client's own, where a budget affords no more. */
  readonly affordedTokens?: number | undefined
  /** How hard the model is to think, for a request whose body does not say it. */
  readonly reasoningEffort?: string | undefined
  /**
   * Whether usage is asked for where the client said nothing of it. Default: it is. `always`: also where the client wants
   * none, because a budget is counted by it.
   */
  readonly asksForUsage?: boolean | 'always'
  /**
   * Whether the request's bytes, and what is in front of them in their buffer, are this request's alone. Then the first
   * body is written into them, which saves a copy of the prompt. Every other is a copy: a `fetch` may still hold the first.
   */
  readonly ownsBytes?: boolean
}

/**
 * Writes the body that the router is sent, for any of a request's targets. Changed are the model and what the router
 * does not take (Hugging Face's chat completion reference does not list it); every other member goes as it came:
 *
 * - `models` and `provider` are ours and `store` is OpenAI's own: left out.
 * - `max_completion_tokens` becomes `max_tokens`, and wins over it, as it does at OpenAI.
 * - the role `developer` becomes `system`.
 * - `stream_options.include_usage` is asked for on a stream where the client said nothing of it.
 */
export function createRouterBody(
  request: ChatRequest,
  { affordedTokens, reasoningEffort, asksForUsage = true, ownsBytes = false }: RouterBodyOptions = {},
): (routerModel: string) => Uint8Array {
  const { json, members } = request
  const last = new Map(members.map((member) => [member.key, member]))
  const ours = new Set(['model', 'models', 'provider', 'store', 'max_completion_tokens'])
  let added = reasoningEffort === undefined ? '' : `,"reasoning_effort":${JSON.stringify(reasoningEffort)}`
  const maxTokens = last.get('max_completion_tokens')
  if (affordedTokens !== undefined) {
    ours.add('max_tokens')
    added += `,"max_tokens":${affordedTokens}`
  } else if (maxTokens && !isNull(request, maxTokens)) {
    ours.add('max_tokens')
    added += `,"max_tokens":${textOf(json, maxTokens.valueStart, maxTokens.end)}`
  }
  const mayAsk =
    asksForUsage === 'always' ? request.includeUsage !== true : asksForUsage && request.includeUsage === undefined
  if (mayAsk && request.stream) {
    ours.add('stream_options')
    const options = last.get('stream_options')
    const others = (options && membersOf(json, options.valueStart)) ?? []
    const kept = others.filter(({ key }) => key !== 'include_usage').map(({ start, end }) => textOf(json, start, end))
    added += `,"stream_options":{${[...kept, '"include_usage":true'].join()}}`
  }
  const runs = runsOf(members, (member) => !ours.has(member.key) && last.get(member.key) === member)
  let mayEdit = ownsBytes
  return (routerModel) => {
    const head = encoder.encode(`{"model":${JSON.stringify(routerModel)}${added}`)
    const edited = mayEdit ? edit(request, head, runs) : undefined
    mayEdit = false
    return edited ?? write(request, head, runs)
  }
}

const encoder = new TextEncoder()
const COMMA = 0x2c
const CLOSE = 0x7d
const SPACE = 0x20
const SYSTEM = encoder.encode('"system"')

/**
 * Writes `head` in front of the first of the runs, and blanks between them: the prompt stays where it is. Nothing within a
 * run changes but roles, so that what is copied for other targets later is the same. @returns `undefined` without room.
 */
function edit({ json, developerRoles }: ChatRequest, head: Uint8Array, runs: readonly Span[]): Uint8Array | undefined {
  const { buffer, byteOffset, byteLength } = json.bytes
  const [first] = runs
  const start = first && byteOffset + first.start - 1 - head.byteLength
  if (start === undefined || start < 0) return undefined
  const body = new Uint8Array(buffer, 0, byteOffset + byteLength)
  body.set(head, start)
  let gap = start + head.byteLength
  for (const run of runs) {
    body[gap] = COMMA
    body.fill(SPACE, gap + 1, byteOffset + run.start)
    writeSystemRoles(body, byteOffset, developerRoles, run)
    gap = byteOffset + run.end
  }
  body[gap] = CLOSE
  return body.subarray(start, gap + 1)
}

/** Writes `head`, and after a comma each of the runs: one copy of the prompt, whatever is changed in it. */
function write({ json, developerRoles }: ChatRequest, head: Uint8Array, runs: readonly Span[]): Uint8Array {
  const bytes = runs.reduce((sum, { start, end }) => sum + 1 + end - start, head.byteLength + 1)
  const body = new Uint8Array(bytes)
  body.set(head)
  let at = head.byteLength
  for (const { start, end } of runs) {
    body[at++] = COMMA
    body.set(json.bytes.subarray(start, end), at)
    writeSystemRoles(body, at - start, developerRoles, { start, end })
    at += end - start
  }
  body[at] = CLOSE
  return body
}

/** Makes every message of a developer's one of the system's. All of them are in one run; a shorter word leaves blanks. */
function writeSystemRoles(body: Uint8Array, offset: number, roles: readonly number[], run: Span): void {
  const [first = -1] = roles
  if (first < run.start || first >= run.end) return
  for (let role = 0; role < roles.length; role += 2) {
    const start = offset + (roles[role] ?? 0) // it is there: they come in pairs
    const end = offset + (roles[role + 1] ?? 0)
    body.set(SYSTEM, start)
    body.fill(SPACE, start + SYSTEM.byteLength, end)
  }
}

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
