import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { createNormalizer } from '../../src/stream/normalizer.ts'
import { DONE_EVENT, deltaEvent, encode, FINISH, HELLO } from './support/streams.ts'

/** Finds something to hide in several events, and nothing in the data of one: then every event is read in full. */
const readAllInFull = (text: string) => (text.endsWith('\n') || text.includes('\n\n') ? `${text} ` : text)

function readPieces(pieces: readonly Uint8Array[], hide?: (text: string) => string) {
  let made = 0
  const normalizer = createNormalizer(() => `made-${++made}`, 1, hide)
  const chunks = pieces.flatMap((piece) => normalizer.feed(piece))
  const finished = normalizer.finish(true)
  return {
    chunks: [...chunks, ...finished.chunks],
    end: finished.end,
    eventCount: normalizer.eventCount(),
    textLength: normalizer.textLength(),
    usage: normalizer.usage(),
    isClean: normalizer.isClean(),
    hasBegun: normalizer.hasBegun(),
    hadReadCalls: normalizer.hadReadCalls(),
    hasBareChunk: normalizer.hasBareChunk(),
  }
}

function cut(text: string, at: readonly number[]): Uint8Array[] {
  const bytes = encode(text)
  const places = [0, ...at.map((place) => place % bytes.length).toSorted((one, other) => one - other), bytes.length]
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place))
}

const words = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('"', '\\', 'a\nb', '"},"', '?'))
const call = { index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }
/** Events by what they say. */
const kinds: readonly ((words: string) => string)[] = [
  (content) => deltaEvent({ content }),
  (content) => deltaEvent({ content }),
  (reasoning) => deltaEvent({ reasoning }),
  (reasoning) => deltaEvent({ reasoning_content: '', reasoning }),
  (content) => deltaEvent({ content, reasoning: content }),
  (content) => deltaEvent({ content }, null, 1),
  (content) => deltaEvent({ content, content_id: 'content' }),
  (content) => deltaEvent({ role: 'assistant', content }),
  (content) => deltaEvent({ content, tool_calls: [{ index: 0 }] }),
  (content) => deltaEvent({ content, tool_calls: [call] }),
  (content) => deltaEvent({ content }, 'stop'),
  (content) => deltaEvent({ content }).replaceAll('\n', '\r\n'),
  (content) => deltaEvent({ content }).replace('"x"', '"x","usage":{"prompt_tokens":3,"completion_tokens":4}'),
  (content) => `event: ping\n${deltaEvent({ content })}`,
  () => FINISH,
  () => FINISH,
  () => DONE_EVENT,
  () => ': ping\n\n',
  () => 'data: {"error":{"message":"it broke"}}\n\n',
  () => 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n',
  () => 'data: {"id":"x","choices":[{"index":0,"delta":{"content":"cut\n\n',
]
/** A stream has a few kinds of events, again and again. */
const events = fc
  .shuffledSubarray([...kinds.keys()], { minLength: 1, maxLength: 4 })
  .chain((some) => fc.array(fc.tuple(fc.constantFrom(...some), words), { maxLength: 20 }))
  .map((all) => all.map(([kind, said]) => kinds[kind]?.(said) ?? ''))

test('a stream whose plain events are not parsed is read as one whose every event is', () => {
  fc.assert(
    fc.property(events, fc.array(fc.nat(), { maxLength: 6 }), (all, places) => {
      const pieces = cut(HELLO + all.join(''), places)
      expect(readPieces(pieces)).toEqual(readPieces(pieces, readAllInFull))
    }),
    { numRuns: 3_000 },
  )
})

describe('of events that differ in nothing but their words', () => {
  const stream = (events: readonly string[]) => events.map((text) => encode(text))
  const countParsed = (pieces: readonly Uint8Array[]) => {
    const parse = vi.spyOn(JSON, 'parse')
    try {
      readPieces(pieces)
      return parse.mock.calls.length
    } finally {
      parse.mockRestore()
    }
  }
  const plain = Array.from({ length: 100 }, (_, at) => deltaEvent({ content: ` ${at}` }))

  test('none is parsed once their form is known', () => {
    expect(countParsed(stream([HELLO, ...plain]))).toBeLessThan(10)
  })

  test('the words are those that were escaped', () => {
    const { chunks } = readPieces(stream([HELLO, ...plain, deltaEvent({ content: 'a "b"\n\\' })]))
    expect(chunks.at(-1)?.chunk.choices[0]?.['delta']).toEqual({ content: 'a "b"\n\\' })
  })

  test('another text of an event is not taken for its words', () => {
    const named = (content: string, note: string) =>
      `data: {"id":"x","choices":[{"index":0,"delta":{"content":"${content}"},"note":{"content":"${note}"}}]}\n\n`
    const { chunks } = readPieces(stream([HELLO, named('a', 'a'), named('a', 'b'), named('a', 'c')]))
    expect(chunks.slice(1).map(({ chunk }) => chunk.choices[0]?.['delta'])).toEqual(Array(3).fill({ content: 'a' }))
  })

  test('one that ends the answer again does end it', () => {
    const ends = (content: string) => deltaEvent({ content }, 'stop')
    const goesOn = deltaEvent({ tool_calls: [call] })
    expect(readPieces(stream([HELLO, ends('a'), goesOn, ends('b')]))).toMatchObject({ end: 'whole' })
  })

  test('one whose name came before it in another piece has that name', () => {
    expect(readPieces(stream([HELLO, ...plain, 'event: error\n', ...plain]))).toMatchObject({ end: 'upstream_error' })
  })

  test('a form that no second event has is not learnt for ever', () => {
    const random = Array.from({ length: 100 }, (_, at) =>
      deltaEvent({ content: 'a', obfuscation: null }).replace('"x"', `"${at}"`),
    )
    expect(countParsed(stream([HELLO, ...random]))).toBeLessThan(120)
  })
})
