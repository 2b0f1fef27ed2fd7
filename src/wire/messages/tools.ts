import { type Fields, isFields } from '../chat/chunk.ts'
import { toChatTool, toNamedChoice } from '../chat-tools.ts'
import { fieldsAt, isAbsent, listAt, refuse, textAt } from '../refuse.ts'

/** What becomes of `tools` and `tool_choice`. */
export type ToolMapping = {
  /** The members of the chat completion. None where no tool is left. */
  readonly chat: Fields
  /** Types of tools that only their own API could run; they are left out. */
  readonly dropped: readonly string[]
}

/**
 * Maps the tools of a request. A deferred tool stays hidden until a `tool_reference` names it: Claude Code sends a
 * placeholder among them, which a model would call.
 *
 * @throws {GatewayError} For a tool that is none, or a choice that cannot be kept.
 */
export function mapTools(body: Fields): ToolMapping {
  const tools = isAbsent(body['tools'])
    ? []
    : listAt(body['tools'], 'tools').map((tool, index) => readTool(tool, index))
  const hosted = tools.filter(({ type }) => type !== 'custom')
  const named = tools.some(({ isDeferred }) => isDeferred) ? referencedTools(body['messages']) : new Set()
  const shown = tools.filter(({ type, name, isDeferred }) => type === 'custom' && (!isDeferred || named.has(name)))
  const dropped = hosted.map(({ type }) => type)
  const choice = readChoice(body['tool_choice'])
  if (choice.named !== undefined) checkNamed(choice.named, tools)
  if (choice.chat === 'required' && shown.length === 0 && hosted.length > 0) refuseHosted(dropped.join(', '))
  if (shown.length === 0) return { chat: {}, dropped }
  return {
    chat: {
      tools: shown.map(({ chat }) => chat),
      ...(choice.chat !== undefined && { tool_choice: choice.chat }),
      ...(choice.isSingle && { parallel_tool_calls: false }),
    },
    dropped,
  }
}

type Tool = { readonly type: string; readonly name: string; readonly isDeferred: boolean; readonly chat: Fields }

function readTool(value: unknown, index: number): Tool {
  const path = `tools[${index}]`
  const tool = fieldsAt(value, path)
  const type = isAbsent(tool['type']) ? 'custom' : textAt(tool, 'type', path)
  const name = textAt(tool, 'name', path)
  const isStrict = tool['strict'] === true
  const chat = toChatTool({ name, description: tool['description'], parameters: tool['input_schema'], isStrict })
  return { type, name, isDeferred: tool['defer_loading'] === true, chat }
}

/** The names in every `tool_reference` of the messages, which stand in results of tools. */
function referencedTools(messages: unknown): ReadonlySet<unknown> {
  const blocksOf = (value: unknown) => (isFields(value) && Array.isArray(value['content']) ? value['content'] : [])
  const blocks = (Array.isArray(messages) ? messages : []).flatMap(blocksOf)
  const references = [...blocks, ...blocks.flatMap(blocksOf)].filter(isFields)
  return new Set(references.flatMap(({ type, tool_name: name }) => (type === 'tool_reference' ? [name] : [])))
}

type Choice = { readonly chat?: unknown; readonly named?: string; readonly isSingle: boolean }

const MODES = new Map([
  ['auto', 'auto'],
  ['none', 'none'],
  ['any', 'required'],
])

function readChoice(value: unknown): Choice {
  if (isAbsent(value)) return { isSingle: false }
  const choice = fieldsAt(value, 'tool_choice')
  const isSingle = choice['disable_parallel_tool_use'] === true
  const type = textAt(choice, 'type', 'tool_choice')
  if (type === 'tool') {
    const named = textAt(choice, 'name', 'tool_choice')
    return { chat: toNamedChoice(named), named, isSingle }
  }
  const chat = MODES.get(type) ?? refuse('tool_choice.type', 'must be auto, any, tool or none.')
  return { chat, isSingle }
}

/** A tool that the client insists on must not be left out in silence. */
function checkNamed(name: string, tools: readonly Tool[]): void {
  const tool = tools.find((one) => one.name === name)
  if (!tool) refuse('tool_choice.name', `there is no tool ${JSON.stringify(name)} in tools.`)
  if (tool.type !== 'custom') refuseHosted(tool.type)
}

function refuseHosted(types: string): never {
  return refuse('tool_choice', `this gateway does not run the hosted tools that it asks for (${types}). Leave it out.`)
}
