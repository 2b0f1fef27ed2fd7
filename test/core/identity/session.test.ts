import { describe, expect, test } from 'vitest'
import {
  formatSession,
  formatSignInCode,
  readSession,
  readSignInCode,
  wrongTryDelayMs,
} from '../../../src/core/identity/session.ts'

const NOW = 1_000_000

describe('what a session says', () => {
  test.each([
    [{ kind: 'admin', expiresAt: NOW + 1 }],
    [{ kind: 'key', keyDigest: 'ab12', expiresAt: NOW + 1 }],
  ] as const)('%o comes back as it was', (session) => {
    expect(readSession(formatSession(session, 'n'), NOW)).toEqual(session)
  })

  test.each([
    ['that has expired', `admin..${NOW}.n`],
    ['of no kind', `root..${NOW + 1}.n`],
    ['of a key that is not named', `key..${NOW + 1}.n`],
    ['without an expiry', 'admin...n'],
    ['with an expiry that is no number', 'admin..soon.n'],
    ['that is empty', ''],
  ])('one %s is none', (_what, payload) => {
    expect(readSession(payload, NOW)).toBeUndefined()
  })
})

test('a code is good until it expires', () => {
  const code = formatSignInCode(NOW + 5, 'once')
  expect(readSignInCode(code, NOW)).toEqual({ nonce: 'once', expiresAt: NOW + 5 })
  expect(readSignInCode(code, NOW + 5)).toBeUndefined()
})

test('every wrong try waits longer than the one before, up to four seconds', () => {
  expect([1, 2, 3, 5, 100].map(wrongTryDelayMs)).toEqual([250, 500, 1_000, 4_000, 4_000])
})
