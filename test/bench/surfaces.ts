import { eventsOf } from './shape.ts'

/** How one wire says a stream: its path, how many events it makes of so many tokens, and what the last bytes are. */
export type StreamWire = {
  readonly name: string
  readonly path: string
  bodyOf(chat: string): string
  eventsOf(tokens: number): number
  readonly end: Buffer
}

export const CHAT_WIRE: StreamWire = {
  name: 'chat, event by event',
  path: '/v1/chat/completions',
  // The other two are always told the usage, so the chat asks for it.
  bodyOf: (chat) => JSON.stringify({ ...JSON.parse(chat), stream_options: { include_usage: true } }),
  eventsOf,
  end: Buffer.from('data: [DONE]\n\n'),
}

/** The other two, asked the same. Each event stands for a token, or begins or ends the answer, its item, its part. */
export const TRANSLATED_WIRES: readonly StreamWire[] = [
  {
    name: 'responses',
    path: '/v1/responses',
    bodyOf(chat) {
      const { messages: input, ...rest } = JSON.parse(chat)
      return JSON.stringify({ ...rest, input })
    },
    eventsOf: (tokens) => tokens + 8,
    end: Buffer.from(']}}\n\n'),
  },
  {
    name: 'messages',
    path: '/v1/messages',
    bodyOf(chat) {
      const { messages, ...rest } = JSON.parse(chat)
      return JSON.stringify({ ...rest, max_tokens: 1_024, messages })
    },
    eventsOf: (tokens) => tokens + 5,
    end: Buffer.from('event: message_stop\ndata: {"type":"message_stop"}\n\n'),
  },
]
