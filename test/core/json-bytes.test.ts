import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, elementsOf, membersOf, splice, textOf } from '../../src/core/json-bytes.ts'
import { jsonText } from './support/json.ts'

const encode = (text: string) => new TextEncoder().encode(text)

/** Rebuilds the value from the positions that were found; what comes out tells whether they were right. */
function read(json: Uint8Array, start: number, end = json.length): unknown {
  if (textOf(json, start, start + 1) === '{') {
    const value: Record<string, unknown> = {}
    for (const member of membersOf(json, start)) {
      const own = {
        value: read(json, member.valueStart, member.end),
        enumerable: true,
        configurable: true,
        writable: true,
      }
      Object.defineProperty(value, member.key, own)
    }
    return value
  }
  if (textOf(json, start, start + 1) === '[') {
    return elementsOf(json, start).map((at) => read(json, at, endAfter(json, at)))
  }
  return JSON.parse(textOf(json, start, end))
}

/** The longest JSON that begins at `start`: ends are not told by `elementsOf`. */
function endAfter(json: Uint8Array, start: number): number {
  const [member] = membersOf(concat([encode('{"x":'), json.subarray(start)]))
  return start + (member?.end ?? 0) - 5
}

test('the members and elements that are found are those that JSON.parse finds', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      expect(read(encode(text), text.search(/\S/))).toEqual(JSON.parse(text))
    }),
    { seed: 7, numRuns: 1_000 },
  )
})

describe('members', () => {
  const big = JSON.stringify(`data:image/png;base64,${'A'.repeat(1_000_000)}\\"`)
  test.each<[what: string, text: string, members: [key: string, value: string][]]>([
    ['nothing', ' { } ', []],
    [
      'duplicates, in order',
      '{"a":1,"a":2}',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['escaped keys, decoded', '{"mod\\u0065l":"x"}', [['model', '"x"']]],
    [
      'keys with quotes in them',
      '{"a\\"b":1,"c\\\\":2}',
      [
        ['a"b', '1'],
        ['c\\', '2'],
      ],
    ],
    [
      'keys that objects inherit',
      '{"__proto__":1,"constructor":2}',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
    ],
    [
      'numbers as they were written',
      '{"a":12345678901234567890,"b":1e400}',
      [
        ['a', '12345678901234567890'],
        ['b', '1e400'],
      ],
    ],
    [
      'brackets in texts',
      '{"a":"}]{[","b":[{"c":"]"}]}',
      [
        ['a', '"}]{["'],
        ['b', '[{"c":"]"}]'],
      ],
    ],
    [
      'a text of a megabyte',
      `{"a":${big},"b":1}`,
      [
        ['a', big],
        ['b', '1'],
      ],
    ],
    [
      'letters of two, three and four bytes, before and inside keys and values',
      '{"é":"日本","😀k":["ü\\"",{"ß":"]}"}],"last":"\u2028"}',
      [
        ['é', '"日本"'],
        ['😀k', '["ü\\"",{"ß":"]}"}]'],
        ['last', '"\u2028"'],
      ],
    ],
    [
      'a key that begins with a byte order mark',
      '{"\ufeffa":1,"a":2}',
      [
        ['\ufeffa', '1'],
        ['a', '2'],
      ],
    ],
    [
      'spaces of every kind',
      '\t{\r\n"a" \n:\t1 , "b":null\n}',
      [
        ['a', '1'],
        ['b', 'null'],
      ],
    ],
  ])('%s', (_what, text, members) => {
    const json = encode(text)
    const found = membersOf(json)
    expect(found.map(({ key, valueStart, end }) => [key, textOf(json, valueStart, end)])).toEqual(members)
    for (const { start } of found) expect(json[start]).toBe(0x22)
  })

  test('a text ends at the same quote, however far it is and whatever comes before it', () => {
    for (let length = 0; length < 300; length++) {
      for (const ending of ['', '\\\\', '\\"', '\\\\\\"', 'é', '\\"\\"']) {
        const value = `"${'x'.repeat(length)}${ending}"`
        expect(membersOf(encode(`{"a":${value},"b":1}`))).toMatchObject([
          { end: 5 + encode(value).length },
          { key: 'b' },
        ])
      }
    }
  })

  test('100,000 lists in one another are one value', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(membersOf(encode(`{"a":${deep}}`))).toMatchObject([{ valueStart: 5, end: 5 + deep.length }])
  })

  test('a megabyte of backslashes and quotes is read in no time', () => {
    const value = JSON.stringify('\\"'.repeat(250_000))
    const json = encode(`{"a":${value}}`)
    const startedAt = performance.now()
    expect(membersOf(json)).toMatchObject([{ end: 5 + value.length }])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})

test('splices replace what they name and nothing else', () => {
  const splices = [
    { start: 0, end: 1, bytes: encode('A') },
    { start: 1, end: 1, bytes: encode('+') },
    { start: 3, end: 5, bytes: encode('') },
  ]
  expect(concat(splice(encode('abcdef'), splices))).toEqual(encode('A+bcf'))
  expect(concat(splice(encode('abcdef'), []))).toEqual(encode('abcdef'))
})
