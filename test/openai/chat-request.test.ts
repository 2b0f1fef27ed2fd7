import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Failure } from '../../src/core/errors.ts'
import { parseChatRequest } from '../../src/openai/chat-request.ts'
import { jsonText, objectText } from '../core/support/json.ts'

const encode = (text: string) => new TextEncoder().encode(text)
const HELLO = '"messages":[{"role":"user","content":"hi"}]'

function refusalOf(bytes: Uint8Array): Failure | undefined {
  const parsed = parseChatRequest(bytes)
  return parsed.ok ? undefined : parsed.error
}

describe('a body that is refused before anything is sent', () => {
  test.each<[what: string, body: string | Uint8Array, param: string | undefined]>([
    ['nothing', '', undefined],
    ['half of it', '{"messages":[', undefined],
    ['a comma too many', '{"messages":[],}', undefined],
    ['JSON5', `{messages:[]}`, undefined],
    ['a list', '[]', undefined],
    ['a text', '"hi"', undefined],
    ['null', 'null', undefined],
    ['two objects', `{${HELLO}}{${HELLO}}`, undefined],
    [
      'invalid UTF-8',
      new Uint8Array([...encode('{"messages":[{"role":"user","content":"'), 0xff, ...encode('"}]}')]),
      undefined,
    ],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), undefined],
    ['gzip', new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), undefined],
    ['100,000 lists that nobody closed', '['.repeat(100_000), undefined],
    ['two byte order marks', `\ufeff\ufeff{${HELLO}}`, undefined],
    ['a byte order mark alone', '\ufeff', undefined],
    ['no messages', '{"model":"a/b"}', 'messages'],
    ['messages of null', '{"messages":null}', 'messages'],
    ['messages that are a text', '{"messages":"hi"}', 'messages'],
    ['no message', '{"messages":[]}', 'messages'],
    ['a message that is a text', '{"messages":["hi"]}', 'messages[0]'],
    ['a message without a role', '{"messages":[{"role":"user"},{"content":"hi"}]}', 'messages[1]'],
    ['a role that is a number', '{"messages":[{"role":1}]}', 'messages[0]'],
    ['a role by inheritance', '{"messages":[{"__proto__":{"role":"user"}}]}', 'messages[0]'],
    ['messages by inheritance', `{"__proto__":{${HELLO}}}`, 'messages'],
    ['messages that a duplicate takes back', `{${HELLO},"messages":[]}`, 'messages'],
    ['a model that is a number', `{"model":7,${HELLO}}`, 'model'],
    ['a model that is a list', `{"model":["a/b"],${HELLO}}`, 'model'],
    ['models that are a text', `{"models":"a/b",${HELLO}}`, 'models'],
    ['models that are not texts', `{"models":[{}],${HELLO}}`, 'models'],
    ['seventeen models', `{"models":${JSON.stringify(Array(17).fill('a/b'))},${HELLO}}`, 'models'],
    ['a stream that is a text', `{"stream":"true",${HELLO}}`, 'stream'],
    ['stream options that are a list', `{"stream_options":[],${HELLO}}`, 'stream_options'],
  ])('%s', (_what, body, param) => {
    const failure = refusalOf(typeof body === 'string' ? encode(body) : body)
    expect(failure).toMatchObject({ kind: 'bad_request', message: expect.stringMatching(/\S/) })
    expect(failure?.kind === 'bad_request' && failure.param).toBe(param)
  })
})

describe('what is read of a body', () => {
  test.each<[title: string, body: string, read: Record<string, unknown>]>([
    [
      'nothing is asked for',
      `{${HELLO}}`,
      { model: undefined, models: undefined, stream: false, includeUsage: undefined, hasTools: false },
    ],
    [
      'null is nothing',
      `{"model":null,"models":null,"stream":null,"stream_options":null,${HELLO}}`,
      { model: undefined, models: undefined, stream: false, includeUsage: undefined },
    ],
    ['a model and a list of its own', `{"model":"a/b","models":["c/d"],${HELLO}}`, { model: 'a/b', models: ['c/d'] }],
    ['of two models the last, as in JSON.parse', `{"model":"a/first","model":"a/last",${HELLO}}`, { model: 'a/last' }],
    ['a model under an escaped key', `{"model":"a/first","mod\\u0065l":"a/last",${HELLO}}`, { model: 'a/last' }],
    ['a stream', `{"stream":true,${HELLO}}`, { stream: true }],
    ['usage that is wanted', `{"stream_options":{"include_usage":true},${HELLO}}`, { includeUsage: true }],
    ['usage that is refused', `{"stream_options":{"include_usage":false},${HELLO}}`, { includeUsage: false }],
    ['usage that is null', `{"stream_options":{"include_usage":null},${HELLO}}`, { includeUsage: undefined }],
    ['tools', `{"tools":[{"type":"function"}],${HELLO}}`, { hasTools: true }],
    ['roles', '{"messages":[{"role":"developer"},{"role":"user"}]}', { roles: ['developer', 'user'] }],
    ['a byte order mark is nothing', `\ufeff{${HELLO}}`, { roles: ['user'] }],
  ])('%s', (_title, body, read) => {
    expect(parseChatRequest(encode(body))).toMatchObject({ ok: true, value: read })
  })

  test('100,000 lists in one another are the client’s own business', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(parseChatRequest(encode(`{"metadata":${deep},${HELLO}}`)).ok).toBe(true)
  })
})

test('whatever is written, the gateway and JSON.parse read the same', () => {
  const key = fc.constantFrom('model', 'models', 'stream', 'stream_options', 'store', '__proto__', 'x')
  const member: fc.Arbitrary<[string, string]> = fc.tuple(
    key,
    fc.oneof(jsonText, fc.constantFrom('"a/b"', 'true', '["c/d"]')),
  )
  const members = fc.array(member, { maxLength: 6 })
  const body = objectText(members.map((list): [string, string][] => [...list, ['messages', '[{"role":"user"}]']]))
  fc.assert(
    fc.property(body, (text) => {
      const parsed = parseChatRequest(encode(text))
      if (!parsed.ok) return
      const { model, models, stream, members: found } = parsed.value
      const value = JSON.parse(text)
      expect(model ?? null).toEqual(value.model ?? null)
      expect(models ?? null).toEqual(value.models ?? null)
      expect(stream).toBe(value.stream === true)
      expect(new Set(found.map((one) => one.key))).toEqual(new Set(Object.keys(value)))
    }),
    { seed: 9, numRuns: 1_000 },
  )
})

test('no bytes make reading throw', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), jsonText.map(encode), fc.json().map(encode))
  fc.assert(
    fc.property(bytes, (body) => {
      expect(typeof parseChatRequest(body).ok).toBe('boolean')
    }),
    { seed: 10, numRuns: 500 },
  )
})
