import { describe, expect, test } from 'vitest'
import type { UpstreamError } from '../../../src/core/routing/outcome.ts'
import { readError, readUsage } from '../../../src/wire/chat/chunk.ts'

describe('usage is read', () => {
  const counts = { prompt_tokens: 30, completion_tokens: 4 }
  const read = { promptTokens: 30, completionTokens: 4 }
  test.each<[what: string, usage: unknown, expected: unknown]>([
    ['with both counts', counts, read],
    ['with one count, the other is nothing', { completion_tokens: 4 }, { promptTokens: 0, completionTokens: 4 }],
    [
      'with details',
      { ...counts, prompt_tokens_details: { cached_tokens: 20 }, completion_tokens_details: { reasoning_tokens: 3 } },
      { ...read, cachedTokens: 20, reasoningTokens: 3 },
    ],
    [
      'with DeepSeek’s details',
      { ...counts, prompt_cache_hit_tokens: 20, reasoning_tokens: 3 },
      { ...read, cachedTokens: 20, reasoningTokens: 3 },
    ],
    [
      'without details that contradict it',
      { ...counts, prompt_tokens_details: { cached_tokens: 31 }, completion_tokens_details: { reasoning_tokens: -1 } },
      read,
    ],
  ])('%s', (_what, usage, expected) => {
    expect(readUsage(usage)).toEqual(expected)
  })

  test.each<[usage: unknown]>([
    [null],
    [undefined],
    ['4'],
    [{}],
    [{ prompt_tokens: '3' }],
    [{ prompt_tokens: 3, completion_tokens: -4 }],
    [{ prompt_tokens: 3, completion_tokens: 1.5 }],
    [{ prompt_tokens: Number('1e400'), completion_tokens: 4 }],
    [{ prompt_tokens: 3, completion_tokens: Number.NaN }],
    [{ prompt_tokens: 1e300, completion_tokens: 4 }],
    [{ prompt_tokens: Number.MAX_SAFE_INTEGER, completion_tokens: 4 }],
    [{ prompt_tokens: 3, completion_tokens: 100_000_001 }],
    [{ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
  ])('nowhere in %j', (usage) => {
    expect(readUsage(usage)).toBeUndefined()
  })
})

describe('an error body gives its message', () => {
  test.each<[body: Record<string, unknown>, error: UpstreamError]>([
    [{ error: 'Invalid username or password.' }, { message: 'Invalid username or password.' }],
    [
      { error: 'x', code: 7 },
      { message: 'x', code: '7' },
    ],
    [{ error: { message: 'x', type: 't', code: 'c', param: 'p' } }, { message: 'x', type: 't', code: 'c', param: 'p' }],
    [{ error: { message: 'x', type: null, code: null, param: '' } }, { message: 'x' }],
    [{ detail: 'x' }, { message: 'x' }],
    [{ detail: [{ msg: 'x', loc: ['body'] }] }, { message: 'x' }],
    [{ message: 'x' }, { message: 'x' }],
    [{ error: { message: { deep: 1 } } }, { message: '{"deep":1}' }],
    [{ error: ['x'] }, { message: 'x' }],
    [{ error: [] }, { message: 'no message' }],
    [{ error: 7 }, { message: 'no message' }],
    [{ error: true }, { message: 'no message' }],
    [{}, { message: '{}' }],
  ])('%j', (body, error) => {
    expect(readError(body)).toEqual(error)
  })
})
