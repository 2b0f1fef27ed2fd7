import { describe, expect, test } from 'vitest'
import { createRedact } from '../../src/huggingface/redact.ts'
import { createRouterClient } from '../../src/huggingface/router-client.ts'
import { attemptChat } from '../../src/stream/attempt.ts'
import { createNormalizer } from '../../src/stream/normalizer.ts'
import { deltaEvent, encode, FINISH, realClock } from './support/streams.ts'

const TOKEN = 'our-own-token-0123456789'
const redact = createRedact(TOKEN)
const limits = { headersMs: 500, answerMs: 500 }

function attempt(answer: () => Response, stream: boolean) {
  const router = createRouterClient(async () => answer(), {
    baseUrl: 'https://router.test/v1',
    token: TOKEN,
    billTo: undefined,
  })
  const request = { body: encode('{}'), stream, choiceCount: 1, limits }
  return attemptChat({ router, redact, clock: realClock, newId: () => 'made' }, request, new AbortController().signal)
}

/** What is told of an attempt: everything but what cannot be written as JSON. */
const told = (value: unknown) => JSON.stringify(value)

describe('an upstream that sends the token back does not get it to a client or a log', () => {
  test.each<[where: string, headers: Record<string, string>]>([
    ['as the provider', { 'x-inference-provider': TOKEN }],
    ['as a Hugging Face token in the provider', { 'x-inference-provider': 'hf_abcdefghijklmnop' }],
    ['as the id of the request', { 'x-request-id': `id-${TOKEN}` }],
    ['as the other id', { 'x-amz-cf-id': TOKEN }],
  ])('%s', async (_where, headers) => {
    const { outcome, ...answered } = await attempt(
      () => new Response(deltaEvent({ content: 'x' }) + FINISH, { headers }),
      true,
    )
    expect(outcome.kind).toBe('answering')
    expect(told(answered)).not.toMatch(/our-own-token|hf_/)
  })

  test('in a JSON answer', async () => {
    const answer = `{"id":"${TOKEN}","choices":[{"message":{"content":"${TOKEN}"}}]}`
    const result = await attempt(() => new Response(answer), false)
    expect(told(result)).not.toContain(TOKEN)
    expect(told(result)).toContain('[redacted]')
  })

  test('in the events that are read, wherever they are cut', () => {
    const normalizer = createNormalizer(() => 'made', 1, redact.ownToken)
    const bytes = encode(deltaEvent({ content: `say ${TOKEN}` }) + FINISH)
    const chunks = [...bytes].flatMap((byte) => [...normalizer.feed(Uint8Array.of(byte))])
    expect(told(chunks)).not.toContain(TOKEN)
    expect(told(chunks)).toContain('say [redacted]')
    expect(normalizer.isClean()).toBe(false) // so that the stream is never passed through unread
  })

  test('in an event that is like those before it but for its words', () => {
    const normalizer = createNormalizer(() => 'made', 1, redact.ownToken)
    const said = ['a', 'b', 'c', `say ${TOKEN}`].map((content) => encode(deltaEvent({ content })))
    const chunks = [encode(deltaEvent({ role: 'assistant', content: '' })), ...said].flatMap(normalizer.feed)
    expect(told(chunks)).not.toContain(TOKEN)
    expect(told(chunks)).toContain('say [redacted]')
    expect(normalizer.isClean()).toBe(false)
  })

  test('and a token of the client’s own is the client’s own', () => {
    const normalizer = createNormalizer(() => 'made', 1, redact.ownToken)
    expect(told(normalizer.feed(encode(deltaEvent({ content: 'hf_what_is_a_token' }))))).toContain('hf_what_is_a_token')
  })
})
