import { expect, test } from 'vitest'
import { startGateway, useGateway } from '../support/gateway.ts'

useGateway()

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

test('a browser that opens the address finds what this is, a command and the way to the console', async () => {
  const { ask } = await startGateway()
  const response = await ask('/', { key: null, headers: BROWSER })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const page = await response.text()
  expect(page).toContain('It is ready.')
  expect(page).toContain('curl -N https://hugway.test/v1/chat/completions')
  expect(page).toContain('href="/console/"')
  const nonce = /nonce="([\w-]+)"/.exec(page)?.[1]
  expect(response.headers.get('content-security-policy')).toContain(`default-src 'none'; style-src 'nonce-${nonce}'`)
})

test('a browser at a deployment without a token reads what to do about it', async () => {
  const { ask } = await startGateway(undefined, { HF_TOKEN: '' })
  const page = await (await ask('/', { key: null, headers: BROWSER })).text()
  expect(page).toContain('It cannot serve yet:')
  expect(page).toContain('npx wrangler secret put HF_TOKEN')
})

test.each<[who: string, headers: Record<string, string>]>([
  ['curl', { accept: '*/*' }],
  ['an SDK', { accept: 'application/json' }],
  ['a client that says nothing', {}],
])('%s gets JSON there', async (_who, headers) => {
  const { ask } = await startGateway()
  const response = await ask('/', { key: null, headers })
  expect(response.headers.get('vary')).toBe('accept')
  expect(await response.json()).toMatchObject({ name: 'hugway', status: 'ok', api: '/v1', console: '/console/' })
})

test('a host name that is no name does not become markup', async () => {
  const { ask } = await startGateway()
  const response = await ask(`https://a'b.test/`, { key: null, headers: BROWSER })
  expect(await response.text()).not.toContain(`a'b`)
})
