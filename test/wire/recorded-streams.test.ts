import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/core/failure.ts'
import type { AnswerEncoder } from '../../src/wire/answer-encoder.ts'
import type { Chunk } from '../../src/wire/chat/chunk.ts'
import { createMessagesEncoder } from '../../src/wire/messages/events.ts'
import { repeatRequest } from '../../src/wire/responses/answer.ts'
import { createResponsesEncoder } from '../../src/wire/responses/events.ts'
import { createToolNames } from '../../src/wire/responses/tool-names.ts'
import { HAS_SHARED } from '../recordings/support/shared-recordings.ts'
import { readMessagesStream } from '../support/read-messages.ts'
import { readResponsesStream } from '../support/read-responses.ts'
import type { Fields, ReadAnswer } from '../support/sse-answer.ts'
import { normalize, piecesOf, readChunks, STREAMS } from './support/recorded-chunks.ts'

type SurfaceCase = {
  readonly name: string
  readonly create: () => AnswerEncoder
  readonly read: (text: string) => ReadAnswer
  /** What a finish reason is here. */
  readonly ends: Readonly<Record<string, string>>
  readonly usageOf: (usage: Fields) => Fields
}

const detail = (usage: Fields, details: string, name: string) =>
  Number((usage[details] as Fields | null | undefined)?.[name] ?? 0)

const SURFACES: readonly SurfaceCase[] = [
  {
    name: 'responses',
    create: () =>
      createResponsesEncoder(
        { model: 'a/b', repeated: repeatRequest({}), names: createToolNames() },
        { id: '1', startedAt: 0, now: () => 0 },
      ),
    read: readResponsesStream,
    ends: {
      stop: 'completed',
      tool_calls: 'completed',
      length: 'incomplete:max_output_tokens',
      content_filter: 'incomplete:content_filter',
    },
    usageOf: (usage) => ({
      input_tokens: usage['prompt_tokens'],
      output_tokens: usage['completion_tokens'],
    }),
  },
  {
    name: 'messages',
    create: () => createMessagesEncoder({ model: 'a/b', stopSequences: [] }, { id: '1', requestId: 'r' }),
    read: readMessagesStream,
    ends: { stop: 'end_turn', tool_calls: 'tool_use', length: 'max_tokens', content_filter: 'refusal' },
    usageOf: (usage) => {
      const told =
        detail(usage, 'prompt_tokens_details', 'cached_tokens') || Number(usage['prompt_cache_hit_tokens'] ?? 0)
      // More from the cache than there was: a provider that counts so is not believed.
      const cached = told <= Number(usage['prompt_tokens']) ? told : 0
      return {
        input_tokens: Number(usage['prompt_tokens']) - cached,
        cache_read_input_tokens: cached,
        output_tokens: usage['completion_tokens'],
      }
    },
  },
]

/** Everything that an encoder writes for a stream, as the relay has it write. */
function encode(encoder: AnswerEncoder, chunks: readonly Chunk[], isWhole: boolean): string {
  const said = encoder.heartbeat() + chunks.map((chunk) => encoder.chunk(chunk) + encoder.silence()).join('')
  const cut = new GatewayError({ kind: 'interrupted', why: 'cut', target: 'a/b' })
  return said + (isWhole ? encoder.end() : encoder.fail(cut))
}

const recorded = STREAMS.map((recording) => ({ title: recording.name, recording }))

test.skipIf(!HAS_SHARED)('every recorded chat stream is there', () => {
  expect(STREAMS.length).toBeGreaterThanOrEqual(86)
})

describe.each(SURFACES)('through $name', ({ create, read, ends, usageOf }) => {
  test.each(recorded)('$title says the same', ({ recording }) => {
    const { chunks, end } = normalize(piecesOf(recording))
    const expected = readChunks(chunks)
    const answer = read(encode(create(), chunks, end === 'whole'))
    expect(answer.text).toBe(expected.text)
    expect(answer.reasoning).toBe(expected.reasoning)
    const calls = expected.calls.map((call) => ({ ...call, arguments: call.arguments || '{}' }))
    if (end === 'whole') {
      expect(answer.calls).toEqual(calls)
      const reason = expected.finish === 'stop' && calls.length > 0 ? 'tool_calls' : expected.finish
      expect(answer.end).toBe(ends[reason ?? (calls.length > 0 ? 'tool_calls' : 'stop')])
      if (expected.usage) expect(answer.usage).toMatchObject(usageOf(expected.usage))
      expect(answer.error).toBeUndefined()
    } else {
      expect(answer.error).toContain('incomplete')
    }
  })

  test('whichever way the bytes are cut', () => {
    const streams = STREAMS.filter(({ bytes }) => bytes.byteLength < 20_000)
    fc.assert(
      fc.property(
        fc.constantFrom(...streams),
        fc.array(fc.integer({ min: 1, max: 997 }), { minLength: 1 }),
        (stream, sizes) => {
          const pieces: Uint8Array[] = []
          for (let at = 0; at < stream.bytes.length; ) {
            const size = sizes[pieces.length % sizes.length] ?? 1
            pieces.push(stream.bytes.subarray(at, at + size))
            at += size
          }
          const cut = normalize(pieces)
          const whole = normalize([stream.bytes])
          expect(encode(create(), cut.chunks, true)).toBe(encode(create(), whole.chunks, true))
        },
      ),
      { numRuns: 60 },
    )
  })
})
