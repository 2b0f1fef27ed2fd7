import { beforeAll, describe, expect, test } from 'vitest'
import { createAccessCheck } from '../../../src/gateway/session/access-jwt.ts'
import { toBase64Url } from '../../../src/json/bytes.ts'

const ISSUER = 'https://team.cloudflareaccess.com'
const AUDIENCE = 'tag-of-the-console'
const NOW = 1_764_000_000_000
const CLAIMS = { iss: ISSUER, aud: [AUDIENCE], exp: NOW / 1_000 + 600, nbf: NOW / 1_000 - 10, email: 'a@b.c' }
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: new Uint8Array([1, 0, 1]),
}

let ours: CryptoKeyPair
let others: CryptoKeyPair
let jwk: JsonWebKey

beforeAll(async () => {
  const make = async () => (await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])) as CryptoKeyPair
  ours = await make()
  others = await make()
  jwk = (await crypto.subtle.exportKey('jwk', ours.publicKey)) as JsonWebKey
})

const encode = (value: unknown) => toBase64Url(new TextEncoder().encode(JSON.stringify(value)))

async function sign(claims: object = {}, header: object = {}, by = ours): Promise<string> {
  const text = `${encode({ alg: 'RS256', kid: 'one', ...header })}.${encode({ ...CLAIMS, ...claims })}`
  const signature = await crypto.subtle.sign(RSA, by.privateKey, new TextEncoder().encode(text))
  return `${text}.${toBase64Url(new Uint8Array(signature))}`
}

function start(answer: () => Response = () => Response.json({ keys: [{ ...jwk, kid: 'one' }] })) {
  let now = NOW
  const asked: string[] = []
  const clock = { now: () => now, wait: async () => {}, timer: () => () => {} }
  const fetch = async (url: string) => {
    asked.push(url)
    return answer()
  }
  const check = createAccessCheck({ settings: { issuer: ISSUER, audience: AUDIENCE }, fetch, clock })
  return { check, asked, pass: (ms: number) => (now += ms) }
}

test('a token of the team for this application is good, and its keys are read once', async () => {
  const { check, asked } = start()
  expect([await check(await sign()), await check(await sign())]).toEqual([true, true])
  expect(asked).toEqual([`${ISSUER}/cdn-cgi/access/certs`])
})

describe('no token is good', () => {
  test.each<[what: string, make: () => Promise<string>]>([
    ['of another application', () => sign({ aud: ['another'] })],
    ['of another team', () => sign({ iss: 'https://evil.cloudflareaccess.com' })],
    ['that has expired', () => sign({ exp: NOW / 1_000 - 3_600 })],
    ['without an end', () => sign({ exp: undefined })],
    ['that begins tomorrow', () => sign({ nbf: NOW / 1_000 + 86_400 })],
    ['with another’s signature', () => sign({}, {}, others)],
    ['with a key that nobody has', () => sign({}, { kid: 'two' })],
    ['without an algorithm', async () => (await sign({}, { alg: 'none' })).replace(/\.[^.]*$/, '.')],
    ['that takes the public key for a secret', () => sign({}, { alg: 'HS256' })],
    [
      'whose claims were changed',
      async () => (await sign()).replace(/\.[^.]+\./, `.${encode({ ...CLAIMS, email: 'x' })}.`),
    ],
    ['that is empty', async () => ''],
    ['that is no token', async () => 'a.b.c'],
  ])('%s', async (_what, make) => {
    expect(await start().check(await make())).toBe(false)
  })
})

test.each<[what: string, answer: () => Response]>([
  ['fails', () => new Response('', { status: 500 })],
  ['says something else', () => Response.json({ keys: 'none' })],
])('a team whose list of keys %s lets nobody in', async (_what, answer) => {
  expect(await start(answer).check(await sign())).toBe(false)
})

test('a key that nobody has makes one call a minute, not one a try', async () => {
  const { check, asked, pass } = start()
  for (let count = 0; count < 5; count++) await check(await sign({}, { kid: 'two' }))
  expect(asked.length).toBe(1)
  pass(61_000)
  await check(await sign({}, { kid: 'two' }))
  expect(asked.length).toBe(2)
})
