import { describe, expect, test } from 'vitest'
import { SSE_READERS } from '../support/sse-readers.ts'

const HELLO = 'data: {"a":1}\n\n'
const DONE = 'data: [DONE]\n\n'

describe.each(Object.entries(SSE_READERS))('%s', (name, read) => {
  test('reads what is in order', () => {
    expect(read(HELLO + HELLO + DONE)).toEqual(['{"a":1}', '{"a":1}'])
  })

  test.each<[what: string, text: string, failing: readonly string[]]>([
    ['a comment and its blank line', `${HELLO}: hugway\n\n${HELLO}${DONE}`, ['openai-go before 3.43']],
    [
      'a comment and its blank line after an id',
      `id: 1\n${HELLO}: hugway\n\n${HELLO}${DONE}`,
      ['openai-go before 3.43', 'openai-python', 'a reader of blocks'],
    ],
    ['a comment before an event in its block', `${HELLO}: hugway\n${HELLO}${DONE}`, ['a reader of blocks']],
    ['blank lines before an event', `${HELLO}\n\n${HELLO}`, ['openai-go before 3.43']],
  ])('fails where the real one does: %s', (_what, text, failing) => {
    if (failing.includes(name)) expect(() => read(text)).toThrow()
    else expect(read(text)).toEqual(['{"a":1}', '{"a":1}'])
  })
})
