import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fault } from '../../src/core/routing/outcome.ts'
import { type FirstEventResult, readFirstEvent } from '../../src/stream/first-event.ts'
import { bodyOf, DONE_EVENT, deltaEvent, encode, FINISH, HELLO, realClock } from './support/streams.ts'

type Pieces = Parameters<typeof bodyOf>
const ROLE = deltaEvent({ role: 'assistant', content: '' })

function open(...pieces: Pieces): Promise<FirstEventResult> {
  return readFirstEvent(bodyOf(...pieces), 200, realClock)
}

/** Everything of a stream that was opened: what was read of it and what was not. */
async function allOf(result: FirstEventResult): Promise<string> {
  if (!('begun' in result)) throw new Error(`did not open: ${JSON.stringify(result)}`)
  const { head, rest } = result.begun
  const pieces = [...head]
  for await (const piece of rest ?? []) pieces.push(piece)
  return new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(await new Blob(pieces).arrayBuffer())
}

describe('a stream is committed to once it has something of substance', () => {
  test.each<[title: string, pieces: string[]]>([
    ['at once', [HELLO, FINISH, DONE_EVENT]],
    ['after comments', [': OPENROUTER PROCESSING\n\n', ': still\n\n', HELLO, FINISH]],
    ['after a role', [ROLE, HELLO, FINISH]],
    ['after usage and empty deltas', ['data: {"choices":[],"usage":{}}\n\n', deltaEvent({}), HELLO, FINISH]],
    ['with reasoning', [ROLE, deltaEvent({ reasoning_content: 'hm' }), HELLO]],
    ['with a tool call', [ROLE, deltaEvent({ tool_calls: [{ index: 0 }] })]],
    ['with a finish alone', [ROLE, FINISH, DONE_EVENT]],
    ['in one piece', [HELLO + FINISH + DONE_EVENT]],
    ['in one piece, whatever comes after its end', [`${HELLO}${FINISH}${DONE_EVENT}data: garbage\n\n`]],
    ['beside an error that is none', ['data: {"error":false,"choices":[{"delta":{"content":"x"}}]}\n\n']],
    ['after a byte order mark and blank lines', ['\ufeff\n\n', HELLO]],
    ['with CRLF', [HELLO.replaceAll('\n', '\r\n'), FINISH]],
    ['without a last blank line', [HELLO.trim()]],
    ['after an empty event', ['data:\n\n', HELLO]],
  ])('%s', async (_title, pieces) => {
    expect(await allOf(await open(...pieces))).toBe(pieces.join(''))
  })

  test('and not one byte is lost, wherever it was cut', async () => {
    const bytes = encode(`\ufeff: c\n\n${ROLE}${deltaEvent({ content: 'ü😀' })}${FINISH}${DONE_EVENT}`)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length })), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((place, index) => bytes.slice(places[index], place))
        const all = await allOf(await open(...pieces.filter((piece) => piece.length > 0)))
        expect(all).toBe(new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes))
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
    ['nonsense as data', ['data: hello\n\n'], bad('not JSON')],
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
    await readFirstEvent(body, 200, realClock)
    expect(reason).not.toBe('not cancelled')
  })
})

test('JSON where a stream was asked for is read to its end', async () => {
  const answer = '{"choices":[{"message":{"content":"hi"}}]}'
  expect(await open(' \n{"choi', 10, answer.slice(6))).toEqual({
    outcome: { kind: 'answering' },
    body: { text: ` \n${answer}` },
  })
})

test('an begun without an end is not held in memory', async () => {
  const megabyte = `: ${'x'.repeat(1024 * 1024)}\n\n`
  const result = await readFirstEvent(bodyOf(...Array(20).fill(megabyte)), 30_000, realClock)
  expect(result).toMatchObject({ outcome: { kind: 'bad_answer' } })
})
