import { expect, test } from 'vitest'
import { GatewayError } from '../../src/core/failure.ts'
import { err, ok } from '../../src/core/result.ts'
import { toHex } from '../../src/json/bytes.ts'

test('a failure that is thrown is known by its kind and keeps its cause', () => {
  const cause = new Error('KV is down')
  const error = new GatewayError({ kind: 'config_not_stored' }, { cause })
  expect(error).toMatchObject({ name: 'GatewayError', message: 'config_not_stored', cause })
  expect(error.failure).toEqual({ kind: 'config_not_stored' })
})

test('a result is one of two', () => {
  expect([ok(1), err('no')]).toEqual([
    { ok: true, value: 1 },
    { ok: false, error: 'no' },
  ])
})

test('bytes are written as two digits each', () => {
  expect(toHex(new Uint8Array([0, 1, 15, 16, 255]))).toBe('00010f10ff')
})
