import { describe, expect, test } from 'vitest'
import { ASK, CLIENT_KEY, errorOf, startGateway, useGateway, WHOLE } from './support/gateway.ts'

useGateway()

const answer = () => new Response(WHOLE)
const post = { method: 'POST', body: JSON.stringify(ASK) }

describe('a base URL that is a little wrong', () => {
  test.each(['//v1/chat/completions', '/v1//chat/completions', '///v1///chat//completions'])(
    'works where only slashes are doubled: %s',
    async (path) => {
      const { ask, calls } = await startGateway(answer)
      expect((await ask(path, post)).status).toBe(200)
      expect((await ask(path, { ...post, key: 'wrong' })).status).toBe(401)
      expect(calls).toHaveLength(1)
    },
  )

  test.each([
    ['/v1/chat/completions/', {}],
    ['/v1/responses/', { input: 'hi' }],
    ['/v1/messages/', { max_tokens: 9 }],
  ])('works where a slash stands at the end: %s', async (path, more) => {
    const { ask } = await startGateway(answer)
    const response = await ask(path, { method: 'POST', body: JSON.stringify({ ...ASK, ...more }) })
    expect(response.status).toBe(200)
  })

  test('works for the model list too', async () => {
    const { ask } = await startGateway(() => new Response('', { status: 500 }))
    expect((await ask('//v1//models')).status).toBe(200)
  })

  test('does not open the admin’s part', async () => {
    const { ask } = await startGateway(answer)
    for (const path of ['//admin/config', '/admin//config', '/v1/../admin/config']) {
      expect((await ask(path)).status).toBe(401)
    }
  })

  test.each([
    ['POST', '/v1/v1/chat/completions'],
    ['POST', '/chat/completions'],
    ['GET', '/models'],
  ])('is told the right one otherwise: %s %s', async (method, path) => {
    const { ask } = await startGateway(answer)
    const response = await ask(path, { method })
    expect(response.status).toBe(404)
    expect((await errorOf(response)).message).toContain('The base URL is https://hugway.test/v1.')
  })

  test.each(['/v1/completions', '/v1/embeddings', '/v1/images/generations'])('%s says what is served', async (path) => {
    const { ask } = await startGateway(answer)
    const response = await ask(path, post)
    expect(response.status).toBe(404)
    expect((await errorOf(response)).message).toContain('POST /v1/chat/completions')
  })
})

type Format = 'gzip' | 'deflate' | 'deflate-raw'

/** Bytes through one of the runtime's own streams. */
async function through(bytes: Uint8Array | string, format: Format): Promise<Uint8Array> {
  const stream = new Response(bytes).body?.pipeThrough(new CompressionStream(format))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

describe('a compressed body', () => {
  const send = async (encoding: string, body: Uint8Array, hugway: object = {}) => {
    const gateway = await startGateway(answer)
    await gateway.configure({ hugway })
    const response = await gateway.ask('/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-encoding': encoding },
      body,
    })
    return { response, calls: gateway.calls }
  }

  test.each<[encoding: string, format: Format]>([
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['deflate', 'deflate'],
    ['deflate', 'deflate-raw'],
  ])('is decoded: %s (%s)', async (encoding, format) => {
    const { response, calls } = await send(encoding, await through(post.body, format))
    expect(response.status).toBe(200)
    expect(JSON.parse(calls[0]?.body ?? '{}')).toMatchObject(ASK)
    expect(calls[0]?.headers.get('content-encoding')).toBeNull()
  })

  test('that says it is not one is read as it is', async () => {
    expect((await send('identity', new TextEncoder().encode(post.body))).response.status).toBe(200)
  })

  test.each(['br', 'zstd', 'compress', 'gzip, br'])('in %s is refused by that name', async (encoding) => {
    const { response, calls } = await send(encoding, new Uint8Array([1, 2, 3]))
    expect(response.status).toBe(415)
    expect(response.headers.get('accept-encoding')).toBe('gzip, deflate')
    expect(await errorOf(response)).toMatchObject({
      code: 'unsupported_encoding',
      message: expect.stringContaining(`"${encoding}"`),
    })
    expect(calls).toEqual([])
  })

  test.each<[what: string, bytes: () => Promise<Uint8Array>]>([
    ['is none', async () => new TextEncoder().encode(post.body)],
    ['is cut', async () => (await through(post.body, 'gzip')).slice(0, -12)],
    ['is nothing', async () => new Uint8Array()],
  ])('that %s is the client’s fault', async (_what, bytes) => {
    const { response } = await send('gzip', await bytes())
    expect(response.status).toBe(400)
  })

  test.each<Format>(['gzip', 'deflate', 'deflate-raw'])('is bounded by what comes out of it: %s', async (format) => {
    const bomb = await through(new Uint8Array(64 * 1024 * 1024), format)
    const { response, calls } = await send(format === 'gzip' ? 'gzip' : 'deflate', bomb, { maxBodyBytes: 1_048_576 })
    expect(response.status).toBe(413)
    expect(await errorOf(response)).toMatchObject({ code: 'request_too_large' })
    expect(calls).toEqual([])
  })
})

describe('a credential', () => {
  test.each<[what: string, headers: Record<string, string>, said: string]>([
    ['that is absent', {}, 'no API key came'],
    ['that is an empty bearer', { authorization: 'Bearer ' }, 'no API key came'],
    ['that is a bare scheme', { authorization: 'Bearer' }, 'no API key came'],
    ['that is an empty header', { 'x-api-key': '' }, 'no API key came'],
    ['of another scheme', { authorization: `Basic ${CLIENT_KEY}` }, 'invalid API key'],
    ['without a scheme', { authorization: CLIENT_KEY }, 'invalid API key'],
    ['that is wrong', { authorization: 'Bearer wrong' }, 'invalid API key'],
  ])('%s is told as such', async (_what, headers, said) => {
    const { ask } = await startGateway(answer)
    const response = await ask('/v1/chat/completions', { ...post, key: null, headers })
    expect(response.status).toBe(401)
    expect((await errorOf(response)).message).toContain(`Unauthorized: ${said}.`)
  })
})

describe('a browser that asks beforehand and may not call', () => {
  const preflight = {
    method: 'OPTIONS',
    key: null,
    headers: { origin: 'https://page.example', 'access-control-request-method': 'POST' },
  }

  test.each<[when: string, origins: string[], said: string]>([
    ['while no origin may', [], 'hugway.cors.origins names no origin'],
    ['while others may', ['https://other.example'], 'hugway.cors.origins does not name https://page.example'],
  ])('is told the setting %s', async (_when, origins, said) => {
    const { ask, configure } = await startGateway(answer)
    if (origins.length > 0) await configure({ hugway: { cors: { origins } } })
    for (const path of ['/v1/chat/completions', '/v1/messages']) {
      const response = await ask(path, preflight)
      expect(response.status).toBe(403)
      expect(response.headers.get('access-control-allow-origin')).toBeNull()
      expect((await response.json<{ error: { message: string } }>()).error.message).toContain(said)
    }
  })
})
