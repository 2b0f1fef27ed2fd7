import type { Fields } from '../chat/chunk.ts'
import type { Conversation } from '../chat/conversation.ts'
import { fieldsAt, isAbsent, listAt, refuse, textAt } from '../refuse.ts'
import { readContent, textOf } from './content.ts'
import type { ToolNames } from './tool-names.ts'

/** Items of tools that other deployments run: what they left in a conversation is nothing that a model can read. */
const HOSTED_ITEM = /^(?:.+_call(?:_output)?|mcp_\w+|compaction\w*)$/

/** Reads `input` into a conversation. @throws {GatewayError} Naming the item that cannot be passed on. */
export function readInput(input: unknown, conversation: Conversation, names: ToolNames): void {
  if (typeof input === 'string') {
    conversation.user([{ type: 'text', text: input }])
    return
  }
  if (!Array.isArray(input) || input.length === 0) refuse('input', 'must be a text or a list of at least one item.')
  for (const [index, item] of listAt(input, 'input').entries()) readItem(item, `input[${index}]`, conversation, names)
}

/** What one kind of item adds to a conversation. */
type ItemReader = (item: Fields, path: string, conversation: Conversation, names: ToolNames) => void

const READERS: Readonly<Record<string, ItemReader>> = {
  message: readMessage,
  reasoning: readReasoning,
  function_call: readCall,
  custom_tool_call: readCall,
  function_call_output: readOutput,
  custom_tool_call_output: readOutput,
  item_reference: (_item, path) =>
    refuse(
      path,
      'this gateway stores no responses; set store: false and send the items themselves (AI SDK: providerOptions.openai.store = false).',
    ),
}

function readItem(value: unknown, path: string, conversation: Conversation, names: ToolNames): void {
  const item = fieldsAt(value, path)
  const type = String(item['type'] ?? 'message')
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined
  if (read) read(item, path, conversation, names)
  else if (!HOSTED_ITEM.test(type)) {
    refuse(`${path}.type`, `${JSON.stringify(type)} is no item that can be passed on.`)
  }
}

function readMessage(item: Fields, path: string, conversation: Conversation): void {
  const parts = readContent(item['content'], `${path}.content`)
  const role = item['role']
  if (role === 'user') conversation.user(parts)
  else if (role === 'assistant') conversation.assistant(textOf(parts))
  else if (role === 'system' || role === 'developer') conversation.system(textOf(parts))
  else refuse(`${path}.role`, 'must be user, assistant, system or developer.')
}

/** What one provider encrypted, no other can read: the item's own texts go up, if it has any. */
function readReasoning(item: Fields, path: string, conversation: Conversation): void {
  const [text] = ['content', 'summary'].flatMap((member) => {
    const parts = item[member]
    return Array.isArray(parts) ? textOf(readContent(parts, `${path}.${member}`)) || [] : []
  })
  if (text !== undefined) conversation.reasoning(text)
}

function readCall(item: Fields, path: string, conversation: Conversation, names: ToolNames): void {
  const { type, namespace, input, arguments: written } = item
  const isCustom = type === 'custom_tool_call'
  const name = names.toModel({
    kind: isCustom ? 'custom' : 'function',
    name: textAt(item, 'name', path),
    namespace: typeof namespace === 'string' ? namespace : undefined,
  })
  const text = isCustom ? JSON.stringify({ input: toText(input) }) : toText(written)
  conversation.call({ id: textAt(item, 'call_id', path), name, arguments: text === '' ? '{}' : text })
}

function readOutput(item: Fields, path: string, conversation: Conversation): void {
  const { output } = item
  const parts =
    typeof output === 'string' || Array.isArray(output)
      ? readContent(output, `${path}.output`)
      : [{ type: 'text' as const, text: toText(output) }]
  const id = textAt(item, 'call_id', path)
  if (!conversation.result(id, parts))
    refuse(`${path}.call_id`, `no call with the id ${JSON.stringify(id)} stands before it.`)
}

/** Some clients send the value where its JSON belongs. */
function toText(value: unknown): string {
  return typeof value === 'string' ? value : isAbsent(value) ? '' : JSON.stringify(value)
}
