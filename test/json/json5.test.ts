import fc from 'fast-check'
import JSON5 from 'json5'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Json5Error, parseJson5 } from '../../src/json/json5.ts'

// The package warns of characters that it accepts.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => vi.restoreAllMocks())

/** What a reader makes of a text: its value, or that it refuses it. */
function readBy(parse: (text: string) => unknown, text: string): unknown {
  try {
    return { value: parse(text) }
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    return 'refused'
  }
}

const byPackage = (text: string) => readBy((one) => JSON5.parse(one), text)
const byUs = (text: string) => readBy(parseJson5, text)

describe('is read as the package json5 reads it', () => {
  test.each<[text: string]>([
    [`{a: 1, 'b': "c", $_ä1: [1, 2,], }`],
    ['{"a": {"a": 1, "a": 2}}'],
    [`'it\\'s "so"'`],
    [
      `"\\x41\\u0042\\0\\b\\f\\n\\r\\t\\v\\q\\
c"`,
    ],
    ['"a\\\r\nb\\\u2028c\u2029"'],
    ['"\\1"'],
    ['"\\01"'],
    ['"\\x4"'],
    ['"\\u12"'],
    ['"a\nb"'],
    ['"open'],
    ['"open\\'],
    [`{\\u0061b: 1}`],
    [`{\\u0020b: 1}`],
    [`{1a: 1}`],
    [`{a b}`],
    [`{a}`],
    [`{,}`],
    [`[,]`],
    [`[1,,2]`],
    [`[1 2]`],
    ['[1}'],
    ['// nothing'],
    [''],
    ['/* open'],
    ['/**/1/* */ // end'],
    ['/1'],
    ['1 2'],
    ['nul'],
    ['nullx'],
    ['truefalse'],
    ['[Infinity, -Infinity, +NaN, -0, +.5, 5., 5.e1, 1E-2, 0xAf, -0X1]'],
    ['infinity'],
    ['nan'],
    ['01'],
    ['0x'],
    ['1e'],
    ['.'],
    ['+'],
    ['- 1'],
    ['1a'],
    ['\u00a0\ufeff\u2003\u2028[\v\f]'],
    ['{"constructor": 1, "toString": 2, hasOwnProperty: 3}'],
    ['{"😀": "😀\\😀"}'],
  ])('%j', (text) => {
    expect(byUs(text)).toEqual(byPackage(text))
  })

  test('whatever JSON holds', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary', maxDepth: 6 }), (text) => {
        fc.pre(!text.includes('__proto__'))
        expect(byUs(text)).toEqual({ value: JSON.parse(text) })
      }),
      { seed: 7, numRuns: 500 },
    )
  })

  test('whatever is put together from its pieces', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"', "'", 'a', '$b', '\\', '\\u0061', '\\x41', '0', '12', '.5', '0x1F', 'e+1'],
      ...[
        '-',
        '+',
        'NaN',
        'Infinity',
        'null',
        'true',
        ' ',
        '\n',
        '\r\n',
        '// c\n',
        '/* c */',
        '"s"',
        "'t'",
        'ä',
        '{a:1}',
      ],
    )
    let accepted = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('')
        const ours = byUs(text)
        expect(ours).toEqual(byPackage(text))
        if (ours !== 'refused') accepted++
      }),
      { seed: 8, numRuns: 20_000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })
})

test.each<[what: string, text: string, message: string]>([
  ['in the first line', '{a b}', 'invalid character "b" at 1:4'],
  ['in a later one', '{\n  a: 1\r\n  b: 2}', 'invalid character "b" at 3:3'],
  ['at the end', '{a: [1', 'invalid end of input at 1:7'],
  ['in a text', '"a\nb"', 'invalid character "\\n" at 1:3'],
])('an error %s is found by line and column', (_what, text, message) => {
  expect(() => parseJson5(text)).toThrow(new Json5Error(message))
})

test.each<[what: string, text: string, message: RegExp]>([
  ['a key that others drop', '{a: [{"__proto__": 1}]}', /"__proto__"/],
  ['that key in disguise', '{"__pr\\u006fto__": 1}', /"__proto__"/],
  ['what is nested too deep', '['.repeat(200_000), /nested 100 deep/],
])('%s is refused', (_what, text, message) => {
  expect(() => parseJson5(text)).toThrow(message)
})

test('a megabyte of anything is read in no time', () => {
  const size = 1_000_000
  const texts = [
    `"${'\\n'.repeat(size / 2)}"`,
    ' '.repeat(size),
    '/'.repeat(size),
    `{${'k'.repeat(size)}:1}`,
    `"${'x'.repeat(size)}`,
  ]
  const startedAt = performance.now()
  for (const text of texts) byUs(text)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
