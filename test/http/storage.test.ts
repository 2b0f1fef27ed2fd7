import { describe, expect, test } from 'vitest'
import { ADMIN_TOKEN, ASK, errorOf, startGateway, useGateway, WHOLE } from './support/gateway.ts'

useGateway()

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** A namespace that answers nothing but errors, or nothing at all. */
function brokenKv(answer: Method): KVNamespace {
  return { get: answer, getWithMetadata: answer, list: answer, put: answer, delete: answer } as unknown as KVNamespace
}

const refusing: Method = () => Promise.reject(new Error('KV GET failed: 503'))
const silent: Method = () => new Promise(() => {})
const lying: Method = () => Promise.reject(new SyntaxError('Unexpected token'))

describe.each<[what: string, kv: Method]>([
  ['refuses', refusing],
  ['says nothing', silent],
  ['answers with what nobody wrote', lying],
])('a new isolate whose KV %s', (_what, answer) => {
  test.each<[what: string, path: string, key: string | undefined]>([
    ['a client', '/v1/models', undefined],
    ['a key of KV', '/v1/models', 'hw_0123456789012345678901234567890123456789abc'],
    ['the admin', '/admin/config', ADMIN_TOKEN],
  ])('tells %s to come again, and takes no key for a wrong one', async (_who, path, key) => {
    const { ask } = await startGateway(() => new Response(WHOLE), { HUGWAY_KV: brokenKv(answer) })
    const response = await ask(path, key === undefined ? {} : { key })
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(response.headers.get('x-should-retry')).toBe('true')
    expect(await errorOf(response)).toMatchObject({ code: 'storage_unavailable' })
  })

  test('never serves by the built-in configuration, and says so in /health', async () => {
    const { chat, ask, calls } = await startGateway(() => new Response(WHOLE), { HUGWAY_KV: brokenKv(answer) })
    expect((await chat({ ...ASK, model: 'our alias' })).status).toBe(503)
    expect(calls).toEqual([])
    const health = await ask('/health', { key: null })
    expect([health.status, await health.json()]).toMatchObject([
      200,
      { status: 'degraded', config: { source: 'unknown', problem: expect.stringContaining('KV did not answer') } },
    ])
  })
})
