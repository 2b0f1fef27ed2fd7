import type { Failure } from '../../core/failure.ts'
import type { Result } from '../../core/result.ts'
import { type Fields, isFields } from '../chat/chunk.ts'
import { createConversation } from '../chat/conversation.ts'
import { namesOfDropped } from '../dropped-tools.ts'
import { catchRefusal, countAt, fieldsAt, isAbsent, listAt, pick, refuse, textOrNone } from '../refuse.ts'
import type { ReasoningEffort } from '../surface.ts'
import { readEffort } from './effort.ts'
import { mapTools } from './tools.ts'
import { readTurns } from './turns.ts'

/** A request to `POST /v1/messages`, as the chat completion that goes up, and what its answer needs of it. */
export type MessagesRequest = {
  readonly chat: Fields
  /** Its messages without the thoughts of earlier turns; absent where there are none. */
  readonly messagesWithoutReasoning: readonly Fields[] | undefined
  /** What `thinking` and `output_config.effort` wish; no member of `chat`, because not every model takes it. */
  readonly effort: ReasoningEffort | undefined
  /** What the client calls the conversation. */
  readonly session: string | undefined
  /** `model` as it was sent: answers repeat it. */
  readonly model: string | undefined
  readonly stopSequences: readonly string[]
  /** Types of hosted tools that were left out. */
  readonly droppedTools: readonly string[]
}

/** Members that chat completions know by the same name and with the same meaning; `models` and `provider` are hugway's. */
const SAME = ['model', 'models', 'provider', 'stream', 'temperature', 'top_p', 'top_k']

/** Maps a parsed body. Members that mean nothing to a chat completion stay here. Never throws. */
export function mapMessagesRequest(value: unknown): Result<MessagesRequest, Failure> {
  return catchRefusal(() => {
    const body = fieldsAt(value, 'The body')
    const conversation = createConversation()
    readTurns(body, conversation)
    const { chat: tools, dropped } = mapTools(body)
    const maxTokens = countAt(body, 'max_tokens')
    const stopSequences = readStops(body['stop_sequences'])
    const format = mapFormat(body)
    const chat = {
      ...pick(body, SAME),
      messages: conversation.messages(),
      ...tools,
      ...(maxTokens !== undefined && { max_tokens: maxTokens }),
      ...(stopSequences.length > 0 && { stop: stopSequences }),
      ...(format && { response_format: format }),
      ...(body['stream'] === true && { stream_options: { include_usage: true } }),
    }
    const { model } = body
    return {
      chat,
      messagesWithoutReasoning: conversation.messagesWithoutReasoning(),
      effort: readEffort(body),
      session: isFields(body['metadata']) ? textOrNone(body['metadata']['user_id']) : undefined,
      model: textOrNone(model),
      stopSequences,
      droppedTools: namesOfDropped([...dropped, ...hostedServers(body)]),
    }
  })
}

function readStops(value: unknown): readonly string[] {
  if (isAbsent(value)) return []
  const stops = listAt(value, 'stop_sequences')
  return stops.map((stop, index) =>
    typeof stop === 'string' ? stop : refuse(`stop_sequences[${index}]`, 'must be a text.'),
  )
}

function mapFormat(body: Fields): Fields | undefined {
  const config = body['output_config']
  const format = (isFields(config) ? config['format'] : undefined) ?? body['output_format']
  if (!isFields(format)) return undefined
  if (format['type'] !== 'json_schema') return refuse('output_config.format.type', 'must be json_schema.')
  return { type: 'json_schema', json_schema: { name: 'output', schema: format['schema'], strict: true } }
}

/** Anthropic's own side would call these servers. */
function hostedServers(body: Fields): readonly string[] {
  const servers = body['mcp_servers']
  return Array.isArray(servers) && servers.length > 0 ? ['mcp_servers'] : []
}
