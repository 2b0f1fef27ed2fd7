import { describe, expect, test } from 'vitest'
import { normalizeEnvelope } from '../../src/huggingface/normalize-envelope.ts'

const choices = [{ index: 0, delta: { content: 'x' } }]

describe('a client with a schema does not lose a chunk for what stands beside its choices', () => {
  test.each<[what: string, given: object, seen: object]>([
    ['an id that is a number is text', { id: 7 }, { id: '7' }],
    ['an id that is an object is left out', { id: {} }, {}],
    ['a time that is text is a number', { created: '1700000000' }, { created: 1_700_000_000 }],
    ['a time that nobody can read is left out', { created: '2026-11-27' }, {}],
    ['a model that is an object is left out', { model: { id: 'm' } }, {}],
    ['usage that is text is left out', { usage: 'none' }, {}],
    ['usage that is a list is left out', { usage: [] }, {}],
    ['usage whose counts are text is left out', { usage: { prompt_tokens: '3' } }, {}],
    [
      'details of usage that are no counts are left out',
      {
        usage: {
          prompt_tokens: 3,
          prompt_tokens_details: { cached_tokens: 'x', audio_tokens: 0 },
          completion_tokens_details: [],
        },
      },
      { usage: { prompt_tokens: 3, prompt_tokens_details: { audio_tokens: 0 }, completion_tokens_details: {} } },
    ],
  ])('%s', (_what, given, seen) => {
    expect(normalizeEnvelope({ ...given, choices })).toEqual({ ...seen, choices })
  })

  test.each<[what: string, given: object]>([
    ['in order', { id: 'c', model: 'm', created: 1, usage: { prompt_tokens: 1, completion_tokens: 2 } }],
    ['with details', { usage: { prompt_tokens: 1, prompt_tokens_details: { cached_tokens: 1, x: null } } }],
    ['with nulls', { id: null, model: null, created: null, usage: null }],
    ['without any', {}],
    ['in another API’s words', { usage: { input_tokens: 1 } }],
  ])('one %s is the very same', (_what, given) => {
    const body = { ...given, choices }
    expect(normalizeEnvelope(body)).toBe(body)
  })
})
