import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_KEY, type Pair, startPair } from '../clients/support/start-pair.ts'
import { HAS_SHARED, SHARED } from './support/shared-recordings.ts'

type Group = { readonly src: string; readonly pass?: boolean; readonly bodies: readonly Record<string, unknown>[] }

/** Request bodies out of other projects' tests that a server takes: they are to arrive as they were sent. */
function readAccepted(): { readonly title: string; readonly body: Record<string, unknown> }[] {
  if (!HAS_SHARED) return []
  const groups: Group[] = JSON.parse(readFileSync(join(SHARED, 'schemas', 'ported-cases.json'), 'utf8'))
  const accepted = groups.filter(({ pass }) => pass)
  return accepted.flatMap(({ bodies }) =>
    bodies.map((body) => ({ title: JSON.stringify(body).slice(0, 100), body: { messages: [HELLO], ...body } })),
  )
}

const HELLO = { role: 'user', content: 'hi' }

describe.skipIf(!HAS_SHARED)('requests of other projects’ tests arrive upstream as they were sent', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair()
  })
  afterAll(() => pair.close())

  test.each(readAccepted())('$title', async ({ body }) => {
    const response = await fetch(`${pair.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}` },
      body: JSON.stringify({ model: 'huggingface/test/text', ...body }),
    })
    await response.text()
    expect(response.status).toBe(200)
    expect(JSON.parse(pair.requestsFor('test/text').at(-1)?.bodyText ?? '')).toEqual({ model: 'test/text', ...body })
  })
})
