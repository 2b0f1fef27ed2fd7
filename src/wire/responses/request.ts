import type { Failure } from '../../core/failure.ts'
import type { Result } from '../../core/result.ts'
import { type Fields, isFields } from '../chat/chunk.ts'
import { createConversation } from '../chat/conversation.ts'
import { namesOfDropped } from '../dropped-tools.ts'
import { catchRefusal, countAt, fieldsAt, isAbsent, pick, refuse, textAt, textOrNone } from '../refuse.ts'
import { repeatRequest } from './answer.ts'
import { readInput } from './input.ts'
import { createToolNames, type ToolNames } from './tool-names.ts'
import { mapTools } from './tools.ts'

/** A request to `POST /v1/responses`, as the chat completion that goes up, and what its answer needs of it. */
export type ResponsesRequest = {
  readonly chat: Fields
  /** Its messages without the thoughts of earlier turns; absent where there are none. */
  readonly messagesWithoutReasoning: readonly Fields[] | undefined
  /** What the client calls the conversation. */
  readonly session: string | undefined
  readonly names: ToolNames
  /** `model` as it was sent. */
  readonly model: string | undefined
  /** What its answer repeats of it; see {@link repeatRequest}. */
  readonly repeated: string
  /** Types of hosted tools that were left out. */
  readonly droppedTools: readonly string[]
}

/** Members that chat completions know by the same name and with the same meaning; `models` and `provider` are hugway's. */
const SAME = [
  'model',
  'models',
  'provider',
  'stream',
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'user',
]

/** What would have to be stored, and what to send instead. */
const STORED: Readonly<Record<string, string>> = {
  previous_response_id: 'this gateway stores no responses; set store: false and send the whole conversation as input.',
  conversation: 'this gateway stores no conversations; send the whole conversation as input.',
  prompt: 'this gateway stores no prompts; send instructions and input.',
}

/** Maps a parsed body. Members that mean nothing to a chat completion stay here. Never throws. */
export function mapResponsesRequest(value: unknown): Result<ResponsesRequest, Failure> {
  return catchRefusal(() => {
    const body = fieldsAt(value, 'The body')
    refuseStored(body)
    const names = createToolNames()
    const { chat: tools, dropped } = mapTools(body, names)
    const conversation = createConversation()
    const { instructions } = body
    if (!isAbsent(instructions) && typeof instructions !== 'string') refuse('instructions', 'must be a text.')
    if (instructions) conversation.system(instructions)
    readInput(body['input'], conversation, names)
    const messages = conversation.messages()
    if (messages.length === 0) refuse('input', 'holds nothing that a model can read.')
    const chat = {
      ...pick(body, SAME),
      messages,
      ...tools,
      ...mapSettings(body),
    }
    const { model } = body
    return {
      chat,
      messagesWithoutReasoning: conversation.messagesWithoutReasoning(),
      session: textOrNone(body['prompt_cache_key']),
      names,
      model: textOrNone(model),
      repeated: repeatRequest(body),
      droppedTools: namesOfDropped(dropped),
    }
  })
}

function refuseStored(body: Fields): void {
  for (const [name, message] of Object.entries(STORED)) {
    if (!isAbsent(body[name])) refuse(name, message)
  }
  if (body['background'] === true) {
    refuse(
      'background',
      'this gateway answers while the connection is open; leave background out, and set stream: true.',
    )
  }
}

function mapSettings(body: Fields): Fields {
  const { reasoning, text } = body
  const effort = isFields(reasoning) ? reasoning['effort'] : undefined
  const maxTokens = countAt(body, 'max_output_tokens')
  const format = isFields(text) ? mapFormat(text['format']) : undefined
  return {
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(!isAbsent(effort) && { reasoning_effort: effort }),
    ...(format && { response_format: format }),
    ...(body['stream'] === true && { stream_options: { include_usage: true } }),
  }
}

function mapFormat(value: unknown): Fields | undefined {
  if (isAbsent(value)) return undefined
  const format = fieldsAt(value, 'text.format')
  switch (format['type']) {
    case 'text':
      return undefined
    case 'json_object':
      return { type: 'json_object' }
    case 'json_schema':
      textAt(format, 'name', 'text.format')
      return { type: 'json_schema', json_schema: pick(format, ['name', 'schema', 'strict', 'description']) }
    default:
      return refuse('text.format.type', 'must be text, json_object or json_schema.')
  }
}
