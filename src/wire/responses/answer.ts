import type { TokenUsage } from '../../core/completion-record.ts'
import { type Fields, isFields } from '../chat/chunk.ts'
import type { Part } from '../part-sequence.ts'
import { isAbsent } from '../refuse.ts'
import type { ToolNames } from './tool-names.ts'

/** How far a response has come. */
export type ResponseState = {
  readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'
  readonly model: string
  /** The items that are done, each as JSON. */
  readonly output: readonly string[]
  readonly usage?: TokenUsage | undefined
  readonly incompleteReason?: string | undefined
  readonly error?: { readonly code: string; readonly message: string }
  /** In seconds since the epoch. */
  readonly completedAt?: number
}

/** What is the same in every state of a response. */
type ResponseHead = { readonly id: string; readonly createdAt: number }

/**
 * Makes the function that writes a response, in whichever state, as JSON.
 *
 * @param repeated What {@link repeatRequest} made: tens of kilobytes where many tools are listed, serialised once.
 */
export function createResponseWriter(
  repeated: string,
  { id, createdAt }: ResponseHead,
): (state: ResponseState) => string {
  const head = `"id":${JSON.stringify(id)},"object":"response","created_at":${createdAt}`
  return ({ status, model, output, usage, incompleteReason, error, completedAt }) => {
    const rest = {
      status,
      completed_at: completedAt ?? null,
      model,
      error: error ?? null,
      incomplete_details: incompleteReason ? { reason: incompleteReason } : null,
      usage: usage ? toUsage(usage) : null,
    }
    return `{${head},${JSON.stringify(rest).slice(1, -1)},${repeated},"output":[${output.join()}]}`
  }
}

/**
 * The members of a response that come from its request, with the API's own defaults, as JSON without the braces. It is all
 * that an answer keeps of its request: the conversation is let go when the answer begins.
 */
export function repeatRequest(body: Fields): string {
  const given = (name: string, otherwise: unknown) => (isAbsent(body[name]) ? otherwise : body[name])
  const { reasoning, text } = body
  const repeated = {
    previous_response_id: null,
    instructions: given('instructions', null),
    tools: Array.isArray(body['tools']) ? body['tools'].map(repeatTool) : [],
    tool_choice: given('tool_choice', 'auto'),
    truncation: given('truncation', 'disabled'),
    parallel_tool_calls: given('parallel_tool_calls', true),
    text: { format: { type: 'text' }, ...(isFields(text) ? text : {}) },
    top_p: given('top_p', 1),
    presence_penalty: given('presence_penalty', 0),
    frequency_penalty: given('frequency_penalty', 0),
    top_logprobs: given('top_logprobs', 0),
    temperature: given('temperature', 1),
    reasoning: { effort: null, summary: null, ...(isFields(reasoning) ? reasoning : {}) },
    max_output_tokens: given('max_output_tokens', null),
    max_tool_calls: given('max_tool_calls', null),
    store: false,
    background: false,
    service_tier: 'default',
    metadata: given('metadata', {}),
    safety_identifier: given('safety_identifier', null),
    prompt_cache_key: given('prompt_cache_key', null),
  }
  return JSON.stringify(repeated).slice(1, -1)
}

function repeatTool(tool: unknown): unknown {
  const isFunction = isFields(tool) && tool['type'] === 'function'
  return isFunction ? { description: null, parameters: null, strict: false, ...tool } : tool
}

function toUsage({ promptTokens, completionTokens, cachedTokens = 0, reasoningTokens = 0 }: TokenUsage): Fields {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: promptTokens + completionTokens,
  }
}

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/**
 * A part of the answer as an item of `output`, in JSON.
 *
 * @param said What it says, as JSON: its text, its arguments, its input. Absent while it is in progress. Long texts stand
 *   in four events, so they are serialised once, by the caller.
 */
export function toItem(part: Part, itemId: string, status: ItemStatus, names: ToolNames, said?: string): string {
  const head = `"id":"${itemId}"`
  if (part.kind === 'reasoning') {
    return `{"type":"reasoning",${head},"summary":[${said === undefined ? '' : toSummaryPart(said)}]}`
  }
  if (part.kind === 'text') {
    const content = said === undefined ? '' : toTextPart(said)
    return `{"type":"message",${head},"status":"${status}","role":"assistant","content":[${content}]}`
  }
  const { kind, name, namespace } = names.toClient(part.name)
  const [type, member] = kind === 'custom' ? ['custom_tool_call', 'input'] : ['function_call', 'arguments']
  const called = JSON.stringify({ call_id: part.id, name, ...(namespace !== undefined && { namespace }), status })
  return `{"type":"${type}",${head},${called.slice(1, -1)},"${member}":${said ?? '""'}}`
}

/** What a part says when it is whole, as JSON. */
export function toSaid(part: Part, names: ToolNames): string {
  if (part.kind !== 'call') return JSON.stringify(part.text)
  return JSON.stringify(names.toClient(part.name).kind === 'custom' ? toInput(part) : toArguments(part))
}

/** The content of a message. @param text As JSON. */
export function toTextPart(text: string): string {
  return `{"type":"output_text","text":${text},"annotations":[],"logprobs":[]}`
}

/** The summary of a reasoning item. @param text As JSON. */
export function toSummaryPart(text: string): string {
  return `{"type":"summary_text","text":${text}}`
}

/** A function without arguments is called with an empty object. */
function toArguments({ text }: Part): string {
  return text === '' ? '{}' : text
}

/** The free text of a custom tool; what a model wrote instead of the function's one argument is that text itself. */
function toInput({ text }: Part): string {
  try {
    const value: unknown = JSON.parse(text)
    if (isFields(value) && typeof value['input'] === 'string') return value['input']
  } catch {
    // Not JSON: the model wrote the text without the object around it.
  }
  return text
}

const ITEM_PREFIXES = { reasoning: 'rs', text: 'msg', call: 'fc' } as const

/** An item's id: the answer's own, with the item's place. */
export function toItemId(part: Part, answerId: string, names: ToolNames): string {
  const isCustom = part.kind === 'call' && names.toClient(part.name).kind === 'custom'
  return `${isCustom ? 'ctc' : ITEM_PREFIXES[part.kind]}_${answerId}_${part.position}`
}
