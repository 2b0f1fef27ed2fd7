import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Failure } from '../../../src/core/failure.ts'
import { parseChatRequest } from '../../../src/wire/chat/request.ts'
import { jsonText, objectText } from '../../json/support/json.ts'

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
    ['a number of answers that is a text', `{"n":"5",${HELLO}}`, 'n'],
    ['a number of answers that is a part of one', `{"n":0.5,${HELLO}}`, 'n'],
    ['no answer at all', `{"n":0,${HELLO}}`, 'n'],
    ['more answers than can be counted', `{"n":1e999,${HELLO}}`, 'n'],
    ['another model for a provider that does not look at case', `{"model":"a/b","Model":"c/d",${HELLO}}`, 'model'],
    ['another limit by the sign for kelvin', `{"max_tokens":5,"max_to\u212aens":9000,${HELLO}}`, 'max_tokens'],
    ['another limit by an escape', `{"max_tokens":5,"\\u004dax_tokens":9000,${HELLO}}`, 'max_tokens'],
    ['another number of answers by a capital', `{"N":50,${HELLO}}`, 'n'],
    [
      'more members than there are fields',
      `{${Array.from({ length: 1_000 }, (_, at) => `"k${at}":1`)},${HELLO}}`,
      undefined,
    ],
    ['a member with a name like a book', `{"${'k'.repeat(1_025)}":1,${HELLO}}`, undefined],
    ['a model longer than any', `{"model":"${'m'.repeat(1_025)}",${HELLO}}`, 'model'],
    ['models longer than any', `{"models":["${'m'.repeat(33_000)}"],${HELLO}}`, 'models'],
    ['models that nest without end', `{"models":${'['.repeat(20_000)}${']'.repeat(20_000)},${HELLO}}`, 'models'],
    ['stream options like a book', `{"stream_options":{"a":"${'x'.repeat(4_096)}"},${HELLO}}`, 'stream_options'],
    [
      'a number of tokens like a book',
      `{"max_completion_tokens":${'1'.repeat(1_025)},${HELLO}}`,
      'max_completion_tokens',
    ],
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
    ['no tools', `{"tools":[ ],${HELLO}}`, { hasTools: false }],
    ['tools that are no list', `{"tools":{"a":1},${HELLO}}`, { hasTools: false }],
    ['tools that a duplicate takes back', `{"tools":[{}],"tools":null,${HELLO}}`, { hasTools: false }],
    ['a role of a developer', '{"messages":[{"role":"developer"}]}', { developerRoles: [21, 32] }],
    [
      'roles of a developer in messages that a duplicate takes back',
      `{"messages":[{"role":"developer"}],${HELLO}}`,
      { developerRoles: [] },
    ],
    ['a byte order mark is nothing', `\ufeff{${HELLO}}`, { developerRoles: [] }],
  ])('%s', (_title, body, read) => {
    expect(parseChatRequest(encode(body))).toMatchObject({ ok: true, value: read })
  })

  test('100,000 lists in one another are the client’s own business', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(parseChatRequest(encode(`{"metadata":${deep},${HELLO}}`)).ok).toBe(true)
  })
})

/** The same rules on what `JSON.parse` makes of a body. */
function isAccepted({ model, models, messages, stream, stream_options: options, n }: Record<string, unknown>): boolean {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  const areTexts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string')
  const isMessage = (value: unknown) =>
    isObject(value) && typeof Object.getOwnPropertyDescriptor(value, 'role')?.value === 'string'
  return (
    (model == null || typeof model === 'string') &&
    (models == null || areTexts(models)) &&
    (stream == null || typeof stream === 'boolean') &&
    (options == null || isObject(options)) &&
    (n == null || (Number.isSafeInteger(n) && Number(n) >= 1)) &&
    Array.isArray(messages) &&
    messages.length > 0 &&
    messages.every(isMessage)
  )
}

test('whatever is written, the gateway and JSON.parse read the same', () => {
  const likely: Record<string, fc.Arbitrary<string>> = {
    model: fc.constantFrom('"a/b"', 'null'),
    models: fc.constantFrom('["c/d"]', '[]'),
    stream: fc.constantFrom('true', 'false'),
    stream_options: fc.constantFrom('{"include_usage":true}', '{}'),
    tools: fc.constantFrom('[]', '[{}]', '[ ]', '{"a":1}'),
    n: fc.constantFrom('2', '"2"'),
  }
  const key = fc.constantFrom(...Object.keys(likely), '__proto__', 'x')
  const valueFor = (name: string) =>
    fc.oneof(
      { weight: 4, arbitrary: (Object.hasOwn(likely, name) && likely[name]) || jsonText },
      { weight: 1, arbitrary: jsonText },
    )
  const member = key.chain((name) => valueFor(name).map((value): [string, string] => [name, value]))
  const role = fc.constantFrom('"user"', '"developer"', '"\\u0064eveloper"', '"developer "')
  const part = fc.oneof(
    { weight: 6, arbitrary: role.map((value): [string, string] => ['role', value]) },
    { weight: 1, arbitrary: jsonText.map((value): [string, string] => ['role', value]) },
    { weight: 2, arbitrary: jsonText.map((value): [string, string] => ['content', value]) },
  )
  const message = objectText(fc.array(part, { minLength: 1, maxLength: 3 }))
  const messages = fc
    .array(fc.oneof({ weight: 20, arbitrary: message }, { weight: 1, arbitrary: jsonText }), { maxLength: 3 })
    .map((list): [string, string] => ['messages', `[ ${list.join(' ,')}]`])
  const body = objectText(
    fc.array(fc.oneof({ weight: 3, arbitrary: member }, { weight: 2, arbitrary: messages }), { maxLength: 7 }),
  )
  const counts = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(body, (text) => {
      const parsed = parseChatRequest(encode(text))
      const value = JSON.parse(text)
      expect(parsed.ok).toBe(isAccepted(value))
      counts[parsed.ok ? 'accepted' : 'refused']++
      if (!parsed.ok) return
      const { model, models, stream, includeUsage, choiceCount, hasTools, members, developerRoles } = parsed.value
      expect(model ?? null).toEqual(value.model ?? null)
      expect(models ?? null).toEqual(value.models ?? null)
      expect(stream).toBe(value.stream === true)
      expect(includeUsage).toBe(value.stream_options?.include_usage)
      expect(choiceCount).toBe(value.n ?? 1)
      expect(hasTools).toBe(Array.isArray(value.tools) && value.tools.length > 0)
      expect(new Set(members.map((one) => one.key))).toEqual(new Set(Object.keys(value)))
      const isDeveloper = (one: { role: string }) => one.role === 'developer'
      if (value.messages.some(isDeveloper)) expect(developerRoles.length).toBeGreaterThan(0)
      for (let role = 0; role < developerRoles.length; role += 2) {
        const word = encode(text).subarray(developerRoles[role], developerRoles[role + 1])
        expect(JSON.parse(new TextDecoder().decode(word))).toBe('developer')
      }
    }),
    { seed: 9, numRuns: 5_000 },
  )
  expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(500)
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
