import type { CompletionAnswer, Fault } from './answer.ts'
import type { ChatFacts } from './chat-request.ts'

/** What one answer says, before it is written as a stream or as one body. */
export type Content = {
  readonly reasoning: readonly string[]
  readonly text: readonly string[]
  readonly toolCall: ToolCall | undefined
  readonly finishReason: string
  readonly promptTokens: number
  readonly completionTokens: number
}

/** A call as it is streamed: its arguments arrive in parts. */
export type ToolCall = { readonly id: string; readonly name: string; readonly argumentParts: readonly string[] }

/** Faults that make no sense without a tool call, so they bring one about. */
const NEEDS_TOOL_CALL = new Set(['tool_call_without_index', 'tool_call_without_id'])
const REASONING_MODEL = /(^|[-/])r1\b|thinking|reasoner/i

/**
 * Decides what is said: a tool call when the request asks for one (or a fault needs one), else a text that
 * says it is simulated; reasoning first for models named like reasoners.
 *
 * @param id Taken for the tool call's id, so that the plan stays a pure function.
 */
export function chooseContent(
  chat: ChatFacts,
  provider: string,
  options: Partial<CompletionAnswer>,
  faults: readonly Fault[],
  id: string,
): Content {
  const toolCall = chooseToolCall(chat, options, faults, id)
  const reasoning = options.reasoning ?? (REASONING_MODEL.test(chat.model) ? REASONING : '')
  const thought = toTokens(reasoning)
  const spoken = toolCall && options.text === undefined ? [] : chooseText(chat, provider, options, faults)
  const { maxTokens } = chat
  const limit = maxTokens === undefined || toolCall ? Number.POSITIVE_INFINITY : maxTokens
  const kept = thought.slice(0, limit)
  const text = spoken.slice(0, Math.max(0, limit - thought.length))
  const cut = kept.length + text.length < thought.length + spoken.length
  return {
    reasoning: kept,
    text,
    toolCall,
    finishReason: options.finishReason ?? (cut ? 'length' : toolCall ? 'tool_calls' : 'stop'),
    promptTokens: chat.promptTokens,
    completionTokens: kept.length + text.length + (toolCall?.argumentParts.length ?? 0),
  }
}

const REASONING = 'The user wants an answer. This is simulated reasoning, no model thinks here.'
const FILLER = ['simulated ', 'words ', 'to ', 'fill ', 'a ', 'longer ', 'answer, ']

function chooseText(
  chat: ChatFacts,
  provider: string,
  options: Partial<CompletionAnswer>,
  faults: readonly Fault[],
): string[] {
  const said = options.text ?? faults.find((fault) => fault.text !== undefined)?.text
  const tokens = toTokens(said ?? ordinaryText(chat, provider))
  const count = options.tokens ?? faults.find((fault) => fault.tokens !== undefined)?.tokens
  if (count === undefined) return tokens
  return Array.from({ length: count }, (_, index) => tokens[index] ?? FILLER[index % FILLER.length] ?? '')
}

function ordinaryText({ model, lastRole, lastText }: ChatFacts, provider: string): string {
  const heard = lastText.replace(/\s+/g, ' ').trim().slice(0, 80)
  const echo = heard === '' ? '' : lastRole === 'tool' ? ` The tool said: "${heard}".` : ` You said: "${heard}".`
  // The last words are there for what must survive a split: two, three and four bytes of UTF-8.
  return `This is a simulated answer from ${model} (provider ${provider}).${echo} No model ran; é, 漢 and 🙂 came through.`
}

/** Splits into words that keep their leading space, so that joining gives the text back. */
function toTokens(text: string): string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? []
}

function chooseToolCall(
  chat: ChatFacts,
  options: Partial<CompletionAnswer>,
  faults: readonly Fault[],
  id: string,
): ToolCall | undefined {
  const callId = `call_${id.replaceAll('-', '').slice(0, 24)}`
  if (options.toolCall) {
    const { name, arguments: given, id: ownId } = options.toolCall
    return { id: ownId ?? callId, name, argumentParts: toParts(JSON.stringify(given)) }
  }
  const forced = faults.some(({ fault, moment }) => moment === 'mid_tool_call' || NEEDS_TOOL_CALL.has(fault))
  if (!forced && !asksForTool(chat)) return undefined
  const mentioned = chat.toolNames.find((name) => mentions(chat.lastText, name))
  const chosen = chat.toolNames.find((name) => name === chat.toolChoice)
  const name = chosen ?? mentioned ?? chat.toolNames[0] ?? 'simulated_tool'
  return { id: callId, name, argumentParts: toParts('{"simulated":true,"city":"Zürich","note":"no model ran"}') }
}

function asksForTool({ toolNames, toolChoice, lastRole, lastText }: ChatFacts): boolean {
  if (toolNames.length === 0 || toolChoice === 'none' || lastRole !== 'user') return false
  if (toolChoice !== 'auto') return true
  if (/\b(do not|don't|without) (use|using|call|calling)\b/i.test(lastText)) return false
  return (
    /\b(use|call|invoke) (a|the|your|one|any) ?\w* ?tools?\b/i.test(lastText) ||
    toolNames.some((name) => mentions(lastText, name))
  )
}

/** Names that are plain words (`read`) count only after a verb: agents send a dozen such tools with every prompt. */
function mentions(text: string, name: string): boolean {
  const word = name.replace(/[^\w]/g, '\\$&')
  const verb = /[_\-.]/.test(name) ? '' : '(use|call|invoke|run) (the )?`?'
  return new RegExp(`\\b${verb}${word}\\b`, 'i').test(text)
}

function toParts(json: string): string[] {
  return json.match(/[\s\S]{1,8}/gu) ?? []
}
