import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fault } from '../../src/core/routing/outcome.ts'
import { openCrumbReader } from '../../src/stream/crumb-reader.ts'
import { type FirstEventResult, readFirstEvent } from '../../src/stream/first-event.ts'
import { createNormalizer } from '../../src/stream/normalizer.ts'
import { isFields } from '../../src/wire/chat/chunk.ts'
import { bodyOf, DONE_EVENT, deltaEvent, encode, FINISH, HELLO, realClock } from './support/streams.ts'

type Pieces = Parameters<typeof bodyOf>
const USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":9}}\n\n'
const NO_TOKENS = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":0}}\n\n'
const ROLE = deltaEvent({ role: 'assistant', content: '' })

function open(...pieces: Pieces): Promise<FirstEventResult> {
  return read(bodyOf(...pieces), 200)
}

function read(body: ReadableStream<Uint8Array>, firstTokenMs: number): Promise<FirstEventResult> {
  return readFirstEvent(
    body,
    createNormalizer(() => 'made', 1),
    firstTokenMs,
    realClock,
  )
}

/** The text that a stream says, from what was read of it and what was not. */
async function textOf(result: FirstEventResult): Promise<string> {
  if (!('begun' in result)) throw new Error(`did not begin: ${JSON.stringify(result)}`)
  const { normalizer, chunks, rest } = result.begun
  const all = [...chunks]
  for await (const piece of rest ?? []) all.push(...normalizer.feed(piece))
  return all.map(({ chunk }) => contentOf(chunk.choices[0]?.['delta'])).join('')
}

const contentOf = (delta: unknown) => (isFields(delta) && typeof delta['content'] === 'string' ? delta['content'] : '')

describe('a stream is committed to once it has something of substance', () => {
  test.each<[title: string, pieces: string[], text?: string]>([
    ['at once', [HELLO, FINISH, DONE_EVENT]],
    ['after comments', [': OPENROUTER PROCESSING\n\n', ': still\n\n', HELLO, FINISH]],
    ['after a role', [ROLE, HELLO, FINISH]],
    ['after usage and empty deltas', ['data: {"choices":[],"usage":{}}\n\n', deltaEvent({}), HELLO, FINISH]],
    ['with reasoning', [ROLE, deltaEvent({ reasoning_content: 'hm' }), HELLO]],
    ['with a tool call', [ROLE, deltaEvent({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f' } }] })], ''],
    ['with an end for want of tokens', [ROLE, deltaEvent({}, 'length'), DONE_EVENT], ''],
    ['with an end by a filter', [ROLE, deltaEvent({}, 'content_filter'), DONE_EVENT], ''],
    ['with an end after tokens that nobody sees', [ROLE, FINISH, USAGE, DONE_EVENT], ''],
    ['in one piece', [HELLO + FINISH + DONE_EVENT]],
    ['in one piece, whatever comes after its end', [`${HELLO}${FINISH}${DONE_EVENT}data: garbage\n\n`]],
    ['beside an error that is none', ['data: {"error":false,"choices":[{"delta":{"content":"x"}}]}\n\n'], 'x'],
    ['after pings of every kind', ['data: ping\n\n', 'data: null\n\n', 'event: ping\ndata: {}\n\n', HELLO]],
    ['after a byte order mark and blank lines', ['\ufeff\n\n', HELLO]],
    ['with CRLF', [HELLO.replaceAll('\n', '\r\n'), FINISH]],
    ['without a last blank line', [HELLO.trim()]],
    ['after an empty event', ['data:\n\n', HELLO]],
  ])('%s', async (_title, pieces, text = 'Hello') => {
    expect(await textOf(await open(...pieces))).toBe(text)
  })

  test('and not one byte is lost, wherever it was cut', async () => {
    const bytes = encode(`\ufeff: c\n\n${ROLE}${deltaEvent({ content: 'ü😀' })}${FINISH}${DONE_EVENT}`)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((place, index) => bytes.slice(places[index], place))
        expect(await textOf(await open(...pieces.filter((piece) => piece.length > 0)))).toBe('ü😀')
      }),
      { seed: 14 },
    )
  })
})

describe('until then, any fault leaves the way open for another target', () => {
  const error = (message: string) => ({ kind: 'error_event', error: { message } }) as const
  const bad = (detail: string): Fault => ({ kind: 'bad_answer', detail: expect.stringContaining(detail) })
  test.each<[title: string, pieces: Pieces, outcome: Fault]>([
    ['an error as the first event', ['data: {"error":{"message":"overloaded"}}\n\n'], error('overloaded')],
    ['an error as text', ['data: {"error":"overloaded"}\n\n'], error('overloaded')],
    ['an error by its name', ['event: error\ndata: it broke\n\n'], error('it broke')],
    ['an error after a role', [ROLE, 'data: {"error":{"message":"x"}}\n\n'], error('x')],
    ['an error in the same piece as the first token', [`data: {"error":"x"}\n\n${HELLO}`], error('x')],
    ['nothing', [], bad('empty')],
    ['blank lines', ['\n\n\n'], bad('empty')],
    ['comments alone', [': ping\n\n'], bad('empty')],
    ['[DONE] alone', [DONE_EVENT], bad('empty')],
    ['a role and an end', [ROLE, DONE_EVENT], bad('empty')],
    ['[DONE], the connection left open', [DONE_EVENT, 1_000], bad('empty')],
    ['an HTML page', ['<!doctype html><html>'], bad('HTML')],
    ['an HTML page in small pieces', ['\n', ' <', 'html>'], bad('HTML')],
    ['plain text', ['upstream connect error'], bad('empty')],
    ['nonsense as data', ['data: hello\n\n'], bad('empty')],
    ['an end without a word', [ROLE, FINISH, DONE_EVENT], bad('empty')],
    ['an end without a word, told twice', [ROLE, FINISH, FINISH, NO_TOKENS, DONE_EVENT], bad('empty')],
    ['a role and a finish that is none', [deltaEvent({ role: 'assistant', content: '' }, 'null')], bad('empty')],
    ['calls that never came', [ROLE, deltaEvent({}, 'tool_calls'), DONE_EVENT], bad('broken off')],
    ['an error of another name', ['data: {"object":"error","message":"busy"}\n\n'], error('busy')],
    ['an error inside a choice', ['data: {"choices":[{"delta":{},"error":{"message":"busy"}}]}\n\n'], error('busy')],
    ['half an event and an end', ['data: {"choices":[{"delta":{"content":"he'], bad('not JSON')],
    ['a finish that broke off', [deltaEvent({}, 'error')], bad('broken off')],
    ['a reset', [ROLE, new Error('reset')], { kind: 'network', beforeHeaders: false }],
    ['silence', [ROLE, 5_000], { kind: 'timeout', phase: 'first_token' }],
    [
      'comments without an end',
      [
        ...Array(50)
          .fill(': ping\n\n')
          .flatMap((ping) => [ping, 50]),
      ],
      { kind: 'timeout', phase: 'first_token' },
    ],
  ])('%s', async (_title, pieces, outcome) => {
    expect(await open(...pieces)).toEqual({ outcome })
  })

  test('and the connection is let go of', async () => {
    let reason: unknown = 'not cancelled'
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(encode('data: {"error":"x"}\n\n')),
      cancel: (why) => {
        reason = why
      },
    })
    await read(body, 200)
    expect(reason).not.toBe('not cancelled')
  })
})

test('JSON where a stream was asked for is read to its end', async () => {
  const answer = '{"choices":[{"message":{"content":"hi"}}]}'
  expect(await open(' \n{"choi', 10, answer.slice(6))).toEqual({
    outcome: { kind: 'answering' },
    body: { text: answer },
  })
})

test('an begun without an end is not held in memory', async () => {
  const megabyte = `: ${'x'.repeat(1024 * 1024)}\n\n`
  const result = await read(bodyOf(...Array(20).fill(megabyte)), 30_000)
  expect(result).toMatchObject({ outcome: { kind: 'bad_answer' } })
})

describe('white space before the answer', () => {
  const spaces = (count: number) => Array.from({ length: count }, () => ' \n'.repeat(512))

  test('is waited through, whatever it is cut into', async () => {
    expect(await textOf(await open(...spaces(64), HELLO, FINISH))).toBe('Hello')
    expect(await textOf(await open(...Array(300).fill('\n'), HELLO, FINISH))).toBe('Hello')
  })

  test('of more than 64 KiB is a bad answer, and no more of it is read', async () => {
    const pieces = spaces(10_000)
    const body = bodyOf(...pieces)
    expect(await read(body, 60_000)).toMatchObject({
      outcome: { kind: 'bad_answer', detail: expect.stringContaining('white space') },
    })
  })

  test.each<[what: string, pieces: Uint8Array[]]>([
    ['whole', [Uint8Array.of(0xef, 0xbb, 0xbf), encode(HELLO)]],
    ['split', [Uint8Array.of(0xef, 0xbb), new Uint8Array([0xbf, ...encode(HELLO)])]],
  ])('may have a byte order mark in it (%s)', async (_what, pieces) => {
    expect(await textOf(await open(...pieces))).toBe('Hello')
  })
})

describe('an answer in one-byte chunks', () => {
  const crumbs = (text: string) => Array.from(encode(text), (byte) => Uint8Array.of(byte))

  /** Over the runtime's own stream, whose reader can gather; counts how often JavaScript was woken. */
  function counted(text: string) {
    const { readable, writable } = new IdentityTransformStream()
    const send = async () => {
      const writer = writable.getWriter()
      for (const byte of crumbs(text)) await writer.write(byte)
      await writer.close()
    }
    send().catch(() => {})
    return readable
  }

  test('is gathered by the runtime, and all of it is there', async () => {
    const long = deltaEvent({ content: 'x'.repeat(20_000) })
    let reads = 0
    const reader = openCrumbReader(counted(long), { ...realClock, now: () => 0 })
    const seen: number[] = []
    for (let got = await reader.read(); !got.done && got.value; got = await reader.read()) {
      reads++
      seen.push(...got.value)
    }
    expect(new TextDecoder().decode(new Uint8Array(seen))).toBe(long)
    expect(reads).toBeLessThan(256 + long.length / 256 + 2)
  })

  test('that comes slowly is handed on byte by byte', async () => {
    let nowMs = 0
    const reader = openCrumbReader(counted('y'.repeat(2_000)), { ...realClock, now: () => ++nowMs * 200 })
    const sizes: number[] = []
    for (let got = await reader.read(); !got.done && got.value; got = await reader.read())
      sizes.push(got.value.byteLength)
    expect(new Set(sizes)).toEqual(new Set([1]))
  })

  test('is read as one that came whole', async () => {
    expect(await textOf(await read(counted(HELLO + FINISH + DONE_EVENT), 5_000))).toBe('Hello')
    const whole = '{"choices":[{"message":{"content":"Hello"}}]}'
    expect(await read(counted(`  ${whole}`), 5_000)).toMatchObject({ body: { text: whole } })
  })
})
