import { expect, test } from 'vitest'
import { GatewayError } from '../../src/core/failure.ts'
import { toErrorResponse } from '../../src/http/error-response.ts'

const refused = new GatewayError({ kind: 'method_not_allowed', method: 'PUT', allowed: ['GET', 'POST'] })

test('a failure becomes a JSON response with its status, its headers, and no reason to repeat it', async () => {
  const response = toErrorResponse(refused, 'request-1')
  expect(response.status).toBe(405)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'application/json',
    'x-request-id': 'request-1',
    'x-should-retry': 'false',
    allow: 'GET, POST',
  })
  expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed', param: null } })
})

test('another surface has an envelope of its own', async () => {
  const response = toErrorResponse(refused, 'request-1', () => ({ type: 'error' }))
  expect(await response.json()).toEqual({ type: 'error' })
  expect(response.status).toBe(405)
})
