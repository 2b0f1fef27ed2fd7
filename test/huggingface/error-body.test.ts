import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readModelList } from '../../src/huggingface/catalog-schema.ts'
import { readErrorBody } from '../../src/huggingface/error-body.ts'
import { createRedact, toReportable } from '../../src/huggingface/redact.ts'

describe('an error body gives its message, whatever it is', () => {
  test.each<[what: string, text: string, message: string]>([
    ['the router’s text', '{"error":"Invalid username or password."}', 'Invalid username or password.'],
    ['OpenAI’s object', '{"error":{"message":"no","code":"c"}}', 'no'],
    ['FastAPI’s detail', '{"detail":[{"msg":"field required"}]}', 'field required'],
    [
      'a page with a title',
      '<html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>',
      '502 Bad Gateway',
    ],
    ['a page without a title', '<html><style>b{}</style><h1>Busy</h1><script>x()</script> now</html>', 'Busy now'],
    ['a page whose title has a tag in it', '<title><b>x</b></title> Busy', 'x Busy'],
    ['a script that nobody closes', 'Busy <script>x()', 'Busy'],
    ['less than, which is no tag', 'a < b', 'a < b'],
    ['plain text', 'upstream connect error', 'upstream connect error'],
    ['nothing', '', 'HTTP 503 without a message'],
    ['half of JSON', '{"error":', '{"error":'],
    ['a JSON list', '["x"]', '["x"]'],
    ['Gemini’s list', '[{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}]', 'no'],
    ['an event', 'event: error\ndata: {"error":{"message":"no"}}\n\ndata: [DONE]\n\n', 'no'],
    ['an error in a detail', '{"detail":{"error":{"message":"no"}}}', 'no'],
    ['an error in an error', '{"error":{"error":{"message":{"message":"no"}}}}', 'no'],
    ['one slip of an encoding', 'd\ufffdsol\u00e9', 'd\ufffdsol\u00e9'],
    [
      'bytes in an encoding that nobody asked for',
      '(\ufffd/\ufffd\u0004\u0000\u0001X',
      'HTTP 503 with a body that is not text',
    ],
    ['UTF-16', '{\u0000"\u0000e\u0000', 'HTTP 503 with a body that is not text'],
  ])('%s', (_what, text, message) => {
    expect(readErrorBody(text, 503)).toMatchObject({ message })
  })

  test('the code of an error that another was put around is its code', () => {
    const error = readErrorBody('{"error":{"code":400,"error":{"message":"no","code":"model_not_found"}}}', 400)
    expect(error).toEqual({ message: 'no', code: 'model_not_found' })
  })

  test('an error whose words lie deeper than its code keeps its code: it says whether another target may help', () => {
    const text = { code: 'context_length_exceeded', type: 'invalid_request_error', message: { text: 'too long' } }
    expect(readErrorBody(JSON.stringify({ error: text }), 400)).toMatchObject({
      code: 'context_length_exceeded',
      type: 'invalid_request_error',
    })
    expect(readErrorBody('{"error":{"code":429,"detail":{"retry":5}}}', 400)).toMatchObject({ code: '429' })
  })

  test('however deep it is wrapped, it is read', () => {
    const text = `${'{"error":'.repeat(50_000)}{}${'}'.repeat(50_000)}`
    expect(readErrorBody(text, 400).message).not.toBe('')
  })

  test.each<[where: string, text: string]>([
    ['its message', '{"error":"bad token hf_abcdefghijk"}'],
    ['its param', '{"error":{"message":"x","param":"Authorization: Bearer hf_abcdefghijk"}}'],
    ['its code', '{"error":{"message":"x","code":"hf_abcdefghijk"}}'],
    ['a page', '<html><p>Bearer hf_abcdefghijk</p></html>'],
  ])('a token that stands in %s is not repeated', (_where, text) => {
    const error = toReportable(readErrorBody(text, 400), createRedact(undefined))
    expect(JSON.stringify(error)).not.toContain('hf_abcdefghijk')
  })

  test('never repeats the token that the upstream was sent, whatever it looks like', () => {
    const error = toReportable(
      readErrorBody('{"error": {"message": "bad tok-0123456789", "code": "tok-0123456789"}}', 400),
      createRedact('tok-0123456789'),
    )
    expect(JSON.stringify(error)).not.toContain('tok-0123456789')
  })

  test('is never long and never fails', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ minLength: 2_000, maxLength: 5_000 })), (text) => {
        const { message } = toReportable(readErrorBody(text, 500), createRedact('x'))
        expect(message.length).toBeGreaterThan(0)
        expect(message.length).toBeLessThanOrEqual(1_000)
      }),
      { seed: 15 },
    )
  })
})

describe('the router’s model list', () => {
  test.each<[what: string, body: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    ['a bare list', [{ id: 'a/b' }]],
    ['an error', { error: 'x' }],
    ['no rows', { object: 'list', data: [] }],
    ['rows that are none', { data: [null, 1, 'x', {}, { id: 7 }, { id: '' }, []] }],
    ['data that is an object', { data: { id: 'a/b' } }],
  ])('is no list where it is %s', (_what, body) => {
    expect(readModelList(body)).toBeUndefined()
  })

  test('keeps the rows that have an id, as they are', () => {
    const good = { id: 'a/b', providers: 'later', nested: { kept: [1] } }
    expect(readModelList({ data: [null, good, { id: 7 }] })).toEqual([good])
  })
})

test('of a list of half a million rows the first five thousand count', () => {
  const data = Array.from({ length: 500_000 }, (_, row) => ({ id: `a/${row}` }))
  expect(readModelList({ data })).toHaveLength(5_000)
})

test.each<[what: string, page: string]>([
  ['titles', '<title'.repeat(10_900)],
  ['titles that end', '<title>'.repeat(9_000)],
  ['scripts', '<script>'.repeat(8_000)],
  ['brackets', '<'.repeat(65_000)],
  ['spaces', ' '.repeat(65_000)],
])('64 KB of %s are read in no time', (_what, page) => {
  const startedAt = performance.now()
  for (let turn = 0; turn < 20; turn++) readErrorBody(page, 502)
  expect((performance.now() - startedAt) / 20).toBeLessThan(20)
})
