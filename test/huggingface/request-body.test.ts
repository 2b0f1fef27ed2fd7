import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRouterBody } from '../../src/huggingface/request-body.ts'
import { membersOf, skipSpace, textOf, toJsonBytes } from '../../src/json/json-bytes.ts'
import type { JsonBytes } from '../../src/json/json-string.ts'
import { parseChatRequest } from '../../src/wire/chat/request.ts'
import { jsonText, objectText } from '../json/support/json.ts'

const MESSAGES = '"messages":[{"role":"user","content":"hi"}]'

/** What the router is sent for a body; the test is sure that the gateway accepts it. */
function sentBytes(body: Uint8Array, model = 'a/b'): Uint8Array {
  const request = parseChatRequest(body)
  if (!request.ok) throw new Error(`refused: ${JSON.stringify(request.error)}`)
  return createRouterBody(request.value)(model)
}

const encode = (text: string) => new TextEncoder().encode(text)
/** The bytes as they are read from the client, with room in front of them. */
function behindRoom(bytes: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(1_024 + bytes.byteLength)
  buffer.set(bytes, 1_024)
  return buffer.subarray(1_024)
}
const decode = (bytes: Uint8Array) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
const sent = (body: string, model?: string): string => decode(sentBytes(encode(body), model))

test('usage is not asked for where it is to be estimated, unless the client asks', () => {
  const bodyOf = (more: string) => {
    const request = parseChatRequest(encode(`{"stream":true${more},${MESSAGES}}`))
    if (!request.ok) throw new Error('refused')
    return decode(createRouterBody(request.value, { asksForUsage: false })('a/b'))
  }
  expect(bodyOf('')).toBe(`{"model":"a/b","stream":true,${MESSAGES}}`)
  const asked = '"stream_options":{"include_usage":true}'
  expect(bodyOf(`,${asked}`)).toBe(`{"model":"a/b","stream":true,${asked},${MESSAGES}}`)
})

describe('what the router is sent', () => {
  test.each<[title: string, body: string, expected: string]>([
    ['the model is the target’s', `{"model":"alias",${MESSAGES}}`, `{"model":"a/b",${MESSAGES}}`],
    ['no model becomes one', `{${MESSAGES}}`, `{"model":"a/b",${MESSAGES}}`],
    ['every copy of the model is gone', `{"model":"x","mod\\u0065l":"y",${MESSAGES}}`, `{"model":"a/b",${MESSAGES}}`],
    ['what is wished of providers is ours', `{"provider":{"only":["x"]},${MESSAGES}}`, `{"model":"a/b",${MESSAGES}}`],
    ['a list of models is ours', `{"models":["x/y"],${MESSAGES}}`, `{"model":"a/b",${MESSAGES}}`],
    ['store is OpenAI’s own', `{"store":false,${MESSAGES}}`, `{"model":"a/b",${MESSAGES}}`],
    [
      'max_completion_tokens is called max_tokens',
      `{"max_completion_tokens":5,${MESSAGES}}`,
      `{"model":"a/b","max_tokens":5,${MESSAGES}}`,
    ],
    [
      'and wins over it',
      `{"max_tokens":9,${MESSAGES},"max_completion_tokens":5}`,
      `{"model":"a/b","max_tokens":5,${MESSAGES}}`,
    ],
    [
      'but not as null',
      `{"max_completion_tokens":null,"max_tokens":9,${MESSAGES}}`,
      `{"model":"a/b","max_tokens":9,${MESSAGES}}`,
    ],
    [
      'usage is asked for on a stream',
      `{"stream":true,${MESSAGES}}`,
      `{"model":"a/b","stream_options":{"include_usage":true},"stream":true,${MESSAGES}}`,
    ],
    ['not on a whole answer', `{"stream":false,${MESSAGES}}`, `{"model":"a/b","stream":false,${MESSAGES}}`],
    [
      'usage that was asked for stays',
      `{"stream":true,"stream_options":{ "include_usage" : true },${MESSAGES}}`,
      `{"model":"a/b","stream":true,"stream_options":{ "include_usage" : true },${MESSAGES}}`,
    ],
    [
      'usage that was refused stays refused',
      `{"stream":true,"stream_options":{"include_usage":false},${MESSAGES}}`,
      `{"model":"a/b","stream":true,"stream_options":{"include_usage":false},${MESSAGES}}`,
    ],
    [
      'usage of null was not refused',
      `{"stream":true,"stream_options":{"x":1e400,"include_usage":null},${MESSAGES}}`,
      `{"model":"a/b","stream_options":{"x":1e400,"include_usage":true},"stream":true,${MESSAGES}}`,
    ],
    [
      'options of null are none',
      `{"stream":true,"stream_options":null,${MESSAGES}}`,
      `{"model":"a/b","stream_options":{"include_usage":true},"stream":true,${MESSAGES}}`,
    ],
    [
      'empty options are none',
      `{"stream":true,"stream_options":{},${MESSAGES}}`,
      `{"model":"a/b","stream_options":{"include_usage":true},"stream":true,${MESSAGES}}`,
    ],
    [
      'the role developer is called system',
      '{"messages":[{"content":"developer","role":"developer"},{"role":"user","name":"developer"},{ "role" : "d\\u0065veloper" }]}',
      '{"model":"a/b","messages":[{"content":"developer","role":"system"   },{"role":"user","name":"developer"},{ "role" : "system"         }]}',
    ],
    [
      'of two roles the last counts',
      '{"messages":[{"role":"developer","role":"user"},{"role":"user","role":"developer"}]}',
      '{"model":"a/b","messages":[{"role":"system"   ,"role":"user"},{"role":"user","role":"system"   }]}',
    ],
    [
      'a member that occurs twice goes up once, as its last',
      `{"n":1,${MESSAGES},"n":2}`,
      `{"model":"a/b",${MESSAGES},"n":2}`,
    ],
    ['a byte order mark does not', `\ufeff{${MESSAGES}}`, `{"model":"a/b",${MESSAGES}}`],
  ])('%s', (_title, body, expected) => {
    expect(sent(body)).toBe(expected)
  })

  const image = `{"type":"image_url","image_url":{"url":"data:image/png;base64,${'iVBOR'.repeat(200_000)}"}}`
  test.each<[what: string, member: string]>([
    ['a 20-digit integer', '"seed":12345678901234567890'],
    ['1e400', '"temperature":1e400'],
    ['a zero after the point', '"temperature":1.0'],
    ['__proto__', '"__proto__":{"polluted":true}'],
    ['an unknown field', '"x_vendor":{ "a" : [ 1 , 2 ] }'],
    ['escapes', '"user":"\\u00e9\\/\\ud83d\\ude00"'],
    ['half a surrogate', '"user":"\\ud800"'],
    ['letters of two, three and four bytes', '"日本é😀":{"ключ":["ü\\"}",{"😀":"é]"}]}'],
    ['a key that begins with a byte order mark', '"\ufeffmodel":1'],
    ['a data URL of a megabyte', `"content":[${image}]`],
    ['the same behind letters of several bytes', `"é":["日本 😀",${image},"é"]`],
    ['100,000 lists in one another', `"metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['nothing', '"":null'],
  ])('%s arrives byte by byte', (_what, member) => {
    expect(sent(`{${member},"model":"x",${MESSAGES}}`)).toBe(`{"model":"a/b",${member},${MESSAGES}}`)
  })

  test('letters of several bytes in front do not move what is edited', () => {
    const before = '"é日":"😀ü","用户":["\u2028"]'
    const messages = (role: string) =>
      `"messages":[{"name":"é😀","role":${role},"content":"日本\\"é"},{"role":"user","content":"ü"}]`
    const body = `{${before},"model":"ü","models":["é"],"stream":true,"stream_options":{"é":"日","x":1},${messages('"developer"')},"max_completion_tokens":5,"é":"ß"}`
    expect(sent(body)).toBe(
      `{"model":"a/b","max_tokens":5,"stream_options":{"é":"日","x":1,"include_usage":true},${before},"stream":true,${messages('"system"   ')},"é":"ß"}`,
    )
  })

  test('one body goes to many targets, and each gets bytes of its own', () => {
    const body = encode(`\ufeff{"user":"é",${MESSAGES}}`)
    const original = body.slice()
    const request = parseChatRequest(body)
    if (!request.ok) throw new Error('refused')
    const bodyFor = createRouterBody(request.value)
    const [first, second] = [bodyFor('a/b'), bodyFor('c/ü')]
    expect([decode(first), decode(second)]).toEqual([
      `{"model":"a/b","user":"é",${MESSAGES}}`,
      `{"model":"c/ü","user":"é",${MESSAGES}}`,
    ])
    first.fill(0)
    expect(decode(second)).toContain('c/ü')
    expect(body).toEqual(original)
  })

  test('the first body is written over the request, and those of fallbacks change nothing that the first call may hold', () => {
    const text = `{"model":"x","user":"é","models":["y/z"],"messages":[{"role":"developer"}],"store":true }`
    const bytes = behindRoom(encode(text))
    const request = parseChatRequest(bytes)
    if (!request.ok) throw new Error('refused')
    const bodyFor = createRouterBody(request.value, { ownsBytes: true })
    const first = bodyFor('org/a-model-with-a-name-that-is-longer-than-what-was-sent')
    const held = first.slice()
    const others = [bodyFor('c/d'), bodyFor('a/b')]
    expect(first.buffer).toBe(bytes.buffer)
    expect(new Set(others.map(({ buffer }) => buffer)).has(bytes.buffer)).toBe(false)
    expect(first).toEqual(held)
    const rest = '"user":"é","messages":[{"role":"system"   }]}'
    expect(decode(first)).toBe(
      `{"model":"org/a-model-with-a-name-that-is-longer-than-what-was-sent",${rest.replace(',', `,${' '.repeat(17)}`)}`,
    )
    expect(others.map(decode)).toEqual([`{"model":"c/d",${rest}`, `{"model":"a/b",${rest}`])
  })

  test('where there is no room in front of it, the first body is a copy as well', () => {
    const bytes = encode(`{${MESSAGES}}`)
    const request = parseChatRequest(bytes)
    if (!request.ok) throw new Error('refused')
    const first = createRouterBody(request.value, { ownsBytes: true })('a/b')
    expect(first.buffer).not.toBe(bytes.buffer)
    expect(decode(first)).toBe(`{"model":"a/b",${MESSAGES}}`)
    expect(decode(bytes)).toBe(`{${MESSAGES}}`)
  })

  test('a body that lies in the midst of other bytes is taken for itself', () => {
    const text = `{"user":"é",${MESSAGES}}`
    const around = encode(`}}"${text}"{{`)
    expect(decode(sentBytes(around.subarray(3, 3 + encode(text).length)))).toBe(
      `{"model":"a/b","user":"é",${MESSAGES}}`,
    )
  })

  test('many members in many ranges and many developers are put together in no time', () => {
    const members = Array.from({ length: 490 }, (_, index) => `"store":0,"k${index}":1`).join()
    const developers = Array.from({ length: 60_000 }, () => '{"role":"developer"}').join()
    const startedAt = performance.now()
    const body = JSON.parse(sent(`{${members},"messages":[${developers}]}`))
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    expect(Object.keys(body)).toHaveLength(492)
    expect(body.messages.every(({ role }: Message) => role === 'system')).toBe(true)
  })

  test('however many developers speak, the body is as long as it came, in one piece', () => {
    const developers = Array.from({ length: 5_000 }, () => '{"role":"developer"}').join()
    const prompt = `"messages":[${developers}]`
    expect(sentBytes(encode(`{${prompt}}`)).byteLength).toBe(`{"model":"a/b",${prompt}}`.length)
  })

  test('a target whose name needs quoting cannot break out of its place', () => {
    expect(JSON.parse(sent(`{${MESSAGES}}`, 'a/b","x":"y'))).toMatchObject({ model: 'a/b","x":"y' })
  })
})

type Message = { role: string }
type Body = Record<string, unknown> & { messages: Message[] }

/** The documented changes, made in the plain way that would cost too much. */
function mapped({
  models: _models,
  provider: _provider,
  store: _store,
  max_completion_tokens: maxTokens,
  ...body
}: Body): Body {
  const options = body['stream_options'] as Record<string, unknown> | null | undefined
  const wantsUsage = body['stream'] === true && typeof options?.['include_usage'] !== 'boolean'
  return {
    ...body,
    ...(maxTokens !== undefined && maxTokens !== null && { max_tokens: maxTokens }),
    ...(wantsUsage && { stream_options: { ...options, include_usage: true } }),
    model: 'a/b:groq',
    messages: body.messages.map((one) => (one.role === 'developer' ? { ...one, role: 'system' } : one)),
  }
}

test('whatever is written, the router reads the original with exactly the documented changes', () => {
  const keys = fc.constantFrom(
    'model',
    'models',
    'provider',
    'stream',
    'stream_options',
    'store',
    'max_tokens',
    'max_completion_tokens',
    '__proto__',
    'x',
    '',
  )
  const likely = fc.constantFrom('"a/b"', 'true', 'false', 'null', '["c/d"]', '{"include_usage":null}', '{"x":1}', '7')
  const member: fc.Arbitrary<[string, string]> = fc.tuple(keys, fc.oneof(jsonText, likely))
  const role: fc.Arbitrary<[string, string]> = fc.tuple(
    fc.constant('role'),
    fc.constantFrom('"user"', '"developer"', '"\\u0064eveloper"', '"system"'),
  )
  const message = objectText(fc.tuple(fc.array(member, { maxLength: 2 }), role).map(([more, one]) => [...more, one]))
  const messages = fc.array(message, { minLength: 1, maxLength: 4 }).map((list) => `[ ${list.join(' ,')}]`)
  const body = objectText(
    fc.tuple(fc.array(member, { maxLength: 8 }), messages).map(([more, list]) => [...more, ['messages', list]]),
  )
  let accepted = 0
  fc.assert(
    fc.property(body, (text) => {
      const request = parseChatRequest(behindRoom(encode(text)))
      if (!request.ok) return
      accepted++
      const bodyFor = createRouterBody(request.value, { ownsBytes: true })
      const upstream = bodyFor('a/b:groq')
      const held = upstream.slice()
      expect(JSON.parse(decode(upstream))).toEqual(mapped(JSON.parse(text)))
      expect(JSON.parse(decode(bodyFor('a/b:groq')))).toEqual(mapped(JSON.parse(text)))
      expect(upstream).toEqual(held)
      const textsOf = (json: JsonBytes) =>
        (membersOf(json, skipSpace(json, 0)) ?? []).map(({ key, valueStart, end }) => [
          key,
          textOf(json, valueStart, end),
        ])
      const [came, went] = [encode(text), upstream].map((bytes) => Object.fromEntries(textsOf(toJsonBytes(bytes))))
      for (const key of ['x', '']) expect(went[key]).toBe(came[key])
    }),
    { seed: 12, numRuns: 1_000 },
  )
  expect(accepted).toBeGreaterThan(200)
})
