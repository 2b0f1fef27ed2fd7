import { describe, expect, test } from 'vitest'
import { createKeyCheck, type KeyCheckDeps } from '../../../src/gateway/keys/check-key.ts'
import { toHex } from '../../../src/json/bytes.ts'

const later = () => {}
const HASH_OF_K = '8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a'
const hashOf = async (key: string) =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))))

/** KV that knows one key, by its hash, and keeps what it was asked for. */
async function start(tools: Partial<KeyCheckDeps> & { kvKey?: string; hasAny?: boolean | undefined }) {
  const asked: string[] = []
  const hash = tools.kvKey === undefined ? undefined : await hashOf(tools.kvKey)
  const store: KeyCheckDeps['store'] = {
    find: async (sha256) => {
      asked.push(sha256)
      return sha256 === hash ? { name: 'laptop' } : undefined
    },
    hasAny: async () => tools.hasAny,
  }
  const check = createKeyCheck({ deploymentKey: tools.deploymentKey, adminToken: tools.adminToken, store })
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'in',
      (error: { failure: { kind: string } }) => error.failure.kind,
    )
  return {
    asked,
    client: (token?: string) => outcome(check.authenticateClient(token, later)),
    admin: (token?: string) => outcome(check.authenticateAdmin(token)),
  }
}

describe('a client', () => {
  test('with the deployment’s key comes in without asking KV', async () => {
    const { client, asked } = await start({ deploymentKey: 'k' })
    expect([await client('k'), asked]).toEqual(['in', []])
  })

  test('with a key of KV comes in, and KV sees its hash alone', async () => {
    const { client, asked } = await start({ deploymentKey: 'k', kvKey: 'theirs' })
    expect(await client('theirs')).toBe('in')
    expect(asked).toEqual([await hashOf('theirs')])
  })

  test.each<[title: string, token: string | undefined, tools: Parameters<typeof start>[0], outcome: string]>([
    ['with another key stays out', 'x', { deploymentKey: 'k' }, 'unauthorized'],
    ['without a key stays out', undefined, { deploymentKey: 'k' }, 'unauthorized'],
    ['with the admin token stays out', 'admin', { deploymentKey: 'k', adminToken: 'admin' }, 'unauthorized'],
    ['with the hash of a key stays out', HASH_OF_K, { deploymentKey: 'k' }, 'unauthorized'],
    ['hears that no key is set anywhere', 'x', { hasAny: false }, 'bad_settings'],
    ['stays out while KV has some key', 'x', { hasAny: true }, 'unauthorized'],
    ['stays out while KV does not say', 'x', { hasAny: undefined }, 'unauthorized'],
  ])('%s', async (_title, token, tools, outcome) => {
    expect(await (await start(tools)).client(token)).toBe(outcome)
  })
})

describe('the admin', () => {
  test.each<[title: string, token: string | undefined, adminToken: string | undefined, outcome: string]>([
    ['comes in with the token', 'admin', 'admin', 'in'],
    ['stays out with another', 'k', 'admin', 'unauthorized'],
    ['stays out without one', undefined, 'admin', 'unauthorized'],
    ['stays out where none is set', 'undefined', undefined, 'unauthorized'],
  ])('%s', async (_title, token, adminToken, outcome) => {
    const { admin } = await start({ deploymentKey: 'k', ...(adminToken && { adminToken }), kvKey: 'k' })
    expect(await admin(token)).toBe(outcome)
  })
})
