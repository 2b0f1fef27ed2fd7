import { expect, test } from 'vitest'
import { consoleLink } from '../../src/cli/start/console-link.ts'

const URL_BASE = 'http://127.0.0.1:8787'

test('the code stands in the fragment, which no server is sent, and holds no token', () => {
  const link = new URL(consoleLink(URL_BASE, 'secret-admin-token', 1_000))
  expect(link.origin + link.pathname + link.search).toBe(`${URL_BASE}/console/`)
  expect(link.hash).toMatch(/^#code=301000\.[\w-]{16}\.[\w-]{43}$/)
  expect(link.href).not.toContain('secret-admin-token')
})

test('each start prints another one', () => {
  expect(consoleLink(URL_BASE, 't', 0)).not.toBe(consoleLink(URL_BASE, 't', 0))
})
