import type { TokenUsage } from '../../core/completion-record.ts'
import type { AnswerEncoder, WholeChat } from '../answer-encoder.ts'
import { piecesOf } from '../answer-pieces.ts'
import { type Chunk, finishReasonOf, readUsage } from '../chat/chunk.ts'
import { createPartSequence } from '../part-sequence.ts'
import { createResponseWriter, type ResponseState, toItem, toItemId, toSaid } from './answer.ts'
import { toResponseError } from './error.ts'
import { createItemWriter } from './items.ts'
import type { ResponsesRequest } from './request.ts'

/** What an answer needs from outside. Times in milliseconds since the epoch. */
export type ResponseOptions = { readonly id: string; readonly startedAt: number; readonly now: () => number }

/** Nothing for clients to read: an event that they do not know breaks some of them, a comment none. */
const COMMENT = ': hugway\n\n'

/** Why an answer that ended is not complete, by its finish reason. */
const INCOMPLETE: Readonly<Record<string, string>> = { length: 'max_output_tokens', content_filter: 'content_filter' }

/**
 * Writes an answer as the events of the Responses API. Every client reads another part of them (Codex only the items
 * that are done, `@openai/agents` only the last event), so all are sent, always.
 */
export function createResponsesEncoder(
  { model: asked, repeated, names }: Pick<ResponsesRequest, 'model' | 'repeated' | 'names'>,
  { id, startedAt, now }: ResponseOptions,
): AnswerEncoder {
  const write = createResponseWriter(repeated, { id: `resp_${id}`, createdAt: Math.floor(startedAt / 1_000) })
  const output: string[] = []
  let model = asked ?? ''
  let finishReason: string | undefined
  let usage: TokenUsage | undefined
  let number = 0
  let isBegun = false

  /** @param members The event's members as JSON, without the braces. */
  const event = (type: string, members: string) =>
    `event: ${type}\ndata: {"type":"${type}","sequence_number":${number++},${members}}\n\n`
  const responseEvent = (type: string, state: Omit<ResponseState, 'model' | 'output'>) =>
    event(type, `"response":${write({ ...state, model, output })}`)
  const begin = () => {
    if (isBegun) return ''
    isBegun = true
    const status = 'in_progress'
    return responseEvent('response.created', { status }) + responseEvent('response.in_progress', { status })
  }
  const isCutShort = () => finishReason === 'length'
  const items = createItemWriter({ id, names, event, output, isCutShort })
  const parts = createPartSequence(items)
  const read = (chunk: Chunk) => {
    if (model === '' && typeof chunk['model'] === 'string') model = chunk['model']
    usage = readUsage(chunk['usage']) ?? usage
    const pieces = piecesOf(chunk)
    finishReason = (pieces.choice && finishReasonOf(pieces.choice)) ?? finishReason
    return pieces
  }
  const ending = (): Omit<ResponseState, 'model' | 'output'> => {
    const incompleteReason = INCOMPLETE[finishReason ?? '']
    const status = incompleteReason ? 'incomplete' : 'completed'
    return { status, incompleteReason, usage, ...(!incompleteReason && { completedAt: Math.floor(now() / 1_000) }) }
  }
  return {
    heartbeat: () => COMMENT,
    silence: () => COMMENT,
    chunk: (chunk) => {
      const pieces = read(chunk)
      return begin() + parts.add(pieces)
    },
    end() {
      const rest = begin() + parts.end()
      const state = ending()
      return rest + responseEvent(`response.${state.status}`, state)
    },
    fail(thrown) {
      const { error, event: words } = toResponseError(thrown)
      const opened = begin()
      const told = event('error', JSON.stringify(words).slice(1, -1))
      return opened + told + responseEvent('response.failed', { status: 'failed', error, usage })
    },
    whole(answer: WholeChat) {
      const whole = createPartSequence({
        open: () => '',
        add: () => '',
        close(part) {
          const status = isCutShort() ? 'incomplete' : 'completed'
          output.push(toItem(part, toItemId(part, id, names), status, names, toSaid(part, names)))
          return ''
        },
      })
      whole.add(read(answer))
      whole.end()
      return write({ ...ending(), model, output })
    },
  }
}
