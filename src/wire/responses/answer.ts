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
 * Makes the function that writes a response, in whichever state, as JSON. What it repeats of the request (its tools
 * above all, tens of kilobytes of a coding agent's) is serialised once.
 */
export function createResponseWriter(body: Fields, { id, createdAt }: ResponseHead): (state: ResponseState) => string {
  const repeated = JSON.stringify(repeatRequest(body)).slice(1, -1)
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

/** The members of a response that come from its request, with the API's own defaults. */
function repeatRequest(body: Fields): Fields {
  const given = (name: string, otherwise: unknown) => (isAbsent(body[name]) ? otherwise : body[name])
  const { reasoning, text } = body
  return {
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

/** A part of the answer as an item of `output`: as it begins, without its text, or as it is done. */
export function toItem(part: Part, itemId: string, status: ItemStatus, names: ToolNames): Fields {
  const isDone = status !== 'in_progress'
  if (part.kind === 'reasoning') {
    return { type: 'reasoning', id: itemId, summary: isDone ? [{ type: 'summary_text', text: part.text }] : [] }
  }
  if (part.kind === 'text') {
    const content = isDone ? [toTextPart(part.text)] : []
    return { type: 'message', id: itemId, status, role: 'assistant', content }
  }
  const { kind, name, namespace } = names.toClient(part.name)
  const called = { call_id: part.id, name, ...(namespace !== undefined && { namespace }), status }
  if (kind === 'custom') return { type: 'custom_tool_call', id: itemId, ...called, input: isDone ? toInput(part) : '' }
  return { type: 'function_call', id: itemId, ...called, arguments: isDone ? toArguments(part) : '' }
}

export function toTextPart(text: string): Fields {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

/** A function without arguments is called with an empty object. */
export function toArguments({ text }: Part): string {
  return text === '' ? '{}' : text
}

/** The free text of a custom tool; what a model wrote instead of the function's one argument is that text itself. */
export function toInput({ text }: Part): string {
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
