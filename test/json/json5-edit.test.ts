import fc from 'fast-check'
import JSON5 from 'json5'
import { describe, expect, test } from 'vitest'
import { parseJson5 } from '../../src/json/json5.ts'
import { editJson5 } from '../../src/json/json5-edit.ts'
import { parsePath, withoutValue, withValue } from '../../src/json/value-path.ts'

const WRITTEN = `// the team's configuration
{
  agents: { defaults: { model: 'huggingface/Qwen/Qwen3-8B' } }, // default
  /* ours */
  hugway: {
    holdMs: 3000, // three seconds
    cors: { origins: ["https://a.example"] } // one
  },
}
`
const pathOf = (path: string) => parsePath(path) ?? []
const set = (text: string, path: string, value: unknown) =>
  editJson5(text, withValue(text === '' ? {} : parseJson5(text), pathOf(path), value))
const unset = (text: string, path: string) => editJson5(text, withoutValue(parseJson5(text), pathOf(path)))

test('what is set leaves every comment and all that is not set', () => {
  let text = set(WRITTEN, 'hugway.holdMs', 5)
  text = set(text, 'hugway.timeouts.idleMs', 7)
  text = set(text, 'hugway.cors.origins[1]', 'https://b.example')
  expect(text).toBe(`// the team's configuration
{
  agents: { defaults: { model: 'huggingface/Qwen/Qwen3-8B' } }, // default
  /* ours */
  hugway: {
    holdMs: 5, // three seconds
    cors: { origins: ["https://a.example", "https://b.example"] }, // one
    timeouts: {
      idleMs: 7
    }
  },
}
`)
})

test('what is taken away goes with its line and its comment, and nothing else does', () => {
  expect(unset(WRITTEN, 'hugway.holdMs')).toBe(WRITTEN.replace('    holdMs: 3000, // three seconds\n', ''))
  expect(unset(WRITTEN, 'hugway.cors')).toBe(
    WRITTEN.replace('    cors: { origins: ["https://a.example"] } // one\n', ''),
  )
  expect(unset('{ "a": 1, "b": 2 }', 'b')).toBe('{ "a": 1 }')
  expect(unset('{ "a": 1, "b": 2 }', 'a')).toBe('{ "b": 2 }')
  expect(unset('{\n  // why\n  a: 1,\n}\n', 'a')).toBe('{\n  // why\n}\n')
  expect(unset('{ a: 1 }', 'nothing')).toBe('{ a: 1 }')
})

test.each<[what: string, text: string, path: string, value: unknown, edited: string]>([
  ['a comma on the next line', '{\n  a: 1\n  , b: 2\n}', 'c', 3, '{\n  a: 1\n  , b: 2,\n  c: 3\n}'],
  ['a comment before the comma', '{ a: 1 /* one */ , }', 'b', 2, '{ a: 1 /* one */ , b: 2, }'],
  ['an empty object with a comment', '{\n  // nothing yet\n}', 'a', 1, '{\n  // nothing yet\n  a: 1,\n}'],
  ['an empty text', '', 'a.b', 1, '{\n  "a": {\n    "b": 1\n  }\n}\n'],
  ['two members of one key, of which the last counts', '{ a: 1, a: 2 }', 'a', 3, '{ a: 1, a: 3 }'],
  ['a list that grows', '[\n  "x", // first\n]', '[1]', 'y', '[\n  "x", // first\n  "y",\n]'],
  ['Windows line ends', '{\r\n  a: 1,\r\n}', 'a', 2, '{\r\n  a: 2,\r\n}'],
])('%s', (_what, text, path, value, edited) => expect(set(text, path, value)).toBe(edited))

test('what takes the place of all others stands where they stood', () => {
  expect(editJson5('{ // ours\n  a: 1, // one\n  // two\n}', { b: 2 })).toBe('{ // ours\n  b: 2,\n  // two\n}')
  expect(editJson5('{ "a": [1, 2] }', { a: [3] })).toBe('{ "a": [3] }')
})

test('what begins alike in a list keeps its comments', () => {
  const text = '[\n  "a", // one\n  "b", // two\n  "c", // three\n]'
  expect(editJson5(text, ['a', 'b'])).toBe('[\n  "a", // one\n  "b", // two\n]')
  expect(editJson5(text, ['a', 'x', 'c'])).toBe('[\n  "a", // one\n  "x",\n  "c",\n]')
})

describe('whatever the text and whatever is wanted', () => {
  // Without a backslash: after an object with the key "\\", Node 24's own JSON.parse reads the key "\"" as that one.
  const key = fc.stringMatching(/^[a-z" /.{}[\]:,]{1,3}$/)
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('tree'), { maxLength: 3 }),
    object: fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  }))
  const style = fc.constantFrom(
    (value: unknown) => JSON.stringify(value),
    (value: unknown) => JSON.stringify(value, null, 2),
    (value: unknown) => `// top\n${JSON5.stringify(value, null, 2)} // end`,
    (value: unknown) => `/* top */${JSON5.stringify(value)}`,
  )

  test('it reads as what is wanted, JSON stays JSON, and the comments around it stay', () => {
    fc.assert(
      fc.property(tree, tree, style, (before, wanted, write) => {
        const text = write(before)
        const edited = editJson5(text, wanted)
        const isJson = !text.startsWith('/')
        expect(isJson ? JSON.parse(edited) : JSON5.parse(edited)).toEqual(wanted)
        if (!isJson) expect(edited.slice(0, 5)).toBe(text.slice(0, 5))
      }),
      { numRuns: 1_500 },
    )
  })

  test('what reads so already is not touched', () => {
    fc.assert(fc.property(tree, style, (value, write) => editJson5(write(value), value) === write(value)))
  })
})

test('ten thousand changes of a long document take no square of time', () => {
  const before = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`key${at}`, at]))
  const wanted = Object.fromEntries(Object.entries(before).map(([key, at]) => [at % 2 ? key : `${key}x`, at + 1]))
  const startedAt = performance.now()
  expect(parseJson5(editJson5(JSON.stringify(before), wanted))).toEqual(wanted)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
