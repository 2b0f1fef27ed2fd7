import { describe, expect, test } from 'vitest'
import { type ChatRequest, parseChatRequest } from '../../../src/wire/chat/request.ts'
import { readProviderWishes, sessionOf, shapeOf, userOf } from '../../../src/wire/chat/request-shape.ts'

const HELLO = '"messages":[{"role":"user","content":"hi"}]'

function requestOf(body: string): ChatRequest {
  const parsed = parseChatRequest(new TextEncoder().encode(body))
  if (!parsed.ok) throw new Error(`the test writes a bad body: ${JSON.stringify(parsed.error)}`)
  return parsed.value
}

const IMAGE = `{"type":"image_url","image_url":{"url":"data:image/png;base64,${'A'.repeat(9_000)}"}}`
const withContent = (content: string) => `{"messages":[{"role":"user","content":${content}}]}`

test.each([
  ['"Zoë"', 'Zoë'],
  ['"\\u001b]52;c;x\\u0007\\r\\n"', '?]52;c;x???'],
  ['""', undefined],
  ['{"id":"x"}', undefined],
])('the user that a client names, %s, is read without what a terminal obeys', (written, user) => {
  expect(userOf(requestOf(`{"user":${written},${HELLO}}`))).toBe(user)
})

describe('the shape of a request', () => {
  test.each<[title: string, body: string, shape: object]>([
    ['a plain one needs nothing', `{${HELLO}}`, { hasTools: false, hasImages: false, wantsStructuredOutput: false }],
    ['tools', `{"tools":[{}],${HELLO}}`, { hasTools: true }],
    [
      'a schema',
      `{"response_format":{"type":"json_schema","json_schema":{}},${HELLO}}`,
      { wantsStructuredOutput: true },
    ],
    ['any JSON', `{"response_format":{"type":"json_object"},${HELLO}}`, { wantsStructuredOutput: true }],
    ['text is no structure', `{"response_format":{"type":"text"},${HELLO}}`, { wantsStructuredOutput: false }],
    ['a format of null', `{"response_format":null,${HELLO}}`, { wantsStructuredOutput: false }],
    ['the newer limit wins', `{"max_tokens":5,"max_completion_tokens":9,${HELLO}}`, { maxTokens: 9 }],
    ['the older one alone', `{"max_tokens":5,${HELLO}}`, { maxTokens: 5 }],
    ['a limit that is a text is none', `{"max_tokens":"5",${HELLO}}`, { maxTokens: undefined }],
    ['a limit that is a part of a token is none', `{"max_tokens":0.4,${HELLO}}`, { maxTokens: undefined }],
    ['of two limits the last', `{"max_tokens":5,"max_tokens":7,${HELLO}}`, { maxTokens: 7 }],
    ['two images', withContent(`[{"type":"text","text":"?"},${IMAGE}, ${IMAGE}]`), { hasImages: true, imageCount: 2 }],
    ['the word alone is no image', withContent('[{"type":"text","text":"image_url"}]'), { hasImages: false }],
    ['parts that are no objects', withContent('["image_url",7,null]'), { hasImages: false }],
  ])('%s', (_title, body, shape) => {
    expect(shapeOf(requestOf(body))).toMatchObject(shape)
  })

  test.each([
    '{"type":"video_url","video_url":{"url":"https://example.org/film.mp4"}}',
    '{"type":"audio_url","audio_url":{"url":"https://example.org/talk.ogg"}}',
    '{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}',
    '{"type":"file","file":{"file_id":"f"}}',
    '{"type":"video_url","vide\\u006f_url":{"url":"https://example.org/film.mp4"}}',
  ])('sound, video and files are told apart from text: %s', (part) => {
    const shape = shapeOf(requestOf(withContent(`[{"type":"text","text":"?"},${part}]`)))
    expect(shape).toMatchObject({ hasMedia: true, hasImages: false, imageCount: 0 })
    expect(shapeOf(requestOf(withContent('[{"type":"text","text":"video_url"}]')))).not.toHaveProperty('hasMedia')
  })

  test('the bytes of an image are no prompt', () => {
    const body = withContent(`[${IMAGE}]`)
    expect(shapeOf(requestOf(body)).promptBytes).toBeLessThan(body.length - 9_000)
  })

  test('every other byte is', () => {
    const body = `{${HELLO},"tools":[{"x":"${'y'.repeat(500)}"}]}`
    expect(shapeOf(requestOf(body)).promptBytes).toBe(body.length)
  })
})

describe('what the first messages are', () => {
  const opening = (...contents: string[]) => {
    const messages = contents.map((content) => ({ role: 'user', content }))
    const { json, opening } = requestOf(JSON.stringify({ messages }))
    return new TextDecoder().decode(json.bytes.subarray(opening?.start, opening?.end))
  }

  test('they stay what they are while the conversation grows', () => {
    expect(opening('a', 'b', 'c', 'd')).toBe(opening('a', 'b'))
    expect(opening('a', 'x')).not.toBe(opening('a', 'b'))
    expect(opening('a')).toBe('{"role":"user","content":"a"}')
  })
})

describe('the wishes about providers', () => {
  test('come as they were sent', () => {
    expect(readProviderWishes(requestOf(`{"provider":{"only":["groq"]},${HELLO}}`))).toEqual({
      ok: true,
      value: { only: ['groq'] },
    })
  })

  test.each([`{${HELLO}}`, `{"provider":null,${HELLO}}`])('%s has none', (body) => {
    expect(readProviderWishes(requestOf(body))).toEqual({ ok: true, value: undefined })
  })

  test('are refused unread where they are longer than anybody writes them', () => {
    const body = `{"provider":{"only":["${'x'.repeat(20_000)}"]},${HELLO}}`
    expect(readProviderWishes(requestOf(body))).toMatchObject({ ok: false, error: { param: 'provider' } })
  })
})

describe('what a conversation is known by', () => {
  const session = (body: string, header?: string) => sessionOf(requestOf(body), header)
  const chat = (...contents: string[]) =>
    JSON.stringify({ messages: contents.map((content) => ({ role: 'user', content })) })

  test('the cache key goes before the header, the header before the messages', () => {
    expect(session(`{"prompt_cache_key":"chat-7",${HELLO}}`, 'h')).toBe('key chat-7')
    expect(session(`{"prompt_cache_key":7,${HELLO}}`, 'h')).toBe('header h')
    expect(session(`{"prompt_cache_key":"${'x'.repeat(2_000)}",${HELLO}}`, 'h')).toBe('header h')
  })

  test('without either it is known by its first messages, however long it grows', () => {
    expect(session(chat('a', 'b', 'c', 'd'))).toBe(session(chat('a', 'b')))
    expect(session(chat('a', 'b'))).not.toBe(session(chat('a', 'x')))
  })
})
