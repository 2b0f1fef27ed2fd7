import type OpenAI from 'openai'
import { APIError } from 'openai'
import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions'
import { readStream, reasoningOf, type SeenAnswer } from '../../clients/support/read-openai.ts'
import type { Recording } from './recording.ts'

/** An answer as the official SDK hands it out: everything in it, what an application reads of it, how it failed. */
export type Read = {
  /** Every chunk of a stream; a whole answer alone. */
  readonly raw: readonly (ChatCompletionChunk | ChatCompletion)[]
  readonly answer: Omit<SeenAnswer, 'events' | 'heartbeats'>
  readonly error: { readonly status: number | undefined; readonly message: string; readonly body: unknown } | undefined
}

const NOTHING = { text: '', reasoning: '', calls: [], finishReasons: [], usage: undefined }

/** Asks for a recording by its model's name, as a stream if it is one. */
export async function readAnswer(client: OpenAI, model: string, kind: Recording['kind']): Promise<Read> {
  const messages = [{ role: 'user' as const, content: 'hi' }]
  const raw: (ChatCompletionChunk | ChatCompletion)[] = []
  let failure: Read['error']
  try {
    if (kind === 'stream') {
      for await (const chunk of await client.chat.completions.create({
        model,
        messages,
        stream: true,
        stream_options: { include_usage: true },
      }))
        raw.push(chunk)
    } else raw.push(await client.chat.completions.create({ model, messages }))
  } catch (error) {
    if (!(error instanceof APIError)) throw error
    failure = { status: error.status, message: error.message, body: error.error }
  }
  const whole = raw.find(isWhole)
  if (whole) return { raw, answer: readWhole(whole), error: failure }
  const { events: _events, heartbeats: _heartbeats, ...answer } = await readStream(each(raw.filter(isChunk)))
  return { raw, answer: raw.length === 0 ? NOTHING : answer, error: failure }
}

function isWhole(answer: ChatCompletionChunk | ChatCompletion): answer is ChatCompletion {
  return answer.choices?.some((choice) => 'message' in choice)
}

function isChunk(answer: ChatCompletionChunk | ChatCompletion): answer is ChatCompletionChunk {
  return !isWhole(answer)
}

async function* each(chunks: readonly ChatCompletionChunk[]): AsyncGenerator<ChatCompletionChunk> {
  yield* chunks
}

function readWhole({ choices, usage }: ChatCompletion): Read['answer'] {
  const messages = choices.map(({ message }) => message)
  const calls = messages.flatMap(({ tool_calls: all }) => all ?? [])
  return {
    text: messages.map(({ content }) => content ?? '').join(''),
    reasoning: messages.map(reasoningOf).join(''),
    calls: calls.map((call) =>
      call.type === 'custom'
        ? { id: call.id, name: call.custom.name, arguments: call.custom.input }
        : { id: call.id, name: call.function.name, arguments: call.function.arguments },
    ),
    finishReasons: choices.map(({ finish_reason: reason }) => reason),
    usage: usage ?? undefined,
  }
}
