import { describe, expect, test } from 'vitest'
import { createKeyCheck, type KeyCheckDeps } from '../../../src/gateway/keys/check-key.ts'
import { createGuessBrake } from '../../../src/isolate/guess-brake.ts'
import { toHex } from '../../../src/json/bytes.ts'
import { keepLog, manualClock } from '../../kv/support/deps.ts'

const options = { waitUntil: () => {}, maxCopyAgeMs: 3_600_000 }
const HASH_OF_K = '8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a'
const hashOf = async (key: string) =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))))

type Setting = Partial<KeyCheckDeps> & { kvKey?: string; hasAny?: boolean | undefined; isAway?: boolean }

/** KV that knows one key, by its hash, and keeps what it was asked for. */
async function start({ kvKey, hasAny, isAway, deploymentKey, adminToken }: Setting) {
  const asked: string[] = []
  const hash = kvKey === undefined ? undefined : await hashOf(kvKey)
  const clock = manualClock()
  const { log, lines } = keepLog()
  const store: KeyCheckDeps['store'] = {
    isRemembered: (sha256) => sha256 === hash && asked.includes(sha256),
    find: async (sha256) => {
      asked.push(sha256)
      if (isAway) return { kind: 'unknown' }
      return sha256 === hash ? { kind: 'active', record: { id: 'k_1', name: 'laptop' } } : { kind: 'none' }
    },
    hasAny: async () => hasAny,
  }
  const brake = createGuessBrake(new Map(), clock)
  const check = createKeyCheck({ deploymentKey, adminToken, store, brake, clock, log })
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'in',
      (error: { failure: { kind: string } }) => error.failure.kind,
    )
  const origin = (address?: string) => ({ address, requestId: 'r-1' })
  return {
    asked,
    clock,
    lines,
    check,
    client: (token?: string, address?: string) => outcome(check.authenticateClient(token, origin(address), options)),
    admin: async (token?: string, address?: string) => {
      const answer = outcome(check.authenticateAdmin(token, origin(address)))
      await clock.pass(250)
      return answer
    },
  }
}

describe('a client', () => {
  test('with the deployment’s key comes in without asking KV', async () => {
    const { client, asked } = await start({ deploymentKey: 'k' })
    expect([await client('k'), asked]).toEqual(['in', []])
  })

  test('with a key of KV comes in, and KV sees its hash alone', async () => {
    const { client, asked } = await start({ deploymentKey: 'k', kvKey: 'their-key' })
    expect(await client('their-key')).toBe('in')
    expect(asked).toEqual([await hashOf('their-key')])
  })

  test('is told apart from others', async () => {
    const { check } = await start({ deploymentKey: 'k', kvKey: 'their-key' })
    const nobody = { address: undefined, requestId: 'r' }
    expect(await check.authenticateClient('k', nobody, options)).toMatchObject({ kind: 'deployment_key' })
    expect(await check.authenticateClient('their-key', nobody, options)).toMatchObject({ kind: 'key', keyId: 'k_1' })
  })

  test.each<[title: string, token: string | undefined, tools: Setting, outcome: string]>([
    ['with another key stays out', 'another-key', { deploymentKey: 'k' }, 'unauthorized'],
    ['without a key stays out', undefined, { deploymentKey: 'k' }, 'unauthorized'],
    [
      'with the admin token stays out',
      'admin-token',
      { deploymentKey: 'k', adminToken: 'admin-token' },
      'unauthorized',
    ],
    ['with the hash of a key stays out', HASH_OF_K, { deploymentKey: 'k' }, 'unauthorized'],
    ['hears that no key is set anywhere', 'x', { hasAny: false }, 'bad_settings'],
    ['stays out while KV has some key', 'x', { hasAny: true }, 'unauthorized'],
    ['stays out while KV does not say', 'x', { hasAny: undefined }, 'unauthorized'],
    [
      'is never called invalid while KV is away',
      'their-key',
      { deploymentKey: 'k', isAway: true },
      'storage_unreadable',
    ],
  ])('%s', async (_title, token, tools, outcome) => {
    expect(await (await start(tools)).client(token)).toBe(outcome)
  })

  test.each<[what: string, token: string]>([
    ['longer than any key', 'x'.repeat(257)],
    ['with our prefix and another length', `hw_${'a'.repeat(42)}`],
    ['with our prefix and other letters', `hw_${'a'.repeat(42)}.`],
    ['with letters that no header carries', 'schlüssel-lang'],
  ])('whose token is none by its form (%s) costs no read', async (_what, token) => {
    const { client, asked } = await start({ deploymentKey: 'k' })
    expect([await client(token), asked]).toEqual(['unauthorized', []])
  })
})

describe('guesses', () => {
  const guess = async (
    client: (token: string, address?: string) => Promise<string>,
    count: number,
    address?: string,
  ) => {
    for (let turn = 0; turn < count; turn++) await client(`guess-number-${turn}`, address)
  }

  test('of one address end in being told to wait, and cost no reads then', async () => {
    const { client, asked } = await start({ deploymentKey: 'k' })
    await guess(client, 1_000, '192.0.2.1')
    expect(await client('one-more-guess', '192.0.2.1')).toBe('too_many_guesses')
    expect(asked.length).toBe(20)
  })

  test('never keep another address from a key that this isolate has not met', async () => {
    const { client } = await start({ deploymentKey: 'k', kvKey: 'their-key' })
    await guess(client, 1_000, '192.0.2.1')
    expect(await client('their-key', '192.0.2.2')).toBe('in')
  })

  test('never end a key that this isolate knows, whoever guesses beside it', async () => {
    const { client } = await start({ deploymentKey: 'k', kvKey: 'their-key' })
    await client('their-key', '192.0.2.1')
    await guess(client, 1_000, '192.0.2.1')
    expect(await client('their-key', '192.0.2.1')).toBe('in')
  })

  test('are forgiven after a minute', async () => {
    const { client, clock } = await start({ deploymentKey: 'k' })
    await guess(client, 30, '192.0.2.1')
    await clock.pass(60_000)
    expect(await client('one-more-guess', '192.0.2.1')).toBe('unauthorized')
  })

  test('of one IPv6 network are one client’s', async () => {
    const { client, asked } = await start({ deploymentKey: 'k' })
    for (let turn = 0; turn < 100; turn++) await client(`guess-number-${turn}`, `2001:db8:1:2::${turn.toString(16)}`)
    expect(asked.length).toBe(20)
  })

  test('without an address brake nobody', async () => {
    const { client } = await start({ deploymentKey: 'k', kvKey: 'their-key' })
    await guess(client, 100)
    expect(await client('their-key')).toBe('in')
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

  test('who is none is in the log, without what was tried', async () => {
    const { admin, lines } = await start({ adminToken: 'admin' })
    await admin('my-wrong-guess', '192.0.2.1')
    expect(lines).toEqual([{ event: 'admin_refused', requestId: 'r-1', address: '192.0.2.1' }])
  })

  test('who guesses is made to wait, with the right token as well; another address is not', async () => {
    const { admin, lines } = await start({ adminToken: 'admin' })
    for (let turn = 0; turn < 50; turn++) await admin(`guess-${turn}`, '192.0.2.1')
    expect(await admin('admin', '192.0.2.1')).toBe('too_many_guesses')
    expect(await admin('admin', '192.0.2.2')).toBe('in')
    expect(lines.length).toBe(20)
  })

  test('who has no address to be known by waits for each wrong answer', async () => {
    const { check, clock } = await start({ adminToken: 'admin' })
    let isAnswered = false
    const refused = check.authenticateAdmin('guess', { address: undefined, requestId: 'r' }).catch(() => {
      isAnswered = true
    })
    await clock.pass(249)
    expect(isAnswered).toBe(false)
    await clock.pass(1)
    await refused
    expect(isAnswered).toBe(true)
  })
})
