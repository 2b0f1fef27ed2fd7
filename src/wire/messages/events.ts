import type { TokenUsage } from '../../core/completion-record.ts'
import type { AnswerEncoder, WholeChat } from '../answer-encoder.ts'
import { piecesOf } from '../answer-pieces.ts'
import { type Chunk, type Fields, finishReasonOf, readUsage } from '../chat/chunk.ts'
import { createPartSequence, type Part, type PartWriter } from '../part-sequence.ts'
import { SIGNATURE, toBlock, toEmptyBlock, toStop, toUsage } from './answer.ts'
import { toMessagesErrorBody } from './error.ts'
import type { MessagesRequest } from './request.ts'

export type MessageOptions = { readonly id: string; readonly requestId: string }

/** A sign of life: Anthropic's own, which every client reads as nothing. */
const PING = 'event: ping\ndata: {"type":"ping"}\n\n'

/** Writes an answer as the events of the Messages API. Clients need the name of each event as well as its type. */
export function createMessagesEncoder(
  { model: asked, stopSequences }: Pick<MessagesRequest, 'model' | 'stopSequences'>,
  { id, requestId }: MessageOptions,
): AnswerEncoder {
  let model = asked ?? ''
  let usage: TokenUsage | undefined
  let finishReason: string | undefined
  let met: unknown
  let hasCalls = false
  let isBegun = false

  const read = (chunk: Chunk) => {
    if (model === '' && typeof chunk['model'] === 'string') model = chunk['model']
    usage = readUsage(chunk['usage']) ?? usage
    const pieces = piecesOf(chunk)
    finishReason = (pieces.choice && finishReasonOf(pieces.choice)) ?? finishReason
    met = pieces.choice?.['stop_reason'] ?? met
    hasCalls ||= pieces.calls.length > 0
    return pieces
  }
  const message = (content: readonly Fields[], stop: Fields): Fields => ({
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content,
    ...stop,
    usage: toUsage(usage),
  })
  const begin = () => {
    if (isBegun) return ''
    isBegun = true
    const begun = message([], { stop_reason: null, stop_sequence: null })
    return event('message_start', `"message":${JSON.stringify(begun)}`)
  }
  const stop = () => toStop(finishReason, { hasCalls, met, stopSequences })
  const parts = createPartSequence(BLOCK_WRITER)
  return {
    heartbeat: () => PING,
    silence: () => PING,
    chunk: (chunk) => {
      const pieces = read(chunk)
      return begin() + parts.add(pieces)
    },
    end() {
      const rest = begin() + parts.end()
      const delta = event(
        'message_delta',
        `"delta":${JSON.stringify(stop())},"usage":${JSON.stringify(toUsage(usage))}`,
      )
      return `${rest}${delta}event: message_stop\ndata: {"type":"message_stop"}\n\n`
    },
    // No message_stop: some clients take any end of the stream for the end of the answer, and none does after an error.
    fail: (thrown) => `event: error\ndata: ${JSON.stringify(toMessagesErrorBody(thrown, requestId))}\n\n`,
    whole(answer: WholeChat) {
      const blocks: Fields[] = []
      const whole = createPartSequence({
        open: () => '',
        add: () => '',
        close(part) {
          blocks.push(toBlock(part))
          return ''
        },
      })
      whole.add(read(answer))
      whole.end()
      return JSON.stringify(message(blocks, stop()))
    },
  }
}

/** An event; its members come as JSON without the braces. */
function event(type: string, members: string): string {
  return `event: ${type}\ndata: {"type":"${type}",${members}}\n\n`
}

const BLOCK_WRITER: PartWriter = {
  open: (part) =>
    event('content_block_start', `"index":${part.position},"content_block":${JSON.stringify(toEmptyBlock(part))}`),
  add: (part, piece) => delta(part, DELTAS[part.kind], piece),
  close(part) {
    const signature = part.kind === 'reasoning' ? delta(part, ['signature_delta', 'signature'], SIGNATURE) : ''
    return signature + event('content_block_stop', `"index":${part.position}`)
  },
}

const DELTAS = {
  text: ['text_delta', 'text'],
  reasoning: ['thinking_delta', 'thinking'],
  call: ['input_json_delta', 'partial_json'],
} as const

function delta(part: Part, [type, member]: readonly [type: string, member: string], piece: string): string {
  return event(
    'content_block_delta',
    `"index":${part.position},"delta":{"type":"${type}","${member}":${JSON.stringify(piece)}}`,
  )
}
