import { describe, expect, test } from 'vitest'
import { adviseOnPath } from '../../src/wire/route-advice.ts'

const AT = 'https://hugway.test'

describe('a wrong base URL is told with the right one', () => {
  test.each([
    '/v1/v1/chat/completions',
    '/chat/completions',
    '/openai/v1/chat/completions',
    '/api/v1/models',
    '/v1/v1/models/org/name',
    '/models',
    '/responses',
    '/v1/v1/responses',
    '/embeddings',
  ])('%s', (path) => {
    expect(adviseOnPath(path, AT)).toMatch(
      /^The base URL is https:\/\/hugway\.test\/v1\. This gateway serves POST \/v1\/chat/,
    )
  })

  test.each(['/messages', '/v1/v1/messages', '/v1/v1/messages/count_tokens'])('%s, of Anthropic’s clients', (path) => {
    expect(adviseOnPath(path, AT)).toBe('Clients of the Messages API take https://hugway.test as base URL.')
  })

  test('also where the address is not known', () => {
    expect(adviseOnPath('/chat/completions')).toMatch(/^The base URL is the address of this gateway and \/v1\./)
  })
})

test.each([
  '/v1/completions',
  '/v1/embeddings',
  '/v1/images/generations',
  '/v1/audio/speech',
  '/v1/files',
  '/v1/unknown',
])('%s is told what is served', (path) => {
  expect(adviseOnPath(path, AT)).toMatch(/^This gateway serves POST \/v1\/chat\/completions, .* GET \/v1\/models\.$/)
})

test.each(['/', '/favicon.ico', '/robots.txt', '/admin/nothing', '/wp-login.php'])('%s is told nothing', (path) => {
  expect(adviseOnPath(path, AT)).toBeUndefined()
})
