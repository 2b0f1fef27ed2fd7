import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { elementsOf, membersOf, splice } from '../../src/core/json-text.ts'
import { jsonText } from './support/json.ts'

/** Rebuilds the value from the positions that were found; what comes out tells whether they were right. */
function read(text: string, start: number, end = text.length): unknown {
  if (text[start] === '{') {
    const value: Record<string, unknown> = {}
    for (const member of membersOf(text, start)) {
      const own = {
        value: read(text, member.valueStart, member.end),
        enumerable: true,
        configurable: true,
        writable: true,
      }
      Object.defineProperty(value, member.key, own)
    }
    return value
  }
  if (text[start] === '[') return elementsOf(text, start).map((at) => read(text, at, endAfter(text, at)))
  return JSON.parse(text.slice(start, end))
}

/** The longest JSON that begins at `start`: ends are not told by `elementsOf`. */
function endAfter(text: string, start: number): number {
  const [member] = membersOf(`{"x":${text.slice(start)}`)
  return start + (member?.end ?? 0) - 5
}

test('the members and elements that are found are those that JSON.parse finds', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      expect(read(text, text.search(/\S/))).toEqual(JSON.parse(text))
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
      'spaces of every kind',
      '\t{\r\n"a" \n:\t1 , "b":null\n}',
      [
        ['a', '1'],
        ['b', 'null'],
      ],
    ],
  ])('%s', (_what, text, members) => {
    expect(membersOf(text).map(({ key, valueStart, end }) => [key, text.slice(valueStart, end)])).toEqual(members)
  })

  test('100,000 lists in one another are one value', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(membersOf(`{"a":${deep}}`)).toMatchObject([{ valueStart: 5, end: 5 + deep.length }])
  })

  test('a megabyte of backslashes and quotes is read in no time', () => {
    const value = JSON.stringify('\\"'.repeat(250_000))
    const startedAt = performance.now()
    expect(membersOf(`{"a":${value}}`)).toMatchObject([{ end: 5 + value.length }])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})

test('splices replace what they name and nothing else', () => {
  const splices = [
    { start: 0, end: 1, text: 'A' },
    { start: 1, end: 1, text: '+' },
    { start: 3, end: 5, text: '' },
  ]
  expect(splice('abcdef', splices)).toBe('A+bcf')
  expect(splice('abcdef', [])).toBe('abcdef')
})
