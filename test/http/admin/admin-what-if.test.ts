import { expect, test } from 'vitest'
import { ADMIN_TOKEN, CLIENT_KEY, errorOf, MESSAGES, startGateway, useGateway } from '../support/gateway.ts'

useGateway()

const document = (primary: string) => `{ agents: { defaults: { model: { primary: "${primary}" } } } } // mine`
const post = (body: unknown, key = ADMIN_TOKEN) => ({ method: 'POST', key, body: JSON.stringify(body) })
const PATH = '/admin/config/what-if'

test('tells whom a request would go to by a document that is not stored, and changes and asks nothing', async () => {
  const gateway = await startGateway(() => new Response('{"data":[]}'))
  await gateway.configure({ agents: { defaults: { model: { primary: 'a/stored' } } } })
  const body = { config: document('b/wanted:groq'), request: { messages: MESSAGES } }
  const response = await gateway.ask(PATH, post(body))
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({
    means: { ref: 'huggingface/b/wanted:groq', as: 'primary' },
    targets: [{ target: 'huggingface/b/wanted:groq' }],
    config: 'not stored',
  })
  expect(await (await gateway.ask('/admin/config', { key: ADMIN_TOKEN })).text()).toContain('a/stored')
  expect(gateway.calls.filter(({ url }) => url.endsWith('/chat/completions'))).toEqual([])
})

test('a document with a problem is told with its path', async () => {
  const gateway = await startGateway()
  const response = await gateway.ask(PATH, post({ config: document('not a ref'), request: { messages: MESSAGES } }))
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('agents.defaults.model.primary')
})

test.each([
  [{}],
  [{ config: 7, request: {} }],
  [{ config: '{}', request: [] }],
  [{ config: '{}', request: {}, more: 1 }],
])('%j is refused with the form', async (body) => {
  const response = await (await startGateway()).ask(PATH, post(body))
  expect([response.status, (await errorOf(response)).message]).toEqual([400, expect.stringContaining('"config"')])
})

test('a client key explains no document', async () => {
  const response = await (await startGateway()).ask(PATH, post({ config: '{}', request: {} }, CLIENT_KEY))
  expect(response.status).toBe(401)
})
