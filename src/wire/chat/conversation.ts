import type { Fields } from './chunk.ts'

/** What a message holds, as chat completions write it. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string; readonly detail?: string } }

export type ToolCall = { readonly id: string; readonly name: string; readonly arguments: string }

/**
 * Gathers the turns of a conversation that another API wrote into the messages of a chat completion:
 *
 * - one system message, first: templates refuse another one. What the system says after the first answer becomes a
 *   user's message; moved to the front, it would change the cached prefix on every turn.
 * - one assistant message for each turn of the model, with its text, its calls and the reasoning before them.
 * - the results of a turn's calls directly after it, in the order in which they came; images of theirs after them, in a
 *   user's message, because a tool message holds text only.
 */
export type Conversation = {
  system(text: string): void
  user(parts: readonly ContentPart[]): void
  /** Reasoning goes into the assistant message that follows it, and is dropped where none does. */
  reasoning(text: string): void
  assistant(text: string): void
  call(call: ToolCall): void
  /** @returns Whether a call with this id was made; nothing is added otherwise. */
  result(callId: string, parts: readonly ContentPart[]): boolean
  messages(): Fields[]
  /** The same without reasoning; `undefined` where there is none in it. */
  messagesWithoutReasoning(): Fields[] | undefined
}

type Answer = { readonly texts: string[]; readonly reasoning: string[]; readonly calls: ToolCall[] }
type Turn = {
  readonly answer?: Answer
  readonly user?: Fields
  readonly results: Fields[]
  readonly images: ContentPart[]
}

/** An empty conversation. */
export function createConversation(): Conversation {
  const systemTexts: string[] = []
  const turns: Turn[] = []
  const turnOfCall = new Map<string, Turn>()
  let thoughts: string[] = []
  let current: (Turn & { readonly answer: Answer }) | undefined
  let hasAnswer = false

  const messages = () => [
    ...(systemTexts.length > 0 ? [{ role: 'system', content: systemTexts.join('\n\n') }] : []),
    ...turns.flatMap(toMessages),
  ]
  const say = (content: Fields['content']) => {
    current = undefined
    thoughts = []
    turns.push({ user: { role: 'user', content }, results: [], images: [] })
  }
  const answering = () => {
    if (!current) {
      current = { answer: { texts: [], reasoning: [], calls: [] }, results: [], images: [] }
      turns.push(current)
      hasAnswer = true
    }
    current.answer.reasoning.push(...thoughts)
    thoughts = []
    return current
  }
  return {
    system(text) {
      if (hasAnswer) say(text)
      else systemTexts.push(text)
    },
    user: (parts) => say(toContent(parts)),
    reasoning: (text) => void thoughts.push(text),
    assistant: (text) => void answering().answer.texts.push(text),
    call(call) {
      const turn = answering()
      turn.answer.calls.push(call)
      turnOfCall.set(call.id, turn) // some providers use an id again in every turn: the latest is meant
    },
    result(callId, parts) {
      const turn = turnOfCall.get(callId)
      if (!turn) return false
      current = undefined
      turn.results.push({ role: 'tool', tool_call_id: callId, content: textOf(parts) })
      turn.images.push(...parts.filter(({ type }) => type === 'image_url'))
      return true
    },
    messages,
    messagesWithoutReasoning() {
      const all = messages()
      if (!all.some((message) => 'reasoning_content' in message)) return undefined
      return all.map(({ reasoning_content: _thoughts, ...rest }) => rest)
    },
  }
}

function toMessages({ answer, user, results, images }: Turn): Fields[] {
  const shown = { type: 'text', text: 'Images from the results of the tools:' }
  return [
    ...(user ? [user] : []),
    ...(answer ? [toAssistantMessage(answer)] : []),
    ...results,
    ...(images.length > 0 ? [{ role: 'user', content: [shown, ...images] }] : []),
  ]
}

/** Reasoning goes back on tool turns alone: DeepSeek and Kimi ask for it there, and some refuse it on any other. */
function toAssistantMessage({ texts, reasoning, calls }: Answer): Fields {
  const content = texts.join('\n\n')
  if (calls.length === 0) return { role: 'assistant', content }
  return {
    role: 'assistant',
    content: content === '' ? null : content,
    ...(reasoning.length > 0 && { reasoning_content: reasoning.join('\n\n') }),
    tool_calls: calls.map(({ id, name, arguments: text }) => ({
      id,
      type: 'function',
      function: { name, arguments: text },
    })),
  }
}

/** Text alone goes up as a string, which every provider takes. */
function toContent(parts: readonly ContentPart[]): string | readonly ContentPart[] {
  return parts.every(({ type }) => type === 'text') ? textOf(parts) : parts
}

function textOf(parts: readonly ContentPart[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
}
