import { createNormalizer } from '../../../src/stream/normalizer.ts'
import type { StreamEnd } from '../../../src/stream/reading.ts'
import type { Chunk } from '../../../src/wire/chat/chunk.ts'
import { readOwnRecordings } from '../../recordings/support/own-recordings.ts'
import { type Recording, toRawAnswer } from '../../recordings/support/recording.ts'
import { readSharedRecordings } from '../../recordings/support/shared-recordings.ts'
import { type Fields, fieldsOf, isFields, listOf, type ReadCall, textOf } from '../../support/sse-answer.ts'

/** Every recorded chat stream: the project's own, and those kept beside it where they are. */
export const STREAMS: readonly Recording[] = [...readOwnRecordings(), ...readSharedRecordings()].filter(
  ({ kind, status }) => kind === 'stream' && status === 200,
)

/** The chunks that an encoder is given, for bytes that come in these pieces. */
export function normalize(pieces: readonly Uint8Array[]): {
  readonly chunks: readonly Chunk[]
  readonly end: StreamEnd
} {
  let made = 0
  const normalizer = createNormalizer(() => `made-${++made}`, 1)
  const chunks = pieces.flatMap((piece) => normalizer.feed(piece))
  const ended = normalizer.end()
  const rest = ended ? { chunks: [], end: ended } : normalizer.finish(true)
  return { chunks: [...chunks, ...rest.chunks].map(({ chunk }) => chunk), end: rest.end }
}

/** A recording's bytes, in the pieces in which it is replayed. */
export function piecesOf(recording: Recording): readonly Uint8Array[] {
  const { chunks } = toRawAnswer(recording, 'events')
  return chunks.map((chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk))
}

/** What a chat client reads of these chunks, written without a line of the gateway's. */
export function readChunks(chunks: readonly Chunk[]) {
  const calls = new Map<string, { id: string; name: string; arguments: string }>()
  let [text, reasoning] = ['', '']
  let finish: string | undefined
  let usage: Fields | undefined
  for (const chunk of chunks) {
    if (isFields(chunk['usage'])) usage = chunk['usage']
    for (const choice of listOf(chunk.choices)) {
      const delta = isFields(choice['delta']) ? choice['delta'] : {}
      const content = delta['content'] ?? choice['text']
      text +=
        textOf(content) +
        listOf(content)
          .map((part) => textOf(part['text']))
          .join('')
      reasoning += textOf(delta['reasoning_content'] || delta['reasoning'])
      for (const part of listOf(content))
        reasoning += listOf(part['thinking'])
          .map((one) => textOf(one['text']))
          .join('')
      finish = textOf(choice['finish_reason']) || finish
      for (const call of listOf(delta['tool_calls'])) addCall(calls, call)
    }
  }
  return { text, reasoning, calls: [...calls.values()] as readonly ReadCall[], finish, usage }
}

/** A name with another id begins another call, whatever its index: Cerebras gives all of them the same. */
function addCall(calls: Map<string, { id: string; name: string; arguments: string }>, call: Fields): void {
  const fn = fieldsOf(call['function'] ?? {})
  const [id, name, written] = [textOf(call['id']), textOf(fn['name']), textOf(fn['arguments'])]
  const known = [...calls].findLast(([key]) => key.startsWith(`${call['index']}:`))?.[1]
  if (known && (id === '' || name === '' || known.id === id)) {
    known.name ||= name
    known.arguments += written
  } else calls.set(`${call['index']}:${id}`, { id, name, arguments: written })
}
