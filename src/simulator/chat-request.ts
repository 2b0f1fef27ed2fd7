/** What the simulator reads of a chat request. The rest is kept as text in `SimulatorRequest.bodyText`. */
export type ChatFacts = {
  readonly model: string
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly maxTokens: number | undefined
  readonly choiceCount: number
  readonly toolNames: readonly string[]
  /** `none`, `auto`, `required`, or the name of the one tool that must be called. */
  readonly toolChoice: string
  readonly lastRole: string
  readonly lastText: string
  readonly promptTokens: number
  /** Top-level fields that the router does not know and ignores in silence. */
  readonly ignored: readonly string[]
}

/** Why a request is refused, with the router's status. */
export type Refusal = { readonly status: number; readonly message: string; readonly param?: string }

const KNOWN_FIELDS = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'temperature',
  'top_p',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'stop',
  'tools',
  'tool_choice',
  'tool_prompt',
  'response_format',
  'logprobs',
  'top_logprobs',
  'reasoning_effort',
  'n',
  'simulate',
])
const ROLES = new Set(['system', 'user', 'assistant', 'tool', 'function'])
const MAX_CHOICES = 16

/** Reads a parsed chat body as the router would: loosely, but with its refusals (no `developer` role, no missing messages). */
export function readChatRequest(body: Record<string, unknown>): ChatFacts | Refusal {
  const { model, messages } = body
  if (typeof model !== 'string' || model === '') return { status: 400, message: 'Missing model', param: 'model' }
  if (!Array.isArray(messages) || messages.length === 0) {
    return {
      status: 422,
      message: 'Failed to deserialize the JSON body into the target type: missing field `messages`',
    }
  }
  const list: readonly Record<string, unknown>[] = messages.filter(isRecord)
  const strange = list.find((message) => !ROLES.has(String(message['role'])))
  if (strange || list.length !== messages.length) {
    const role = strange ? String(strange['role']) : 'none'
    return { status: 422, message: `messages: unknown variant \`${role}\`, expected one of ${[...ROLES].join(', ')}` }
  }
  const last = list.at(-1) ?? {}
  return {
    model,
    stream: body['stream'] === true,
    includeUsage: isRecord(body['stream_options']) && body['stream_options']['include_usage'] === true,
    maxTokens: toCount(body['max_tokens']),
    choiceCount: Math.min(toCount(body['n']) ?? 1, MAX_CHOICES),
    toolNames: readToolNames(body['tools']),
    toolChoice: readToolChoice(body['tool_choice']),
    lastRole: String(last['role']),
    lastText: toText(last['content']),
    promptTokens: Math.max(1, Math.ceil(list.map((message) => toText(message['content'])).join(' ').length / 4)),
    ignored: Object.keys(body).filter((field) => !KNOWN_FIELDS.has(field)),
  }
}

/** @returns Whether `value` is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
}

function toText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isRecord(part) && typeof part['text'] === 'string' ? part['text'] : '')).join(' ')
}

function readToolNames(tools: unknown): string[] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool) => {
    const name = isRecord(tool) && isRecord(tool['function']) ? tool['function']['name'] : undefined
    return typeof name === 'string' ? [name] : []
  })
}

function readToolChoice(choice: unknown): string {
  if (typeof choice === 'string') return choice
  const named = isRecord(choice) && isRecord(choice['function']) ? choice['function']['name'] : undefined
  return typeof named === 'string' ? named : 'auto'
}
