import { toErrorBody } from './error.ts'

const encoder = new TextEncoder()
/** A chunk's members that say nothing: an id of ours would be taken for the answer's. */
const SHAPE = { id: '', object: 'chat.completion.chunk', created: 0, model: '' }

/** Ends a stream; clients stop reading here. */
export const DONE = encoder.encode('data: [DONE]\n\n')

/**
 * A sign of life before the first token. Clients that time out on silence count only events: a comment would not do.
 * `choices` is empty, so nothing of it shows; the other members are there for clients that check a chunk's shape.
 */
export const HEARTBEAT = encoder.encode(formatEvent(JSON.stringify({ ...SHAPE, choices: [] })))

/** Nothing for clients to read; written so that the runtime notices a client that has closed its connection. */
export const COMMENT = encoder.encode(': hugway\n\n')

/** An event of the stream; `data` may have several lines. */
export function formatEvent(
  data: string,
  fields: { readonly event?: string | undefined; readonly id?: string | undefined } = {},
): string {
  const event = fields.event ? `event: ${fields.event}\n` : ''
  const id = fields.id ? `id: ${fields.id}\n` : ''
  return `${event}${id}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`
}

/**
 * The last words of a stream that must not be taken for a whole answer. Begins with a blank line, which ends an event
 * that was cut in the middle.
 */
export function errorEvent(thrown: unknown): Uint8Array {
  return encoder.encode(`\n\n${formatErrorEvent(toErrorBody(thrown).error)}`)
}

/**
 * An error as an event: `error` at the top level, which every client raises, and beside it a choice whose finish reason
 * is `error`, for code that reads nothing but choices. What was tried on which client stands in
 * `docs/decisions/2026-11-24-how-a-broken-stream-ends.md`.
 *
 * @param rest Members that came with an upstream's own error.
 */
export function formatErrorEvent(error: object, rest: object = {}): string {
  const choices = [{ index: 0, delta: {}, finish_reason: 'error' }]
  return formatEvent(JSON.stringify({ ...SHAPE, choices, ...rest, error }))
}
