import { type Fields, isFields } from '../chat/chunk.ts'
import { toChatTool, toNamedChoice } from '../chat-tools.ts'
import { fieldsAt, isAbsent, listAt, refuse, textAt } from '../refuse.ts'
import type { ClientTool, ToolNames } from './tool-names.ts'

/** What becomes of `tools` and `tool_choice`. */
export type ToolMapping = {
  /** The members of the chat completion. None where no tool is left. */
  readonly chat: Fields
  /** Types of tools that only their own API could run; they are left out. */
  readonly dropped: readonly string[]
}

type Shown = { readonly client: ClientTool; readonly name: string; readonly chat: Fields }

/** Maps the tools of a request. @throws {GatewayError} For a tool that is none, or a choice that cannot be kept. */
export function mapTools(body: Fields, names: ToolNames): ToolMapping {
  const dropped: string[] = []
  const shown = isAbsent(body['tools'])
    ? []
    : listAt(body['tools'], 'tools').flatMap((tool, index) => mapTool(tool, `tools[${index}]`, names, dropped))
  const { mode, named, allowed, hosted } = readChoice(body['tool_choice'])
  if (hosted !== undefined) refuseHosted(hosted)
  if (mode === 'required' && shown.length === 0 && dropped.length > 0) refuseHosted(dropped.join(', '))
  const forced = named && shown.find(({ client }) => isMeant(named, client))
  if (named && !forced) refuse('tool_choice', `there is no tool "${named.name}" in tools.`)
  const choice = forced ? toNamedChoice(forced.name) : mode
  const kept = allowed ? shown.filter(({ client }) => allowed.some((one) => isMeant(one, client))) : shown
  if (kept.length === 0) return { chat: {}, dropped }
  return {
    chat: {
      tools: kept.map(({ chat }) => chat),
      ...(choice !== undefined && { tool_choice: choice }),
      ...(typeof body['parallel_tool_calls'] === 'boolean' && { parallel_tool_calls: body['parallel_tool_calls'] }),
    },
    dropped,
  }
}

function mapTool(value: unknown, path: string, names: ToolNames, dropped: string[], namespace?: string): Shown[] {
  const tool = fieldsAt(value, path)
  const type = textAt(tool, 'type', path)
  if (type === 'namespace') {
    const inner = textAt(tool, 'name', path)
    return listAt(tool['tools'], `${path}.tools`).flatMap((one, index) =>
      mapTool(one, `${path}.tools[${index}]`, names, dropped, inner),
    )
  }
  if (type !== 'function' && type !== 'custom') {
    dropped.push(type)
    return []
  }
  const client: ClientTool = { kind: type, name: textAt(tool, 'name', path), namespace }
  const name = names.toModel(client)
  const isStrict = tool['strict'] === true
  const description = tool['description']
  return [
    {
      client,
      name,
      chat:
        type === 'custom'
          ? toChatTool({ name, description: describeCustom(tool), parameters: FREE_TEXT, isStrict: false })
          : toChatTool({ name, description, parameters: tool['parameters'], isStrict }),
    },
  ]
}

/** A tool that takes free text is shown as a function of one text. */
const FREE_TEXT = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
  required: ['input'],
  additionalProperties: false,
}

/** No provider holds a model to a grammar of its tool's, so the model is told of it. */
function describeCustom(tool: Fields): string {
  const description = typeof tool['description'] === 'string' ? tool['description'] : ''
  const format = tool['format']
  const definition = isFields(format) && format['type'] === 'grammar' ? format['definition'] : undefined
  if (!isFields(format) || typeof definition !== 'string') return description
  return `${description}\n\nThe input must follow this grammar (${String(format['syntax'])}):\n${definition}`.trim()
}

type Choice = {
  /** One word for all tools. */
  readonly mode?: string
  /** The one tool that must be called. */
  readonly named?: ClientTool
  /** The only tools that may be called. */
  readonly allowed?: readonly ClientTool[]
  /** The type of a hosted tool that must be called. */
  readonly hosted?: string
}

const MODES = ['auto', 'none', 'required']

function readChoice(value: unknown): Choice {
  if (isAbsent(value)) return {}
  if (typeof value === 'string') return { mode: readMode(value, 'tool_choice') }
  const choice = fieldsAt(value, 'tool_choice')
  const type = textAt(choice, 'type', 'tool_choice')
  if (type === 'allowed_tools') {
    const tools = listAt(choice['tools'], 'tool_choice.tools')
    const allowed = tools.flatMap((tool, index) => readNamed(fieldsAt(tool, `tool_choice.tools[${index}]`)) ?? [])
    return { mode: readMode(choice['mode'] ?? 'auto', 'tool_choice.mode'), allowed }
  }
  const named = readNamed(choice)
  return named ? { named } : { hosted: type }
}

function readMode(value: unknown, path: string): string {
  const mode = MODES.find((one) => one === value)
  return mode ?? refuse(path, `must be ${MODES.join(', ')} or an object that names a tool.`)
}

function readNamed(choice: Fields): ClientTool | undefined {
  const { type, name, namespace } = choice
  if ((type !== 'function' && type !== 'custom') || typeof name !== 'string') return undefined
  return { kind: type, name, namespace: typeof namespace === 'string' ? namespace : undefined }
}

/** A choice may leave the namespace out. */
function isMeant(choice: ClientTool, tool: ClientTool): boolean {
  return choice.name === tool.name && (choice.namespace === undefined || choice.namespace === tool.namespace)
}

/** A tool that the client insists on must not be left out in silence. */
function refuseHosted(types: string): never {
  return refuse('tool_choice', `this gateway does not run the hosted tools that it asks for (${types}). Leave it out.`)
}
