import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  endOfValue,
  isKey,
  membersOf,
  readKey,
  skipSpace,
  textOf,
  toJsonBytes,
  walkList,
  walkObject,
} from '../../src/json/json-bytes.ts'
import { type JsonBytes, NOT_JSON } from '../../src/json/json-string.ts'
import { jsonText } from './support/json.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const toJson = (text: string) => toJsonBytes(encode(text))

/** Puts what `endOfValue`, `walkObject` and `walkList` find together again; what comes out tells whether it was right. */
function read(json: JsonBytes, start: number): { value: unknown; end: number } {
  const inner = (valueStart: number) => {
    const found = read(json, valueStart)
    if (found.end !== endOfValue(json, valueStart)) throw new Error('an end was found in two places')
    return found
  }
  if (json.bytes[start] === 0x7b) {
    const value: Record<string, unknown> = {}
    const end = walkObject(json, start, (valueStart, keyStart, keyEnd) => {
      const member = inner(valueStart)
      const key = readKey(json, keyStart, keyEnd)
      if (!isKey(json, keyStart, keyEnd, key)) throw new Error('a key is not itself')
      const own = { enumerable: true, configurable: true, writable: true }
      Object.defineProperty(value, key, { value: member.value, ...own })
      return member.end
    })
    return { value, end }
  }
  if (json.bytes[start] === 0x5b) {
    const value: unknown[] = []
    const end = walkList(json, start, (valueStart) => {
      const element = inner(valueStart)
      value.push(element.value)
      return element.end
    })
    return { value, end }
  }
  const end = endOfValue(json, start)
  return { value: end === NOT_JSON ? undefined : JSON.parse(textOf(json, start, end)), end }
}

/** What is read of a whole text; `undefined` for what is not JSON. */
function readWhole(bytes: Uint8Array): { value: unknown } | undefined {
  const json = toJsonBytes(bytes)
  const { value, end } = read(json, skipSpace(json, 0))
  return end !== NOT_JSON && skipSpace(json, end) === bytes.byteLength ? { value } : undefined
}

/** The same by the runtime. */
function parsed(bytes: Uint8Array): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) }
  } catch {
    return undefined
  }
}

test('of JSON in every form it may be written in, the same is read as by JSON.parse', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      expect(readWhole(encode(text))).toEqual({ value: JSON.parse(text) })
    }),
    { seed: 7, numRuns: 1_000 },
  )
})

/** Bytes at which a reader may go wrong: structure, escapes, control characters, numbers, the edges of UTF-8. */
const SPECIAL = [...encode('"\\,:{}[] \t\n\r/bu0129.-+eEtfn'), 0, 0x0b, 0x1f, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf]
const EDGES = [0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0xbb]
const byte = fc.oneof(fc.constantFrom(...SPECIAL, ...EDGES), fc.nat(255))
const mutation = fc.tuple(fc.nat(), fc.constantFrom('set', 'insert', 'delete', 'cut'), byte)
const mutated = fc.tuple(jsonText, fc.array(mutation, { maxLength: 3 })).map(([text, mutations]) => {
  let bytes = [...encode(text)]
  for (const [position, what, value] of mutations) {
    const at = position % (bytes.length + 1)
    if (what === 'cut') bytes = bytes.slice(0, at)
    else bytes.splice(at, what === 'insert' ? 0 : 1, ...(what === 'delete' ? [] : [value]))
  }
  return new Uint8Array(bytes)
})

test('what is broken in any place is JSON or not as JSON.parse has it', () => {
  const counts = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(mutated, (bytes) => {
      const expected = parsed(bytes)
      expect(readWhole(bytes)).toEqual(expected)
      counts[expected ? 'accepted' : 'refused']++
    }),
    { seed: 3, numRuns: 20_000 },
  )
  expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(2_000)
})

describe('what is not JSON', () => {
  const utf8 = (...bytes: number[]) => new Uint8Array([0x22, ...bytes, 0x22])
  test.each<[what: string, bytes: string | Uint8Array]>([
    ['nothing', ''],
    ['two values', '1 2'],
    ['a comma behind the last member', '{"a":1,}'],
    ['a comma behind the last element', '[1,]'],
    ['a list that is closed as an object', '[1}'],
    ['a key that is no text', '{1:2}'],
    ['a key without a value', '{"a"}'],
    ['a control character in a text', '"a\nb"'],
    ['an escape that does not exist', '"\\x"'],
    ['an escape of three digits', '"\\u123"'],
    ['a zero in front', '01'],
    ['a plus in front', '+1'],
    ['a point at the end', '1.'],
    ['a point in front', '.5'],
    ['an exponent without digits', '1e+'],
    ['a minus alone', '-'],
    ['NaN', 'NaN'],
    ['half a word', 'tru'],
    ['a word that goes on', 'nullx'],
    ['a space that is none', '\u00a01'],
    ['a form feed', '\f1'],
    ['a byte order mark', '\ufeff1'],
    ['an overlong letter', utf8(0xc0, 0xaf)],
    ['half a letter', utf8(0xe2, 0x82)],
    ['a surrogate in UTF-8', utf8(0xed, 0xa0, 0x80)],
    ['a letter behind the last', utf8(0xf4, 0x90, 0x80, 0x80)],
    ['an overlong letter of four bytes', utf8(0xf0, 0x8f, 0xbf, 0xbf)],
  ])('%s', (_what, text) => {
    const bytes = typeof text === 'string' ? encode(text) : text
    expect(parsed(bytes)).toBeUndefined()
    expect(readWhole(bytes)).toBeUndefined()
  })
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
    const json = toJson(text)
    const found = membersOf(json, skipSpace(json, 0)) ?? []
    expect(found.map(({ key, valueStart, end }) => [key, textOf(json, valueStart, end)])).toEqual(members)
    for (const { start } of found) expect(json.bytes[start]).toBe(0x22)
  })

  test('a text ends at the same quote, however far it is and whatever comes before it', () => {
    for (let length = 0; length < 300; length++) {
      for (const ending of ['', '\\\\', '\\"', '\\\\\\"', 'é', '\\"\\"']) {
        const value = `"${'x'.repeat(length)}${ending}"`
        expect(membersOf(toJson(`{"a":${value},"b":1}`), 0)).toMatchObject([
          { end: 5 + encode(value).length },
          { key: 'b' },
        ])
      }
    }
  })

  test('100,000 lists in one another are one value', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(membersOf(toJson(`{"a":${deep}}`), 0)).toMatchObject([{ valueStart: 5, end: 5 + deep.length }])
  })

  test('a megabyte of backslashes and quotes is read in no time', () => {
    const value = JSON.stringify('\\"'.repeat(250_000))
    const json = toJson(`{"a":${value}}`)
    const startedAt = performance.now()
    expect(membersOf(json, 0)).toMatchObject([{ end: 5 + value.length }])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})
