import { GatewayError } from '../../core/failure.ts'
import type { AnswerEncoder } from '../answer-encoder.ts'
import { type Chunk, type Fields, finishReasonOf, isFields } from './chunk.ts'
import { toErrorBody } from './error.ts'
import { formatEvent } from './events.ts'

export type ChatEncoderOptions = {
  /**
   * Whether the client asked for no usage: it gets no chunk without choices, which code that reads `choices[0]` fails on.
   * What the upstream tells stands beside the finish reason.
   */
  readonly hidesUsage: boolean
}

/**
 * Writes an answer as OpenAI's chat completion stream. A sign of life is an event: clients that time out on silence
 * count nothing else, and a comment's blank line makes some of them fail. What was tried on which client stands in
 * `docs/decisions/2026-11-24-how-a-broken-stream-ends.md`.
 */
export function createChatEncoder({ hidesUsage }: ChatEncoderOptions): AnswerEncoder {
  /** Members of a chunk that say nothing: the answer's own, as soon as they are known. No `id` before that. */
  let shape: Fields = { object: 'chat.completion.chunk', created: 0, model: '' }
  let isBegun = false
  let hasHeartbeat = false
  /** The finish, which waits for its usage until something else happens. */
  let held: Said | undefined
  const release = (): string => {
    const text = held ? say(held) : ''
    held = undefined
    return text
  }
  const event = (choice: Fields) => formatEvent(JSON.stringify({ ...shape, choices: [choice] }))
  return {
    heartbeat() {
      const delta = hasHeartbeat ? {} : { role: 'assistant' }
      hasHeartbeat = true
      return event({ index: 0, delta, finish_reason: null })
    },
    silence: () => release() || event({ index: 0, delta: {}, finish_reason: null }),
    chunk(chunk, data) {
      if (!isBegun) shape = shapeOf(chunk, shape)
      isBegun = true
      const said = hasHeartbeat ? withoutRole({ chunk, data }) : { chunk, data }
      if (!hidesUsage) return say(said)
      if (chunk.choices.length === 0) {
        if (held && isFields(chunk['usage'])) held = { chunk: { ...held.chunk, usage: chunk['usage'] } }
        return release()
      }
      const before = release()
      if (!endsWithoutUsage(chunk)) return before + say(said)
      held = said
      return before
    },
    end: () => `${release()}data: [DONE]\n\n`,
    // `error` at the top level, which every client raises, and beside it a choice whose finish reason is `error`, for
    // code that reads nothing but choices.
    fail(thrown) {
      const choices = [{ index: 0, delta: {}, finish_reason: 'error' }]
      const { error } = toErrorBody(thrown)
      const failure = thrown instanceof GatewayError ? thrown.failure : undefined
      const sent = failure?.kind === 'upstream_error' ? failure.sent : {}
      const told = { ...shape, choices, error: { ...error, ...sent, message: error.message } }
      return release() + formatEvent(JSON.stringify(told))
    },
    whole: (answer, text) => text ?? JSON.stringify(answer),
  }
}

type Said = { readonly chunk: Chunk; readonly data?: string | undefined }

const say = ({ chunk, data }: Said) => formatEvent(data ?? JSON.stringify(chunk))

function shapeOf({ id, created, model }: Chunk, before: Fields): Fields {
  return {
    ...(typeof id === 'string' && { id }),
    ...before,
    ...(created !== undefined && { created }),
    ...(model !== undefined && { model }),
  }
}

function endsWithoutUsage(chunk: Chunk): boolean {
  return !isFields(chunk['usage']) && chunk.choices.some((choice) => finishReasonOf(choice) !== undefined)
}

/** The first heartbeat has said the role of choice 0. */
function withoutRole(said: Said): Said {
  const isSaidAgain = ({ index, delta }: Fields) => index === 0 && isFields(delta) && delta['role'] !== undefined
  if (!said.chunk.choices.some(isSaidAgain)) return said
  const choices = said.chunk.choices.map((choice) => {
    if (!isSaidAgain(choice)) return choice
    const { role: _role, ...delta } = choice['delta'] as Fields
    return { ...choice, delta }
  })
  return { chunk: { ...said.chunk, choices } }
}
