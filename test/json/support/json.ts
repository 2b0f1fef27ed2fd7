import fc from 'fast-check'

/** How many ways there are to write one and the same key: plainly, or with letters escaped. */
function written(key: string): fc.Arbitrary<string> {
  const plain = JSON.stringify(key)
  const escaped = [...key].map((letter) =>
    letter.length === 1
      ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
      : JSON.stringify(letter).slice(1, -1),
  )
  return fc.constantFrom(plain, `"${escaped.join('')}"`)
}

const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r\n  ')
const number = fc.constantFrom('0', '-0', '1.50', '12345678901234567890', '1e400', '-1E-7', '0.1e+1')
const text = fc.oneof(
  fc.constantFrom('""', '"\\\\"', '"\\""', '"\\\\\\""', '"{[,:]}"', '"\\u0022"', '"\\ud800"', '"\u2028"', '"model"'),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((value) => JSON.stringify(value)),
)
const scalar = fc.oneof(number, text, fc.constantFrom('true', 'false', 'null'))

const anyKey = fc.oneof(fc.constantFrom('model', '__proto__', 'role', '', 'a', 'store'), fc.string({ maxLength: 6 }))

/** JSON as text, in all the forms that a client may write it in: duplicates, escapes, odd numbers, any white space. */
export const jsonText: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc
      .array(tie('value'), { maxLength: 4 })
      .chain((items) => space.map((gap) => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`)),
    objectText(fc.array(fc.tuple(anyKey, tie('value')), { maxLength: 4 })),
  ),
})).value

/** An object of these members, written in some way. */
export function objectText(members: fc.Arbitrary<[key: string, value: string][]>): fc.Arbitrary<string> {
  return members.chain((pairs) =>
    fc.tuple(space, space, ...pairs.map(([key]) => written(key))).map(([before, after, ...keys]) => {
      const inside = pairs.map(([, value], index) => `${before}${keys[index]}${after}:${before}${value}${after}`)
      return `{${after}${inside.join(',')}${before}}`
    }),
  )
}
