import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openChat } from '../support/raw-client.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'
import { SHARED } from './support/shared-recordings.ts'
import { type Behaviour, type Steps, startSteps } from './support/start-steps.ts'

const FILE = join(SHARED, 'reports', 'upstreams.json')
const REPORTS: Readonly<Record<string, Behaviour>> = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {}
const PRIMARY = 'org/primary'
const FALLBACK = 'org/fallback'
const event = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`
const steps = [
  event({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }] }),
  event('[DONE]'),
]

let upstream: Steps
let gateway: Gateway
beforeAll(async () => {
  upstream = await startSteps()
})
afterAll(async () => {
  await upstream?.close()
})

/** Plays a report by its name at a primary whose fallback is healthy. */
async function play(name: string, more: Partial<Behaviour> = {}, hugway: object = {}) {
  const behaviour = REPORTS[name]
  if (!behaviour) throw new Error(`there is no report ${name}`)
  gateway = await startGateway({ upstreamUrl: upstream.url, config: { hugway } })
  upstream.play(PRIMARY, { ...behaviour, ...more })
  upstream.play(FALLBACK, { stream: true, steps })
}

async function ask(content = 'hi') {
  const before = [PRIMARY, FALLBACK].map(upstream.askedFor)
  const body = { model: PRIMARY, models: [FALLBACK], stream: true, messages: [{ role: 'user', content }] }
  const { status, headers, body: text } = await openChat(gateway.url, body).done
  const asked = [PRIMARY, FALLBACK].map((model, at) => upstream.askedFor(model) - (before[at] ?? 0))
  return { status, target: headers['x-hugway-target'], text, asked }
}

describe.skipIf(!existsSync(FILE))('what others reported of blame and times', () => {
  test('an image that was not found is the caller’s fault, five times, and costs the target nothing', async () => {
    await play('400-image-not-found')
    for (let request = 0; request < 5; request++) {
      expect(await ask('BAD')).toMatchObject({ status: 400, asked: [1, 0], text: expect.stringContaining('cat.png') })
    }
    upstream.play(PRIMARY, { stream: true, steps })
    expect(await ask()).toMatchObject({ status: 200, target: `huggingface/${PRIMARY}` })
    await gateway.close()
  })

  test('a model that was decommissioned is the target’s', async () => {
    await play('400-decommissioned')
    expect(await ask()).toMatchObject({ status: 200, target: `huggingface/${FALLBACK}`, asked: [1, 1] })
    await gateway.close()
  })

  test('headers may come with the first token, in a hundredth of the time', async () => {
    const timeouts = { headersMs: 300, firstTokenMs: 1_200 }
    await play('headers-with-first-token', { headersAfterMs: 400 }, { timeouts })
    expect(await ask()).toMatchObject({ status: 200, target: `huggingface/${PRIMARY}`, asked: [1, 0] })
    await gateway.close()
  })

  test('the router’s request id is in the log and in error.attempts', async () => {
    await play('request-id')
    upstream.play(FALLBACK, { status: 404, steps: ['{"error":"no"}'] })
    const { text } = await ask()
    expect(JSON.parse(text).error.attempts).toMatchObject([{ upstreamRequestId: 'Root=1-upstream-id' }, {}])
    expect(JSON.stringify(gateway.logs())).toContain('Root=1-upstream-id')
    await gateway.close()
  })
})
