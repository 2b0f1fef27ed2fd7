import { describe, expect, test } from 'vitest'
import { piecesOf } from '../../src/wire/answer-pieces.ts'
import type { Fields } from '../../src/wire/chat/chunk.ts'

const said = (delta: Fields) => {
  const { choice: _choice, ...pieces } = piecesOf({ choices: [{ index: 0, delta }] })
  return pieces
}
const NOTHING = { reasoning: '', text: '', calls: [] }

describe('what a chat client would see, clients of the other surfaces see as well', () => {
  test.each<[what: string, delta: Fields]>([
    ['a text', { reasoning: 'hm' }],
    ['an object', { reasoning: { content: 'hm' } }],
    ['a list of texts', { thinking: ['h', 'm'] }],
    ['details', { reasoning: null, reasoning_details: [{ type: 'reasoning.text', text: 'hm' }] }],
    ['a summary', { reasoning_details: [{ type: 'reasoning.summary', summary: 'hm' }] }],
  ])('a thought in %s', (_what, delta) => {
    expect(said(delta)).toEqual({ ...NOTHING, reasoning: 'hm' })
  })

  test.each<[what: string, delta: Fields]>([
    ['a refusal', { content: null, refusal: 'no' }],
    ['a sound’s transcript', { content: null, audio: { id: 'a', data: 'AAAA', transcript: 'no' } }],
    ['a text among other parts', { content: [{ type: 'thinking', thinking: [] }, { text: 'no' }] }],
  ])('the words of %s', (_what, delta) => {
    expect(said(delta)).toEqual({ ...NOTHING, text: 'no' })
  })

  test('a custom tool that is called as one', () => {
    const call = { index: 0, id: 'c', type: 'custom', custom: { name: 'f', input: 'x' } }
    expect(said({ tool_calls: [call] }).calls).toEqual([{ index: 0, id: 'c', name: 'f', arguments: 'x' }])
  })
})
