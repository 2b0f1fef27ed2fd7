import type { Failure } from '../../core/failure.ts'
import { quote } from '../../core/quote.ts'
import { err, ok, type Result } from '../../core/result.ts'
import {
  endOfValue,
  isKey,
  type Member,
  readKey,
  type Span,
  skipSpace,
  textOf,
  toJsonBytes,
  walkList,
  walkObject,
} from '../../json/json-bytes.ts'
import { type JsonBytes, NOT_JSON } from '../../json/json-string.ts'
import { type Fields, isFields } from './chunk.ts'
import { countMedia, type MediaCount, NO_MEDIA } from './count-media.ts'

/**
 * The few fields of a chat completion request that the gateway reads. Everything else stays in `json`, as it was sent.
 */
export type ChatRequest = {
  /** The body, without a byte order mark. */
  readonly json: JsonBytes
  /** The body's members, in order. Of a key that occurs twice the last one counts, as in `JSON.parse`. */
  readonly members: readonly Member[]
  readonly model: string | undefined
  /** The client's own list of fallbacks, as OpenRouter's clients send it. */
  readonly models: readonly string[] | undefined
  readonly stream: boolean
  /** What the client said of `stream_options.include_usage`; `undefined` where it said nothing. */
  readonly includeUsage: boolean | undefined
  /** Where a message's role is `developer`, which is rewritten: start and end in turn, for there may be many. */
  readonly developerRoles: readonly number[]
  readonly hasTools: boolean
  /** Those of all messages. */
  readonly media: MediaCount
  /** The first messages: what a conversation goes on with, however long it grows. */
  readonly opening: Span | undefined
  /** `n`: how many answers are asked for at once. */
  readonly choiceCount: number
}

const MAX_MODELS = 16
/**
 * The members whose values are read, and how many bytes each may take: what is parsed costs many times its size.
 * `messages` and `tools` are only looked at, and may be as long as the body.
 */
const READ_BYTES = new Map([
  ['model', 1_024],
  ['models', 32 * 1024],
  ['stream', 1_024],
  ['stream_options', 4_096],
  ['n', 1_024],
  ['max_completion_tokens', 1_024],
])
/** Each member is an object in memory. OpenAI's own reference knows some forty. */
const MAX_MEMBERS = 1_000
const MAX_KEY_BYTES = 1_024

/** Reads a body. Refuses what is not JSON or lacks what a chat completion needs, naming the field. Never throws. */
export function parseChatRequest(sent: Uint8Array): Result<ChatRequest, Failure> {
  const json = toJsonBytes(withoutMark(sent))
  const members: Member[] = []
  const body: Record<string, unknown> = {}
  let messages: Messages | undefined
  let hasTools = false
  let unbounded: Failure | undefined
  const start = skipSpace(json, 0)
  const end = walkObject(json, start, (valueStart, keyStart, keyEnd) => {
    if (members.length === MAX_MEMBERS || keyEnd - keyStart > MAX_KEY_BYTES) {
      unbounded = { kind: 'bad_request', message: `The body may have ${MAX_MEMBERS} members with short names.` }
      return NOT_JSON
    }
    const key = readKey(json, keyStart, keyEnd)
    if (key === 'messages') messages = readMessages(json, valueStart)
    const end = key === 'messages' && messages ? messages.end : endOfValue(json, valueStart)
    if (end === NOT_JSON) return NOT_JSON
    if (key === 'tools') hasTools = isListOfSome(json, valueStart)
    const maxBytes = READ_BYTES.get(key) ?? 0
    if (maxBytes > 0 && end - valueStart > maxBytes) {
      unbounded = { kind: 'bad_request', message: `${key} may be ${maxBytes} bytes long.`, param: key }
      return NOT_JSON
    }
    if (maxBytes > 0) body[key] = JSON.parse(textOf(json, valueStart, end))
    members.push({ key, start: keyStart, valueStart, end })
    return end
  })
  if (unbounded) return err(unbounded)
  if (!isAtEnd(json, end)) {
    return isAtEnd(json, endOfValue(json, start))
      ? refuse('The body must be a JSON object: {"model": "...", "messages": [...]}.')
      : refuse('The body is not JSON in UTF-8. Send {"model": "...", "messages": [...]}.')
  }
  const problem = findProblem(body, messages) ?? findTwin(members)
  if (problem) return refuse(problem.message, problem.param)
  const options = body['stream_options']
  const includeUsage = isFields(options) ? options['include_usage'] : undefined
  return ok({
    json,
    members,
    model: (body['model'] as string | null | undefined) ?? undefined, // findProblem has checked them
    models: (body['models'] as string[] | null | undefined) ?? undefined,
    stream: body['stream'] === true,
    includeUsage: typeof includeUsage === 'boolean' ? includeUsage : undefined,
    developerRoles: messages?.developerRoles ?? [],
    media: messages?.media ?? NO_MEDIA,
    opening: messages?.opening,
    choiceCount: (body['n'] as number | null | undefined) ?? 1,
    hasTools,
  })
}

const isAtEnd = (json: JsonBytes, at: number) => at !== NOT_JSON && skipSpace(json, at) === json.bytes.byteLength

type Messages = {
  readonly end: number
  readonly count: number
  /** The first that is no message. */
  readonly bad: number | undefined
  readonly developerRoles: readonly number[]
  readonly media: MediaCount
  readonly opening: Span | undefined
}

/** The system's message and the first of the user's. */
const OPENING_MESSAGES = 2

function readMessages(json: JsonBytes, start: number): Messages {
  let count = 0
  let bad: number | undefined
  const developerRoles: number[] = []
  const media = { ...NO_MEDIA }
  let opening: { start: number; end: number } | undefined
  const end = walkList(json, start, (messageStart) => {
    let hasRole = false
    const end = walkObject(json, messageStart, (valueStart, keyStart, keyEnd) => {
      if (isKey(json, keyStart, keyEnd, 'content')) return countMedia(json, valueStart, media)
      const end = endOfValue(json, valueStart)
      if (!isKey(json, keyStart, keyEnd, 'role')) return end
      hasRole = json.bytes[valueStart] === QUOTE
      if (hasRole && isKey(json, valueStart, end, 'developer')) developerRoles.push(valueStart, end)
      return end
    })
    if (!hasRole) bad ??= count
    count++
    if (count <= OPENING_MESSAGES) opening = { start: opening?.start ?? messageStart, end }
    return end === NOT_JSON ? endOfValue(json, messageStart) : end
  })
  const listEnd = end === NOT_JSON ? endOfValue(json, start) : end
  return { end: listEnd, count, bad, developerRoles, media, opening }
}

const QUOTE = 0x22
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d

function isListOfSome(json: JsonBytes, start: number): boolean {
  return json.bytes[start] === OPEN_LIST && json.bytes[skipSpace(json, start + 1)] !== CLOSE_LIST
}

/** A byte order mark is no JSON, but some clients write one. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

function findProblem(body: Fields, messages: Messages | undefined): { message: string; param: string } | undefined {
  const { model, models, stream, stream_options: options, n } = body
  if (model !== undefined && model !== null && typeof model !== 'string') {
    return { param: 'model', message: 'model must be a text: an alias or a model ref.' }
  }
  if (models !== undefined && models !== null && !isShortListOfTexts(models)) {
    return { param: 'models', message: `models must be a list of at most ${MAX_MODELS} aliases or model refs.` }
  }
  if (!messages || messages.count === 0) {
    return { param: 'messages', message: 'messages must be a list of at least one message.' }
  }
  const { bad } = messages
  if (bad !== undefined)
    return { param: `messages[${bad}]`, message: `messages[${bad}] must be an object with a role.` }
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    return { param: 'stream', message: 'stream must be true or false.' }
  }
  if (options !== undefined && options !== null && !isFields(options)) {
    return { param: 'stream_options', message: 'stream_options must be an object.' }
  }
  // Some providers take "5" for 5: what is reserved for a request must be what it can cost.
  if (n !== undefined && n !== null && !(Number.isSafeInteger(n) && Number(n) >= 1)) {
    return { param: 'n', message: 'n must be a whole number of answers, at least 1.' }
  }
  return undefined
}

/** The members by which a request is admitted, routed and reserved for. */
const DECIDED_BY = new Set([
  ...['model', 'models', 'provider', 'messages', 'stream', 'stream_options'],
  ...['n', 'max_tokens', 'max_completion_tokens'],
])

/**
 * A member that is one of these but for its case. It is refused, because Go's JSON, which some providers read with, would
 * take it for that one: the model that is served, or its limit, would be another than was decided upon here.
 */
function findTwin(members: readonly Member[]): { message: string; param: string } | undefined {
  for (const { key } of members) {
    if (/^[a-z\d_]*$/.test(key)) continue
    // Twice, because a long s becomes an s only as a capital, and the sign for kelvin a k only as a small letter.
    const name = key.toUpperCase().toLowerCase()
    if (DECIDED_BY.has(name)) return { param: name, message: `"${quote(key)}" must be written ${name}.` }
  }
  return undefined
}

function isShortListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MAX_MODELS && value.every((item) => typeof item === 'string')
}

function refuse(message: string, param?: string): Result<never, Failure> {
  return err({ kind: 'bad_request', message, ...(param && { param }) })
}
