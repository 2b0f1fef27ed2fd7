import type { ChatCompletionChunk } from 'openai/resources/chat/completions'

/** A tool call as it adds up. */
export type SeenCall = { readonly id: string | undefined; readonly name: string; readonly arguments: string }

/** What the SDK saw of one answer. */
export type SeenAnswer = {
  readonly text: string
  readonly reasoning: string
  readonly calls: readonly SeenCall[]
  /** Each one that came, in order, of whichever choice. */
  readonly finishReasons: readonly string[]
  /** The last that came. */
  readonly usage: ChatCompletionChunk['usage'] | undefined
  /** Chunks in all. */
  readonly events: number
  /** Chunks of no answer, as the gateway sends them before the first token. */
  readonly heartbeats: number
}

/** Members in which providers send reasoning; the SDK hands them on untyped. */
const REASONING_MEMBERS = ['reasoning_content', 'reasoning']

/** Adds up a stream as an application would: calls by their index, ids from the first piece that has one. */
export async function readStream(stream: AsyncIterable<ChatCompletionChunk>): Promise<SeenAnswer> {
  const calls: { id: string | undefined; name: string; arguments: string }[] = []
  const seen = { text: '', reasoning: '', finishReasons: [] as string[], events: 0, heartbeats: 0 }
  let usage: SeenAnswer['usage']
  for await (const chunk of stream) {
    seen.events += 1
    if (!chunk.id) seen.heartbeats += 1
    usage = chunk.usage ?? usage
    for (const { delta, finish_reason: reason } of chunk.choices ?? []) {
      seen.text += delta?.content ?? ''
      seen.reasoning += reasoningOf(delta)
      if (reason) seen.finishReasons.push(reason)
      for (const { index, id, function: fn } of delta?.tool_calls ?? []) {
        calls[index] ??= { id: undefined, name: '', arguments: '' }
        const call = calls[index]
        call.id ??= id || undefined
        call.name ||= fn?.name ?? ''
        call.arguments += fn?.arguments ?? ''
      }
    }
  }
  return { ...seen, calls: Object.values(calls), usage }
}

/** The reasoning in a delta or a message, whichever member it is in. */
export function reasoningOf(part: object | null | undefined): string {
  const members = new Map<string, unknown>(Object.entries(part ?? {}))
  return REASONING_MEMBERS.map((name) => members.get(name))
    .filter((value) => typeof value === 'string')
    .join('')
}
