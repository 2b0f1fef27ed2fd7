import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/json/bytes.ts'
import { errorOf, startGateway, useGateway } from './support/gateway.ts'

useGateway()

async function keep(key: string, record: object): Promise<void> {
  const hash = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))))
  await env.HUGWAY_KV.put(`key:${hash}`, JSON.stringify(record))
}

describe('a deployment whose keys are in KV', () => {
  test.each<[title: string, record: object, status: number]>([
    ['lets a known key in', { name: 'laptop' }, 200],
    ['keeps an expired one out', { name: 'laptop', expiresAt: '2020-01-01T00:00:00Z' }, 401],
    ['keeps a disabled one out', { name: 'laptop', disabled: true }, 401],
    ['keeps one out whose record cannot be read', { nam: 'laptop' }, 401],
  ])('%s', async (_title, record, status) => {
    await keep('their-key', record)
    const { ask } = await startGateway(undefined, { HUGWAY_API_KEY: '' })
    expect((await ask('/v1/models', { key: 'their-key' })).status).toBe(status)
    expect((await ask('/v1/models', { key: 'another-key' })).status).toBe(401)
    expect((await ask('/admin/config', { key: 'their-key' })).status).toBe(401)
  })

  test('takes the deployment’s own key as well', async () => {
    await keep('their-key', { name: 'laptop' })
    const { ask } = await startGateway()
    expect([(await ask('/v1/models')).status, (await ask('/v1/models', { key: 'their-key' })).status]).toEqual([
      200, 200,
    ])
  })
})

test.each<[what: string, key: string | null]>([
  ['no key', null],
  ['a guess', 'guess'],
])('a deployment without any key serves nobody (%s), and says how to set one', async (_what, key) => {
  const { ask } = await startGateway(undefined, { HUGWAY_API_KEY: '' })
  const response = await ask('/v1/models', { key })
  expect(response.status).toBe(503)
  expect(await errorOf(response)).toMatchObject({
    code: 'not_configured',
    message: expect.stringContaining('HUGWAY_API_KEY'),
  })
})
