import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CallPiece } from '../../src/wire/answer-pieces.ts'
import { createPartSequence, type Part } from '../../src/wire/part-sequence.ts'

type Pieces = { readonly text?: string; readonly reasoning?: string; readonly calls?: readonly Partial<CallPiece>[] }

/** What a surface would write, as words; `<` opens a part and `>` closes it. */
function play(all: readonly Pieces[]): string {
  const sequence = createPartSequence({
    open: ({ kind, id, name }: Part) => `<${kind}${kind === 'call' ? ` ${id} ${name}` : ''}:`,
    add: (_part, piece) => piece,
    close: ({ text }) => `=${text}>`,
  })
  const written = all.map(({ text = '', reasoning = '', calls = [] }) =>
    sequence.add({
      text,
      reasoning,
      calls: calls.map((call) => ({ index: 0, id: '', name: '', arguments: '', ...call })),
    }),
  )
  return written.join('') + sequence.end()
}

const begin = (index: number, written = ''): Pieces => ({
  calls: [{ index, id: `c${index}`, name: `f${index}`, arguments: written }],
})
const more = (index: number, written: string): Pieces => ({ calls: [{ index, arguments: written }] })

describe('parts come one after the other', () => {
  test.each<[what: string, pieces: readonly Pieces[], written: string]>([
    ['nothing', [], ''],
    ['empty pieces', [{}, { text: '' }], ''],
    [
      'reasoning, then text',
      [{ reasoning: 'h' }, { reasoning: 'm', text: 'a' }, { text: 'b' }],
      '<reasoning:hm=hm><text:ab=ab>',
    ],
    [
      'a call whose name comes in pieces',
      [
        { calls: [{ index: 0, id: 'c0', name: 'get_' }] },
        { calls: [{ index: 0, name: 'weather' }] },
        more(0, '{'),
        more(0, '}'),
      ],
      '<call c0 get_weather:{}={}>',
    ],
    [
      'a call whose name grows',
      [{ calls: [{ index: 0, id: 'c0', name: 'get_' }] }, { calls: [{ index: 0, name: 'get_weather' }] }],
      '<call c0 get_weather:=>',
    ],
    [
      'a call whose name is told once more beside its arguments',
      [begin(0), { calls: [{ index: 0, name: 'f0', arguments: '{}' }] }, { text: 'a' }],
      '<call c0 f0:{}={}><text:a=a>',
    ],
    [
      'text that is taken up again after reasoning',
      [{ text: 'a' }, { reasoning: 'h' }, { text: 'b' }],
      '<text:a=a><reasoning:h=h><text:b=b>',
    ],
    [
      'two calls, one after the other',
      [begin(0), more(0, '{"a"'), more(0, ':1}'), begin(1, '{}')],
      '<call c0 f0:{"a":1}={"a":1}><call c1 f1:{}={}>',
    ],
    [
      'two calls by turns: the second waits until the first is whole',
      [begin(0), begin(1), more(0, '{"a'), more(1, '{"b'), more(0, '":1}'), more(1, '":2}')],
      '<call c0 f0:{"a":1}={"a":1}><call c1 f1:{"b":2}={"b":2}>',
    ],
    [
      'text in the middle of a call’s arguments: it waits, and nothing of either is lost',
      [begin(0, '{"a'), { text: 'hm' }, more(0, '":1}')],
      '<call c0 f0:{"a":1}={"a":1}><text:hm=hm>',
    ],
    [
      'a call whose name comes late',
      [{ calls: [{ index: 0, id: 'c0' }] }, { calls: [{ index: 0, name: 'f0', arguments: '{}' }] }],
      '<call c0 f0:{}={}>',
    ],
    [
      'two calls that a provider gave the same index',
      [begin(0, '{}'), { calls: [{ index: 0, id: 'other', name: 'g', arguments: '{"x":1}' }] }],
      '<call c0 f0:{}={}><call other g:{"x":1}={"x":1}>',
    ],
    [
      'an id and a name that are said again with every piece',
      [begin(0, '{"a'), { calls: [{ index: 0, id: 'c0', name: 'f0', arguments: '":1}' }] }],
      '<call c0 f0:{"a":1}={"a":1}>',
    ],
    ['arguments that were cut off', [begin(0, '{"a')], '<call c0 f0:{"a={"a>'],
  ])('%s', (_what, pieces, written) => {
    expect(play(pieces)).toBe(written)
  })

  test('whatever the pieces: every part is closed before the next, and no argument is lost or mixed up', () => {
    const writtenOf = fc.array(fc.tuple(fc.nat(3), fc.string({ minLength: 1, maxLength: 3 })), { maxLength: 20 })
    fc.assert(
      fc.property(writtenOf, (pieces) => {
        const texts = new Map<number, string>()
        const all = pieces.map(([index, piece]) => {
          const known = texts.get(index)
          texts.set(index, (known ?? '') + piece)
          return known === undefined ? begin(index, piece) : more(index, piece)
        })
        let open: Part | undefined
        const closed: [id: string, text: string][] = []
        const sequence = createPartSequence({
          open(part) {
            expect(open).toBeUndefined()
            expect(part.position).toBe(closed.length)
            open = part
            return ''
          },
          add: () => '',
          close(part) {
            open = undefined
            closed.push([part.id, part.text])
            return ''
          },
        })
        for (const { calls = [] } of all) {
          sequence.add({
            text: '',
            reasoning: '',
            calls: calls.map((call) => ({ index: 0, id: '', name: '', arguments: '', ...call })),
          })
        }
        sequence.end()
        // A call that was whole JSON when another began is over: only then may something be missing, and it is no JSON.
        for (const [id, text] of closed) {
          const said = texts.get(Number(id.slice(1))) ?? ''
          expect(said.startsWith(text)).toBe(true)
          if (said !== text) expect(() => JSON.parse(text)).not.toThrow()
        }
        expect(new Set(closed.map(([id]) => id)).size).toBe(texts.size)
      }),
    )
  })
})
