import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createNormalizer } from '../../src/stream/normalizer.ts'
import { DONE_EVENT, deltaEvent, encode, FINISH, HELLO, translate } from './support/streams.ts'

const dataOf = (event: string) => event.replace(/^data: |\n\n$/g, '')
const LINE_SEPARATOR = deltaEvent({ content: 'a\u2028b' })
const USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n'

describe('how a stream ended', () => {
  test.each<[title: string, text: string, end: string]>([
    ['with a finish and [DONE] it is whole', HELLO + FINISH + DONE_EVENT, 'whole'],
    ['with [DONE] alone it is whole', HELLO + DONE_EVENT, 'whole'],
    ['with a finish alone it is whole', HELLO + FINISH, 'whole'],
    ['with a finish and its usage it is whole', HELLO + FINISH + USAGE, 'whole'],
    ['without either it was cut', HELLO, 'cut'],
    ['with usage and no finish it was cut', HELLO + USAGE, 'cut'],
    ['in the middle of an event it was cut', `${HELLO}data: {"choices":[{"del`, 'cut'],
    ['in the middle of an event after the finish it is whole', `${HELLO}${FINISH}data: {"choices":[],"usa`, 'whole'],
    ['in the middle of [DONE] it was cut', `${HELLO}data: [DON`, 'cut'],
    ['after a [DONE] without its blank line it is whole', `${HELLO}data: [DONE]`, 'whole'],
    ['after a finish without its blank line it is whole', HELLO + FINISH.trim(), 'whole'],
    [
      'with one of two choices finished it was cut',
      deltaEvent({ content: 'a' }) + deltaEvent({ content: 'b' }, null, 1) + FINISH,
      'cut',
    ],
    [
      'with both of two choices finished it is whole',
      deltaEvent({ content: 'a' }, 'stop') + deltaEvent({ content: 'b' }, 'length', 1),
      'whole',
    ],
    ['with an error it is an error', `${HELLO}data: {"error":{"message":"x"}}\n\n${DONE_EVENT}`, 'upstream_error'],
    ['with an error as text it is an error', `${HELLO}data: {"error":"x"}\n\n`, 'upstream_error'],
    ['with event: error it is an error', `${HELLO}event: error\ndata: it broke\n\n`, 'upstream_error'],
    [
      'with an error beside a finish it is an error',
      `${HELLO}data: {"error":{"message":"x"},"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n`,
      'upstream_error',
    ],
    ['with half of a JSON in between it cannot be read', `${HELLO}data: {"choi\n\n${FINISH}`, 'unreadable'],
    ...[
      'Internal Server Error',
      '"it broke"',
      '{"base_resp":{"status_code":1002,"status_msg":"limit"},"choices":null}',
      '{"base_resp":{"status_code":1002},"choices":[]}',
      '{"status":"error","reason":"it broke"}',
    ].map((data): [string, string, string] => [
      `with ${data} in the place of its finish it was cut, for all its [DONE]`,
      `${HELLO}data: ${data}\n\n${DONE_EVENT}`,
      'cut',
    ]),
    [
      'with something unknown, more of it and [DONE] it is whole: some providers send no finish',
      `${HELLO}data: {"citations":["x"]}\n\n${HELLO}${DONE_EVENT}`,
      'whole',
    ],
    [
      'with a usage that comes last and [DONE] it is whole',
      `${HELLO}data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2},"x":1}\n\n${DONE_EVENT}`,
      'whole',
    ],
    ['with something unknown after its finish it is whole', `${HELLO}${FINISH}data: {"x":1}\n\n${DONE_EVENT}`, 'whole'],
    [
      'with [DONE] and a finish for one of its choices it was cut',
      deltaEvent({ content: 'a' }) + deltaEvent({ content: 'b' }, null, 1) + FINISH + DONE_EVENT,
      'cut',
    ],
    ['with what is no answer in between it is whole', `${HELLO}data: <html>\n\ndata: null\n\n${FINISH}`, 'whole'],
    ['with half of a JSON after the finish it is whole', `${HELLO}${FINISH}data: {"choi\n\n`, 'whole'],
    ['with a finish that broke off it was cut', HELLO + deltaEvent({}, 'network_error') + DONE_EVENT, 'cut'],
    [
      'with a finish that broke off and no blank line it was cut',
      HELLO + deltaEvent({}, 'network_error').trim(),
      'cut',
    ],
    ['with nothing it was cut', '', 'cut'],
    ['with comments alone it was cut', ': ping\n\n: ping\n\n', 'cut'],
  ])('%s', (_title, text, end) => {
    expect(translate([text]).end).toBe(end)
  })
})

describe('what clients see', () => {
  test.each<[title: string, text: string, seen: string[]]>([
    [
      'clean events are the very text that came',
      `${HELLO}data: {"choices": [ ],  "n":12345678901234567890, "x":1e400}\n\n`,
      [dataOf(HELLO), '{"choices": [ ],  "n":12345678901234567890, "x":1e400}'],
    ],
    ['nothing after [DONE]', HELLO + DONE_EVENT + HELLO + DONE_EVENT, [dataOf(HELLO)]],
    ['nothing after an error', `data: {"error":{"message":"x"}}\n\n${HELLO}`, [expect.stringContaining('"x"')]],
    ['nothing of an event without data', `data:\n\n${HELLO}event: ping\ndata: \n\n`, [dataOf(HELLO)]],
    ['no comments', `: hi\n\n${HELLO}: there\n\n`, [dataOf(HELLO)]],
    ['nothing of a torn event', `${HELLO}data: {"cho`, [dataOf(HELLO)]],
    ['an event whose blank line is missing', HELLO.trim(), [dataOf(HELLO)]],
    ['data without a space', 'data:{"choices":[]}\n\n', ['{"choices":[]}']],
    ['data with two spaces', 'data:  {"choices":[]}\n\n', [' {"choices":[]}']],
    ['data over several lines', 'data: {"choices":\ndata: []}\n\n', ['{"choices":\n[]}']],
    ['data after CRLF', HELLO.replaceAll('\n', '\r\n'), [dataOf(HELLO)]],
    ['data after CR', `${HELLO.replaceAll('\n', '\r')}`, [dataOf(HELLO)]],
    ['data after a byte order mark', `\ufeff${HELLO}`, [dataOf(HELLO)]],
    ['data with fields that nobody knows', `retry: 5\nid: 7\nfoo: bar\n${HELLO}`, [dataOf(HELLO)]],
    [
      'usage in every chunk and in one of its own',
      `${USAGE}${HELLO}${USAGE}`,
      [dataOf(USAGE), dataOf(HELLO), dataOf(USAGE)],
    ],
    ['a finish that they know', HELLO + deltaEvent({}, 'eos_token'), [dataOf(HELLO), dataOf(FINISH)]],
    ['U+2028 as it is', HELLO + LINE_SEPARATOR, [dataOf(HELLO), dataOf(LINE_SEPARATOR)]],
    [
      'no pings',
      `${HELLO}event: ping\ndata: keepalive\n\ndata: {"type":"ping"}\n\ndata: : keepalive\n\n`,
      [dataOf(HELLO)],
    ],
    [
      'usage without choices beside an empty list of them',
      `${HELLO}data: {"choices":null,"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n`,
      [dataOf(HELLO), '{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}'],
    ],
    ['a __proto__ as it is', 'data: {"choices":[],"__proto__":{"a":1}}\n\n', ['{"choices":[],"__proto__":{"a":1}}']],
  ])('%s', (_title, text, seen) => {
    expect(translate([text]).data).toEqual(seen)
  })

  test.each<[form: string, data: string, message: string]>([
    ['an object', '{"error":{"message":"it broke","code":"c"}}', 'it broke'],
    ['a text', '{"error":"it broke"}', 'it broke'],
    ['an error beside choices', '{"id":"7","error":{"message":"it broke"},"choices":[]}', 'it broke'],
  ])('an error as %s as one that every client raises', (_form, data, message) => {
    const [event, ...others] = translate([`data: ${data}\n\n`]).data
    expect(others).toEqual([])
    expect(JSON.parse(event ?? '')).toMatchObject({ error: { message } })
  })

  test('a million characters in one event', () => {
    const big = deltaEvent({ role: 'assistant', content: 'x'.repeat(1_000_000) })
    expect(translate([big, FINISH])).toMatchObject({ data: [dataOf(big), dataOf(FINISH)], end: 'whole' })
  })
})

test('usage is the last that came', () => {
  const normalizer = createNormalizer(() => 'id', 1)
  normalizer.feed(encode(USAGE.replace('3', '1') + HELLO + USAGE))
  expect(normalizer.usage()).toEqual({ promptTokens: 3, completionTokens: 4 })
})

test.each<[what: string, text: string]>([
  ['comments', ': ping\n\n: ping\n\n'],
  ['empty data', 'data:\n\ndata: \n\n'],
  ['pings', 'data: ping\n\nevent: ping\ndata: {}\n\ndata: {"type":"ping"}\n\ndata: null\n\n'],
  ['chunks without choices or usage', 'data: {"choices":[]}\n\n'],
])('%s are no progress, events of the answer are', (_what, text) => {
  const normalizer = createNormalizer(() => 'id', 1)
  normalizer.feed(encode(`${text}${HELLO}${text}`))
  expect(normalizer.eventCount()).toBe(1)
})

describe('a finish', () => {
  const state = (text: string) => {
    const normalizer = createNormalizer(() => 'id', 1)
    normalizer.feed(encode(text))
    const isFinal = normalizer.hasFinalUsage()
    return [normalizer.isFinished(), isFinal, normalizer.finish(false).end, normalizer.finish(true).end]
  }
  const more = deltaEvent({ content: ' more' })
  const call = deltaEvent({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }] })
  test.each<[what: string, text: string, state: [isFinished: boolean, isFinal: boolean, reset: string, clean: string]]>(
    [
      ['alone is proof', HELLO + FINISH, [true, false, 'whole', 'whole']],
      ['with its usage is the end', HELLO + FINISH + USAGE, [true, true, 'whole', 'whole']],
      ['beside usage that every chunk has is not yet', USAGE + HELLO + FINISH, [true, false, 'whole', 'whole']],
      ['was none where text goes on', HELLO + FINISH + more, [false, false, 'cut', 'cut']],
      ['was none where a call goes on', HELLO + FINISH + USAGE + call, [false, false, 'cut', 'cut']],
      ['beside the text is one', HELLO + deltaEvent({ content: 'x' }, 'stop'), [true, false, 'whole', 'whole']],
      ['that nobody knows needs a clean end', HELLO + deltaEvent({}, 'enough'), [false, false, 'cut', 'whole']],
      ['of a dialect that is known is proof', HELLO + deltaEvent({}, 'eos_token'), [true, false, 'whole', 'whole']],
      ['that means “not yet” is none', HELLO + deltaEvent({}, 'null'), [false, false, 'cut', 'cut']],
      ['without a call becomes one of text', HELLO + deltaEvent({}, 'tool_calls'), [true, false, 'whole', 'whole']],
      [
        'with an error after it is an error',
        `${HELLO}${FINISH}data: {"error":"x"}\n\n`,
        [true, false, 'upstream_error', 'upstream_error'],
      ],
    ],
  )('%s', (_what, text, expected) => {
    expect(state(text)).toEqual(expected)
  })
})

describe('a stream is clean', () => {
  test.each<[isClean: boolean, what: string, text: string]>([
    [true, 'in OpenAI’s form', HELLO + FINISH + USAGE + DONE_EVENT],
    [true, 'though its first delta lacks the role, which is read always', deltaEvent({ content: 'x' }) + FINISH],
    [false, 'unless it has comments', `${HELLO}: ping\n\n${FINISH}`],
    [false, 'unless it has pings', `${HELLO}data: ping\n\n${FINISH}`],
    [false, 'unless lines end in CRLF', (HELLO + FINISH).replaceAll('\n', '\r\n')],
    [false, 'unless its finish is of a dialect', HELLO + deltaEvent({}, 'eos_token')],
    [false, 'unless something follows its end', HELLO + DONE_EVENT + HELLO],
    [false, 'unless `choices` is missing', `${HELLO}${FINISH}data: {"usage":{"completion_tokens":1}}\n\n`],
    [false, 'unless it was broken off', HELLO + deltaEvent({}, 'error')],
  ])('%s: %s', (isClean, _what, text) => {
    const normalizer = createNormalizer(() => 'id', 1)
    normalizer.feed(encode(text))
    expect(normalizer.isClean()).toBe(isClean)
  })
})

test('the length of what was said is counted, and guessed for what nobody read', () => {
  const normalizer = createNormalizer(() => 'id', 1)
  const call = { index: 0, id: 'c', function: { name: 'f', arguments: '{"a":1}' } }
  normalizer.feed(encode(HELLO + deltaEvent({ reasoning: 'hm', tool_calls: [call] })))
  expect(normalizer.textLength()).toBe('Hello'.length + 'hm'.length + 'f{"a":1}'.length)
  const before = normalizer.textLength()
  normalizer.skip(HELLO.repeat(10))
  expect(normalizer.textLength()).toBeGreaterThan(before + 20)
})

const TOOLS = [
  deltaEvent({ role: 'assistant', tool_calls: [{ function: { name: 'weather', arguments: '' } }] }),
  deltaEvent({ tool_calls: [{ function: { arguments: '{"city":"Zürich 😀"}' } }] }),
  deltaEvent({}, 'eos_token'),
]

describe('cut into pieces anywhere, a stream reads the same', () => {
  const streams: [what: string, text: string][] = [
    ['text', `: hi\n\n${HELLO}${deltaEvent({ content: 'ü€😀\u2028' })}${FINISH}${USAGE}${DONE_EVENT}`],
    ['tool calls that need normalizing', TOOLS.join('')],
    ['CRLF and no last blank line', (HELLO + FINISH).replaceAll('\n', '\r\n').trimEnd()],
    ['a byte order mark and CR', `\ufeff${(HELLO + FINISH + DONE_EVENT).replaceAll('\n', '\r')}`],
    ['an error', `${HELLO}event: error\ndata: it bröke\n\n`],
    ['a torn end', `${HELLO}${deltaEvent({ content: '😀' }).slice(0, 60)}`],
  ]

  test.each(streams)('%s: in two, at every byte', (_what, text) => {
    const bytes = encode(text)
    const whole = translate([bytes])
    for (let at = 0; at <= bytes.length; at++) {
      expect(translate([bytes.slice(0, at), bytes.slice(at)]), `cut at ${at}`).toEqual(whole)
    }
  })

  test.each(streams)('%s: byte by byte', (_what, text) => {
    const bytes = encode(text)
    expect(translate([...bytes].map((byte) => new Uint8Array([byte])))).toEqual(translate([bytes]))
  })

  test('any bytes, at any places', () => {
    const events = fc.constantFrom(
      HELLO,
      FINISH,
      USAGE,
      DONE_EVENT,
      ...TOOLS,
      'data:\n\n',
      ': c\n\n',
      '\r\n',
      'data: [',
      'é😀',
      '\ufeff',
    )
    const raw = fc.oneof(
      fc.array(events).map((list) => encode(list.join(''))),
      fc.uint8Array({ maxLength: 60 }),
    )
    fc.assert(
      fc.property(raw, fc.array(fc.nat({ max: 400 })), (bytes, cuts) => {
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
        const pieces = places.slice(1).map((place, index) => bytes.slice(places[index], place))
        expect(translate(pieces)).toEqual(translate([bytes]))
      }),
      { seed: 13, numRuns: 500 },
    )
  })
})

test('invalid UTF-8 in a text is shown as such and ends nothing', () => {
  const event = encode(deltaEvent({ content: '??' })).map((byte) => (byte === 0x3f ? 0xff : byte))
  const { data, end } = translate([event, FINISH])
  expect(JSON.parse(data[0] ?? '').choices[0].delta.content).toBe('\ufffd\ufffd')
  expect(end).toBe('whole')
})

describe('two answers at once', () => {
  const first = '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}'
  test.each<[title: string, isCleanEnd: boolean, end: string]>([
    ['are cut when the connection breaks after the first', false, 'cut'],
    ['are as many as the provider chose to send when it ends the stream itself', true, 'whole'],
  ])('%s', (_title, isCleanEnd, end) => {
    const normalizer = createNormalizer(() => 'id', 2)
    normalizer.feed(encode(`data: ${first}\n\n`))
    expect(normalizer.isFinished()).toBe(false)
    expect(normalizer.finish(isCleanEnd).end).toBe(end)
  })
})

describe('something that nobody knows, in the middle of an answer without a finish reason,', () => {
  const MORE = deltaEvent({ content: ' more' })
  const begun = () => {
    const normalizer = createNormalizer(() => 'made', 1)
    for (const text of [HELLO, MORE, MORE, 'data: {"citations":["x"]}\n\n']) normalizer.feed(encode(text))
    return normalizer
  }

  test('makes a [DONE] behind it doubtful', () => {
    const normalizer = begun()
    normalizer.feed(encode(DONE_EVENT))
    expect(normalizer.end()).toBe('cut')
  })

  test('does not where words follow that need no parser', () => {
    const normalizer = begun()
    normalizer.feed(encode(MORE))
    normalizer.feed(encode(DONE_EVENT))
    expect(normalizer.end()).toBe('whole')
  })

  test('does not where words follow that nobody looks at', () => {
    const normalizer = begun()
    normalizer.skip(MORE)
    normalizer.feed(encode(DONE_EVENT))
    expect(normalizer.end()).toBe('whole')
  })
})
