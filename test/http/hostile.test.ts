import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseModelRef } from '../../src/core/routing/model-ref.ts'
import {
  ADMIN_TOKEN,
  CLIENT_KEY,
  type Gateway,
  HF_TOKEN,
  MESSAGES,
  startGateway,
  useGateway,
  WHOLE,
} from './support/gateway.ts'

useGateway()

const SECRETS = [CLIENT_KEY, ADMIN_TOKEN, HF_TOKEN]
const BOUNDED = { numRuns: 100, interruptAfterTimeLimit: 5_000 }

/** What holds for every answer to anybody: it is no bug, it is in the envelope, and no secret is in it or in the log. */
async function isDecent(response: Response, { logs }: Gateway): Promise<void> {
  const text = await response.text()
  expect(response.status, text).not.toBe(500)
  if (response.status >= 400)
    expect(JSON.parse(text)).toMatchObject({ error: { message: expect.stringMatching(/\S/) } })
  const said = [text, ...response.headers.values(), ...logs].join('\n')
  for (const secret of SECRETS) expect(said).not.toContain(secret)
}

/** Whoever the caller is and whatever they send, only these places are asked, with our token and nobody else's. */
function isContained({ calls }: Gateway): void {
  for (const { url, headers, redirect } of calls) {
    expect(['https://router.test/v1/chat/completions', 'https://router.test/v1/models']).toContain(url)
    expect(headers.get('authorization')).toBe(`Bearer ${HF_TOKEN}`)
    expect(headers.get('cookie')).toBeNull()
    expect(redirect).toBe('manual')
  }
}

const nasty = fc.constantFrom(
  '../',
  '%2f',
  '%2e%2e',
  '\r\n',
  '\0',
  ':',
  '//',
  '@evil.test',
  'https://evil.test/',
  '?',
  '#',
  '\\',
  '\u202e',
  '／',
  '__proto__',
  'constructor',
  'huggingface/',
  'a/b',
  ':fastest',
  HF_TOKEN,
  'x'.repeat(300),
  '😀',
  '\ud800',
  '{{7*7}}',
  '<script>',
)
const nastyText = fc.oneof(
  fc.array(nasty, { maxLength: 5 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

describe('nobody gets more than an error by', () => {
  test('the model', async () => {
    const gateway = await startGateway(() => new Response(WHOLE))
    await fc.assert(
      fc.asyncProperty(nastyText, fc.boolean(), async (name, inList) => {
        gateway.calls.length = 0
        gateway.logs.length = 0
        fc.pre(!name.includes(HF_TOKEN)) // a token that the caller sends is the caller's to see
        const body = inList ? { model: 'a/b', models: [name], messages: MESSAGES } : { model: name, messages: MESSAGES }
        const response = await gateway.chat(body)
        const isServed = parseModelRef(name).ok || ['', 'default'].includes(name.trim().toLowerCase())
        expect(response.status).toBe(isServed ? 200 : 400)
        if (!isServed) expect(gateway.calls).toEqual([])
        await isDecent(response, gateway)
        isContained(gateway)
      }),
      { seed: 20, ...BOUNDED },
    )
  })

  test('the path', async () => {
    const gateway = await startGateway(() => Response.json({ data: [{ id: 'a/b' }] }))
    const path = fc.tuple(fc.constantFrom('/v1/models/', '/v1/', '/admin/', '/', '/v1/chat/completions/'), nastyText)
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD')
    await fc.assert(
      fc.asyncProperty(path, method, fc.boolean(), async ([folder, rest], verb, isEncoded) => {
        gateway.logs.length = 0
        fc.pre(!rest.includes(HF_TOKEN))
        const tail = isEncoded ? encodeURIComponent(rest.toWellFormed()) : rest
        fc.pre(URL.canParse(`https://hugway.test${folder}${tail}`))
        const response = await gateway.ask(`${folder}${tail}`, { method: verb })
        if (verb !== 'HEAD') await isDecent(response, gateway)
        isContained(gateway)
      }),
      { seed: 21, ...BOUNDED },
    )
  })

  test('another spelling of a path that needs a key', async () => {
    const gateway = await startGateway(() => new Response(WHOLE))
    const guarded = [
      ...['/v1/chat/completions', '/v1/models', '/v1/responses', '/v1/messages', '/v1/messages/count_tokens'],
      ...['/v1/key', '/v1/route/explain', '/metrics', '/admin/config', '/admin/keys', '/admin/keys/k', '/admin/usage'],
    ]
    const spell = (path: string) => [
      ...[path, `${path}/`, `/${path}`, `${path}//`, `${path}%0a`, `${path}%00`, `${path}%`, `${path}%2f`, `${path};x`],
      ...[
        `/health/..${path}`,
        `/health%2f..${path}`,
        `/admin/session/..%2f${path.slice(1)}`,
        `/admin/session%0a${path}`,
      ],
      ...[`/%0a${path}`, `/schema${path}`, `/openapi.json${path}`, path.toUpperCase(), path.replaceAll('/', '\\')],
      ...[path.replace('admin', '%61dmin'), path.replace('v1', '%761'), path.replace(/(?<=.)\/(?=\w+$)/, '%2f')],
      ...[path.replace(/(\w+)$/, '%0a$1'), path.replace(/(\w)(?=\w*$)/, '%2e/$1')],
    ]
    for (const path of guarded.flatMap(spell)) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']) {
        const { status } = await gateway.ask(`https://hugway.test${path}`, { key: null, method })
        expect([401, 404], `${method} ${path}`).toContain(status)
      }
    }
    expect(gateway.calls).toEqual([])
  })

  test('the headers', async () => {
    const gateway = await startGateway(() => new Response(WHOLE))
    const name = fc.constantFrom(
      'authorization',
      'x-request-id',
      'x-hugway-fallback',
      'content-type',
      'content-length',
      'content-encoding',
      'origin',
      'host',
      'x-forwarded-host',
      'x-forwarded-for',
      'cookie',
      'x-hf-bill-to',
      'x-http-method-override',
      'if-none-match',
      'accept',
      'expect',
    )
    const value = fc.oneof(
      fc.stringMatching(/^[\x21-\x7e]{0,60}$/),
      fc.constantFrom('off', 'gzip', '-1', '1e9', '*', 'null', 'Bearer', 'x'.repeat(9_000)),
    )
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 6 }), async (headers) => {
        gateway.calls.length = 0
        gateway.logs.length = 0
        const response = await gateway.chat({ messages: MESSAGES }, headers)
        if ('authorization' in headers) expect([response.status, gateway.calls.length]).toEqual([401, 0])
        if (response.status !== 200) expect(gateway.calls).toEqual([])
        await isDecent(response, gateway)
        isContained(gateway)
      }),
      { seed: 22, ...BOUNDED },
    )
  })

  test('the body', async () => {
    const gateway = await startGateway(() => new Response(WHOLE))
    const member = fc.constantFrom(
      'model',
      'models',
      'messages',
      'stream',
      'stream_options',
      'tools',
      'store',
      'max_tokens',
      'n',
      'max_completion_tokens',
      '__proto__',
      'base_url',
      'api_key',
    )
    const message = fc.record({
      role: fc.oneof(fc.constantFrom('user', 'developer'), fc.jsonValue()),
      content: fc.jsonValue(),
    })
    const value = fc.oneof(fc.jsonValue(), fc.array(message), fc.constantFrom('a/b', true, ['a/b'], {}))
    const object = fc.dictionary(member, value).map((fields) => JSON.stringify({ messages: MESSAGES, ...fields }))
    const bytes = fc.oneof(
      object.map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 100 }),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        gateway.calls.length = 0
        gateway.logs.length = 0
        const response = await gateway.chat(body)
        expect([200, 400]).toContain(response.status)
        if (response.status === 400) expect(gateway.calls).toEqual([])
        await isDecent(response, gateway)
        isContained(gateway)
      }),
      { seed: 23, ...BOUNDED },
    )
  })

  test('the configuration, which goes on serving', async () => {
    const gateway = await startGateway(() => new Response(WHOLE))
    const member = fc.constantFrom(
      'agents',
      'defaults',
      'model',
      'models',
      'primary',
      'hugway',
      'providers',
      'huggingface',
      'alias',
      'baseUrl',
      '__proto__',
    )
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof({ maxDepth: 4 }, nastyText, fc.jsonValue(), fc.dictionary(member, tie('node'), { maxKeys: 3 })),
    })).node
    const text = fc.oneof(
      tree.map((value) => JSON.stringify(value) ?? ''),
      nastyText,
    )
    await fc.assert(
      fc.asyncProperty(text, async (body) => {
        fc.pre(!body.includes(HF_TOKEN))
        gateway.logs.length = 0
        const response = await gateway.ask('/admin/config', { method: 'PUT', key: ADMIN_TOKEN, body })
        expect([200, 400]).toContain(response.status)
        await isDecent(response, gateway)
        await isDecent(await gateway.chat({ model: 'a/b', messages: MESSAGES }), gateway)
        isContained(gateway)
      }),
      { seed: 24, ...BOUNDED },
    )
  })
})

describe('an upstream that has gone mad', () => {
  test('gives its callers an answer or an error, and no token', async () => {
    let answer = () => new Response('')
    const gateway = await startGateway(() => answer())
    const echo = JSON.stringify({
      error: { message: `no: Bearer ${HF_TOKEN}`, type: HF_TOKEN, code: HF_TOKEN, param: HF_TOKEN },
    })
    const piece = fc.constantFrom(
      'data: ',
      '\n\n',
      '{',
      '}',
      '"choices":',
      '[',
      ']',
      '{"error":',
      'null',
      '[DONE]',
      ': c\n',
      echo,
      WHOLE,
      '<html>',
      '"',
    )
    const body = fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.json(),
      fc.constant(echo),
      fc.constant(`data: ${echo}\n\n`),
    )
    const status = fc.constantFrom(
      200,
      200,
      200,
      201,
      204,
      301,
      400,
      401,
      402,
      404,
      409,
      413,
      422,
      418,
      429,
      429,
      499,
      500,
      529,
      599,
    )
    const retryAfter = fc.constantFrom('3', '-1', 'soon', '9'.repeat(30), 'Tue, 24 Nov 2099 12:00:00 GMT', '')
    await fc.assert(
      fc.asyncProperty(body, status, retryAfter, fc.boolean(), async (text, code, wait, isStream) => {
        gateway.logs.length = 0
        const headers = { 'retry-after': wait, location: 'https://evil.test/' }
        answer = () => new Response(code === 204 ? null : text, { status: code, headers })
        const response = await gateway.chat({ model: 'a/b', messages: MESSAGES, stream: isStream })
        expect(response.headers.get('retry-after') ?? '0').toMatch(/^\d+$/)
        if (response.status >= 400) await isDecent(response, gateway)
        else expect(await response.text().catch(() => '')).not.toContain(HF_TOKEN)
        isContained(gateway)
      }),
      { seed: 25, ...BOUNDED },
    )
  })
})
