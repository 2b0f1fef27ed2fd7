import { describe, expect, test } from 'vitest'
import { type Gateway, MESSAGES, startGateway, useGateway, WHOLE } from './support/gateway.ts'

useGateway()

const ORIGIN = 'https://chat.example.com'
const preflight = ({ ask }: Gateway, origin = ORIGIN, path = '/v1/chat/completions') =>
  ask(path, {
    method: 'OPTIONS',
    key: null,
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  })
const allowed = (response: Response) => response.headers.get('access-control-allow-origin')

test('browsers stay out unless the configuration lets them in', async () => {
  const gateway = await startGateway(() => new Response(WHOLE))
  const asked = await preflight(gateway)
  expect([asked.status, allowed(asked)]).toEqual([403, null])
  expect(allowed(await gateway.chat({ messages: MESSAGES }, { origin: ORIGIN }))).toBeNull()
})

describe('with an origin in the configuration', () => {
  const start = async (origins: string[]) => {
    const gateway = await startGateway(() => new Response(WHOLE))
    await gateway.configure({ hugway: { cors: { origins } } })
    return gateway
  }

  test('its browsers ask beforehand without a key', async () => {
    const response = await preflight(await start([ORIGIN]))
    expect(response.status).toBe(204)
    expect(allowed(response)).toBe(ORIGIN)
    expect(response.headers.get('access-control-allow-methods')).toContain('POST')
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization')
  })

  test('its browsers may read the answer and what it says of its making', async () => {
    const response = await (await start([ORIGIN])).chat({ messages: MESSAGES }, { origin: ORIGIN })
    expect([response.status, allowed(response)]).toEqual([200, ORIGIN])
    expect(response.headers.get('access-control-expose-headers')).toContain('x-hugway-target')
    expect(response.headers.get('x-hugway-target')).toBe('huggingface/deepseek-ai/DeepSeek-R1')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  })

  test('its browsers may read an error too', async () => {
    const gateway = await start([ORIGIN])
    const wrongKey = await gateway.ask('/v1/models', { key: 'wrong', headers: { origin: ORIGIN } })
    const badBody = await gateway.chat('{', { origin: ORIGIN })
    expect([wrongKey.status, allowed(wrongKey), badBody.status, allowed(badBody)]).toEqual([401, ORIGIN, 400, ORIGIN])
  })

  test('others stay out', async () => {
    const gateway = await start([ORIGIN])
    expect(allowed(await preflight(gateway, 'https://evil.example'))).not.toBe('https://evil.example')
    const response = await gateway.chat({ messages: MESSAGES }, { origin: 'https://evil.example' })
    expect(allowed(response)).not.toBe('https://evil.example')
    expect(allowed(response)).not.toBe('*')
  })

  test('"*" lets everybody in, and nobody into the admin’s part', async () => {
    const gateway = await start(['*'])
    expect(allowed(await preflight(gateway, 'https://any.example'))).toBe('*')
    const admin = await preflight(gateway, ORIGIN, '/admin/config')
    expect([admin.status, allowed(admin)]).toEqual([401, null])
  })
})
