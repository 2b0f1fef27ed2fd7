import type { RawAnswer } from '../support/raw-client.ts'
import { readMessage, readMessagesStream } from '../support/read-messages.ts'
import { readResponse, readResponsesStream } from '../support/read-responses.ts'
import { fieldsOf, type ReadAnswer } from '../support/sse-answer.ts'
import { SSE_READERS } from '../support/sse-readers.ts'
import { type Reading, readJson, readStream } from './read-answer.ts'

/** One of the wires by which the same faults are played. */
export type MatrixSurface = {
  readonly name: 'chat' | 'responses' | 'messages'
  readonly path: string
  /** The request for some text. */
  readonly body: object
  readStream(answer: RawAnswer): Reading
  readJson(answer: RawAnswer): Reading
}

const SAY = 'Say something.'

export const CHAT: MatrixSurface = {
  name: 'chat',
  path: '/v1/chat/completions',
  body: { messages: [{ role: 'user', content: SAY }] },
  readStream: (answer) => withReaders(readStream(answer), answer.body),
  readJson,
}

/** Notes which other ways than the standard's, in which real clients read a stream, fail on a whole answer. */
function withReaders(reading: Reading, body: string): Reading {
  if (!reading.isComplete || reading.error !== undefined || reading.unreadable !== undefined) return reading
  const failing = Object.entries(SSE_READERS).flatMap(([name, read]) => {
    try {
      read(body)
      return []
    } catch (error) {
      return [`${name} fails: ${String(error)}`]
    }
  })
  return { ...reading, notes: [...reading.notes, ...failing] }
}

/** The other two, whose streams are read by the rules of their APIs: what breaks one counts as unreadable. */
export const TRANSLATED: readonly MatrixSurface[] = [
  {
    name: 'responses',
    path: '/v1/responses',
    body: { input: SAY },
    readStream: ({ body }) => reading(() => readResponsesStream(body), isComplete),
    readJson: ({ body }) => reading(() => readResponse(fieldsOf(JSON.parse(body))), isComplete),
  },
  {
    name: 'messages',
    path: '/v1/messages',
    body: { messages: [{ role: 'user', content: SAY }], max_tokens: 1_024 },
    readStream: ({ body }) => reading(() => readMessagesStream(body), isStopped),
    readJson: ({ body }) => reading(() => readMessage(fieldsOf(JSON.parse(body))), isStopped),
  },
]

const isComplete = ({ end }: ReadAnswer) => end === 'completed' || end?.startsWith('incomplete') === true
const isStopped = ({ end }: ReadAnswer) => end !== undefined

function reading(read: () => ReadAnswer, isWhole: (answer: ReadAnswer) => boolean): Reading {
  try {
    const answer = read()
    const { text, calls, error } = answer
    return {
      text,
      toolArguments: calls.map((call) => call.arguments),
      isComplete: isWhole(answer),
      ...(error !== undefined && { error }),
      notes: [],
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    return { text: '', toolArguments: [], isComplete: false, unreadable: why, notes: [] }
  }
}
