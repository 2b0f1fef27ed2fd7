import { describe, expect, test } from 'vitest'
import openApi from '../../../openapi.json'
import configSchema from '../../../schema/config.json'
import { createAdminApp } from '../../../src/http/admin/app.ts'
import type { AppDeps } from '../../../src/http/deps.ts'
import { createAgentsApp } from '../../../src/http/v1/agents-app.ts'
import { createV1App } from '../../../src/http/v1/app.ts'
import { chatSurface } from '../../../src/http/v1/chat.ts'
import { messagesSurface } from '../../../src/http/v1/messages.ts'
import { responsesSurface } from '../../../src/http/v1/responses.ts'
import { errorOf, startGateway, useGateway } from '../support/gateway.ts'

useGateway()

describe('without a key', () => {
  test.each<[path: string, document: object]>([
    ['/schema/config.json', configSchema],
    ['/openapi.json', openApi],
  ])('%s is served as it is in the repository', async (path, document) => {
    const { ask } = await startGateway()
    const response = await ask(path, { key: null })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual(document)
    const refused = await ask(path, { method: 'POST', key: null })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET'])
    expect(await errorOf(refused)).toMatchObject({ code: 'method_not_allowed' })
  })
})

test('the OpenAPI document has every route that exists, and no other', () => {
  // Routes are only registered here; nothing of the tools is used.
  const deps = {} as AppDeps
  const routes = [createV1App, createAgentsApp, createAdminApp].flatMap((create) => create(deps).routes)
  const completions = [chatSurface, responsesSurface, messagesSurface(deps)]
  const served = [...routes, ...completions.map(({ path }) => ({ method: 'POST', path }))]
    .filter(({ method }) => method !== 'ALL')
    .map(
      ({ method, path }) =>
        `${method} ${path.replace(/:(\w+)/g, '{$1}').replace('/v1/models/*', '/v1/models/{model}')}`,
    )
  const described = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.sort()).toEqual([...new Set(served)].sort())
  expect(described.length).toBeGreaterThan(15)
})
