import { GatewayError } from '../../core/failure.ts'
import type { AnswerEncoder } from '../answer-encoder.ts'
import { toErrorBody } from './error.ts'
import { formatEvent } from './events.ts'

/**
 * Writes an answer as OpenAI's chat completion stream. A sign of life is an event: clients that time out on silence
 * count nothing else. What was tried on which client stands in `docs/decisions/2026-11-24-how-a-broken-stream-ends.md`.
 */
export function createChatEncoder(): AnswerEncoder {
  /** Members of a chunk that say nothing: the answer's own, as soon as they are known. */
  let shape: object = { id: '', object: 'chat.completion.chunk', created: 0, model: '' }
  let isBegun = false
  return {
    heartbeat: () => formatEvent(JSON.stringify({ ...shape, choices: [] })),
    silence: () => formatEvent(JSON.stringify({ ...shape, choices: [{ index: 0, delta: {}, finish_reason: null }] })),
    chunk(chunk, data) {
      if (!isBegun) {
        const { id, created, model } = chunk
        shape = {
          ...shape,
          ...(typeof id === 'string' && { id }),
          ...(created !== undefined && { created }),
          ...(model !== undefined && { model }),
        }
        isBegun = true
      }
      return formatEvent(data ?? JSON.stringify(chunk))
    },
    end: () => 'data: [DONE]\n\n',
    // `error` at the top level, which every client raises, and beside it a choice whose finish reason is `error`, for
    // code that reads nothing but choices.
    fail(thrown) {
      const choices = [{ index: 0, delta: {}, finish_reason: 'error' }]
      const { error } = toErrorBody(thrown)
      const failure = thrown instanceof GatewayError ? thrown.failure : undefined
      const sent = failure?.kind === 'upstream_error' ? failure.sent : {}
      return formatEvent(JSON.stringify({ ...shape, choices, error: { ...error, ...sent, message: error.message } }))
    },
    whole: (answer, text) => text ?? JSON.stringify(answer),
  }
}
