import { createParser } from 'eventsource-parser'
import { CommandError } from '../command-error.ts'
import { call, errorTextOf, fieldOf, listOf } from '../worker/http-call.ts'
import type { ClientName } from './client-snippets.ts'

/** What a call proved. */
export type ClientProof = { readonly text: string; readonly target: string | undefined; readonly hasUsage: boolean }

/** The streamed call of one API. */
type Wire = {
  readonly path: string
  readonly body: object
  read(events: readonly unknown[]): { readonly text: string; readonly isWhole: boolean; readonly hasUsage: boolean }
}

const PROMPT = [{ role: 'user', content: 'Say hello' }]
const MAX_TOKENS = 256

const CHAT: Wire = {
  path: '/v1/chat/completions',
  body: { stream_options: { include_usage: true }, messages: PROMPT, max_tokens: MAX_TOKENS },
  read(events) {
    const choices = events.flatMap((chunk) => listOf(fieldOf(chunk, 'choices')))
    return {
      text: choices.map((choice) => fieldOf(fieldOf(choice, 'delta'), 'content') ?? '').join(''),
      // `[DONE]` alone is no event of JSON: an answer without a finish reason has it as undefined.
      isWhole:
        (events.length > 0 && events.at(-1) === undefined) ||
        choices.some((choice) => fieldOf(choice, 'finish_reason')),
      hasUsage: events.some((chunk) => fieldOf(chunk, 'usage')),
    }
  },
}

const typeOf = (event: unknown) => String(fieldOf(event, 'type'))

const RESPONSES: Wire = {
  path: '/v1/responses',
  body: { input: PROMPT, store: false, max_output_tokens: MAX_TOKENS },
  read(events) {
    const deltas = events.filter((event) => typeOf(event) === 'response.output_text.delta')
    const last = events.at(-1)
    return {
      text: deltas.map((event) => fieldOf(event, 'delta') ?? '').join(''),
      isWhole: ['response.completed', 'response.incomplete'].includes(typeOf(last)),
      hasUsage: Boolean(fieldOf(fieldOf(last, 'response'), 'usage')),
    }
  },
}

const MESSAGES: Wire = {
  path: '/v1/messages',
  body: { messages: PROMPT, max_tokens: MAX_TOKENS },
  read(events) {
    const usage = fieldOf(
      events.find((event) => typeOf(event) === 'message_delta'),
      'usage',
    )
    return {
      text: events.map((event) => fieldOf(fieldOf(event, 'delta'), 'text') ?? '').join(''),
      isWhole: typeOf(events.at(-1)) === 'message_stop',
      hasUsage: Number(fieldOf(usage, 'output_tokens')) > 0,
    }
  },
}

/** The clients that speak another API than chat completions. */
const WIRES: Partial<Readonly<Record<ClientName, Wire>>> = { codex: RESPONSES, 'claude-code': MESSAGES }

/**
 * Makes the call that a client makes, streamed, and reads it to its end.
 *
 * @throws {CommandError} When it fails, breaks off, or says nothing.
 */
export async function proveClient(
  client: ClientName,
  url: string,
  apiKey: string,
  model: string,
): Promise<ClientProof> {
  const { path, body, read } = WIRES[client] ?? CHAT
  const answer = await call(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream: true, ...body }),
    limitMs: 180_000,
  })
  if (answer.status !== 200) throw new CommandError(`${path} answered ${answer.status}: ${errorTextOf(answer)}`)
  const events = readEvents(answer.text)
  const failed = events.find((event) => fieldOf(event, 'error') !== undefined)
  if (failed) throw new CommandError(`The stream broke: ${String(fieldOf(fieldOf(failed, 'error'), 'message'))}`)
  const { text, isWhole, hasUsage } = read(events)
  if (!isWhole) throw new CommandError('The stream ended before the answer did.')
  return { text, target: answer.headers.get('x-hugway-target') ?? undefined, hasUsage }
}

/** The events' data, parsed; `undefined` for the `[DONE]` of a chat. */
function readEvents(text: string): readonly unknown[] {
  const events: unknown[] = []
  const parser = createParser({ onEvent: ({ data }) => events.push(data === '[DONE]' ? undefined : JSON.parse(data)) })
  parser.feed(text)
  return events
}
