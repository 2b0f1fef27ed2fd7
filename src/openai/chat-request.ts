import type { Failure } from '../core/errors.ts'
import { type Member, membersOf } from '../core/json-bytes.ts'
import { err, ok, type Result } from '../core/result.ts'

/**
 * The few fields of a chat completion request that the gateway reads. Everything else stays in `bytes`, as it was sent.
 */
export type ChatRequest = {
  /** The body in UTF-8, without a byte order mark. */
  readonly bytes: Uint8Array
  /** The body's members; of a key that occurs twice only the last, the one that `JSON.parse` keeps. */
  readonly members: readonly Member[]
  readonly model: string | undefined
  /** The client's own list of fallbacks, as OpenRouter's clients send it. */
  readonly models: readonly string[] | undefined
  readonly stream: boolean
  /** What the client said of `stream_options.include_usage`; `undefined` where it said nothing. */
  readonly includeUsage: boolean | undefined
  /** Roles of the messages, for the upstream's dialect. */
  readonly roles: readonly string[]
  readonly hasTools: boolean
  /** `n`: how many answers are asked for at once. */
  readonly choiceCount: number
}

const MAX_MODELS = 16

type Body = Readonly<Record<string, unknown>>

/** Reads a body. Refuses what is not JSON or lacks what a chat completion needs, naming the field. Never throws. */
export function parseChatRequest(sent: Uint8Array): Result<ChatRequest, Failure> {
  const bytes = withoutMark(sent)
  let body: unknown
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return refuse('The body is not JSON in UTF-8. Send {"model": "...", "messages": [...]}.')
  }
  if (!isObject(body)) return refuse('The body must be a JSON object: {"model": "...", "messages": [...]}.')
  const problem = findProblem(body)
  if (problem) return refuse(problem.message, problem.param)
  const options = body['stream_options']
  const includeUsage = isObject(options) ? options['include_usage'] : undefined
  const messages = body['messages'] as readonly { readonly role: string }[] // findProblem has checked them
  return ok({
    bytes,
    members: lastOfEach(membersOf(bytes)),
    model: (body['model'] as string | null | undefined) ?? undefined,
    models: (body['models'] as string[] | null | undefined) ?? undefined,
    stream: body['stream'] === true,
    includeUsage: typeof includeUsage === 'boolean' ? includeUsage : undefined,
    roles: messages.map(({ role }) => role),
    choiceCount: typeof body['n'] === 'number' ? body['n'] : 1,
    hasTools: Array.isArray(body['tools']) && body['tools'].length > 0,
  })
}

/** A byte order mark is no JSON, but some clients write one. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

function findProblem(body: Body): { message: string; param: string } | undefined {
  const { model, models, messages, stream, stream_options: options } = body
  if (model !== undefined && model !== null && typeof model !== 'string') {
    return { param: 'model', message: 'model must be a text: an alias or a model ref.' }
  }
  if (models !== undefined && models !== null && !isShortListOfTexts(models)) {
    return { param: 'models', message: `models must be a list of at most ${MAX_MODELS} aliases or model refs.` }
  }
  if (!Array.isArray(messages) || messages.length === 0) {
    return { param: 'messages', message: 'messages must be a list of at least one message.' }
  }
  const bad = messages.findIndex((message) => !isObject(message) || typeof message['role'] !== 'string')
  if (bad !== -1) {
    return { param: `messages[${bad}]`, message: `messages[${bad}] must be an object with a role.` }
  }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    return { param: 'stream', message: 'stream must be true or false.' }
  }
  if (options !== undefined && options !== null && !isObject(options)) {
    return { param: 'stream_options', message: 'stream_options must be an object.' }
  }
  return undefined
}

function isShortListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MAX_MODELS && value.every((item) => typeof item === 'string')
}

function lastOfEach(members: readonly Member[]): Member[] {
  return [...new Map(members.map((member) => [member.key, member])).values()]
}

function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(message: string, param?: string): Result<never, Failure> {
  return err({ kind: 'bad_request', message, ...(param && { param }) })
}
