import { createParser } from 'eventsource-parser'
import { CommandError } from '../command-error.ts'
import { call, errorTextOf, fieldOf, listOf } from '../worker/http-call.ts'

/** What a call proved. */
export type ClientProof = { readonly text: string; readonly target: string | undefined; readonly hasUsage: boolean }

/**
 * Makes the call that every one of these clients makes: a streamed chat, with usage, and reads it to its end.
 *
 * @throws {CommandError} When it fails, breaks off, or says nothing.
 */
export async function proveClient(url: string, apiKey: string, model: string): Promise<ClientProof> {
  const body = {
    model,
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'Say hello' }],
    max_tokens: 256,
  }
  const answer = await call(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    limitMs: 180_000,
  })
  if (answer.status !== 200) throw new CommandError(`The chat answered ${answer.status}: ${errorTextOf(answer)}`)
  const events = readEvents(answer.text)
  const chunks = events.filter((event) => event !== '[DONE]').map((event): unknown => JSON.parse(event))
  const failed = chunks.find((chunk) => fieldOf(chunk, 'error') !== undefined)
  if (failed) throw new CommandError(`The stream broke: ${String(fieldOf(fieldOf(failed, 'error'), 'message'))}`)
  const choices = chunks.flatMap((chunk) => listOf(fieldOf(chunk, 'choices')))
  const text = choices.map((choice) => fieldOf(fieldOf(choice, 'delta'), 'content') ?? '').join('')
  const isWhole = events.at(-1) === '[DONE]' || choices.some((choice) => fieldOf(choice, 'finish_reason'))
  if (!isWhole) throw new CommandError('The stream ended before the answer did.')
  return {
    text,
    target: answer.headers.get('x-hugway-target') ?? undefined,
    hasUsage: chunks.some((chunk) => fieldOf(chunk, 'usage')),
  }
}

function readEvents(text: string): readonly string[] {
  const events: string[] = []
  const parser = createParser({ onEvent: ({ data }) => events.push(data) })
  parser.feed(text)
  return events
}
