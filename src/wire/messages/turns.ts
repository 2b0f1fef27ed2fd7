import type { Fields } from '../chat/chunk.ts'
import type { Conversation } from '../chat/conversation.ts'
import { fieldsAt, isAbsent, listAt, refuse, textAt } from '../refuse.ts'
import { type Block, readBlocks, toParts } from './content.ts'

/** Reads `system` and `messages` into a conversation. @throws {GatewayError} Naming what cannot be passed on. */
export function readTurns(body: Fields, conversation: Conversation): void {
  if (!isAbsent(body['system'])) readSystem(readBlocks(body['system'], 'system'), conversation)
  const { messages } = body
  if (!Array.isArray(messages) || messages.length === 0) {
    refuse('messages', 'must be a list of at least one message.')
  }
  for (const [index, value] of listAt(messages, 'messages').entries()) {
    const path = `messages[${index}]`
    const message = fieldsAt(value, path)
    const read = READERS.get(String(message['role'])) ?? refuse(`${path}.role`, 'must be user, assistant or system.')
    read(readBlocks(message['content'], `${path}.content`), conversation)
  }
}

const READERS = new Map([
  ['user', readUser],
  ['assistant', readAssistant],
  ['system', readSystem],
])

function readSystem(blocks: readonly Block[], conversation: Conversation): void {
  const texts = blocks.flatMap(toParts).flatMap((part) => (part.type === 'text' ? [part.text] : []))
  if (texts.length > 0) conversation.system(texts.join('\n\n'))
}

/** Results of tools may stand anywhere in a turn; they belong to the calls before it, so what the user says follows. */
function readUser(blocks: readonly Block[], conversation: Conversation): void {
  const results = blocks.filter(({ type }) => type === 'tool_result')
  for (const { fields, path } of results) {
    const id = textAt(fields, 'tool_use_id', path)
    const parts = readBlocks(fields['content'] ?? [], `${path}.content`).flatMap(toParts)
    if (!conversation.result(id, parts)) {
      refuse(`${path}.tool_use_id`, `no tool_use with the id ${JSON.stringify(id)} stands before it.`)
    }
  }
  const said = blocks.filter(({ type }) => type !== 'tool_result').flatMap(toParts)
  if (said.length > 0 || results.length === 0) conversation.user(said)
}

/** Blocks of tools that other deployments run, and thoughts that only their provider can read. */
const UNREADABLE = /^(?:redacted_thinking|server_tool_use|mcp_tool_use|compaction|.+_tool_result)$/

function readAssistant(blocks: readonly Block[], conversation: Conversation): void {
  for (const { type, fields, path } of blocks) {
    const { text, thinking, input } = fields
    if (type === 'text') {
      if (typeof text === 'string' && text !== '') conversation.assistant(text)
    } else if (type === 'thinking') {
      if (typeof thinking === 'string' && thinking !== '') conversation.reasoning(thinking)
    } else if (type === 'tool_use') {
      const [id, name] = [textAt(fields, 'id', path), textAt(fields, 'name', path)]
      conversation.call({ id, name, arguments: JSON.stringify(input ?? {}) })
    } else if (!UNREADABLE.test(type)) {
      refuse(
        path,
        `a block of type ${JSON.stringify(type)} cannot be passed on. Send text, thinking or tool_use blocks.`,
      )
    }
  }
}
