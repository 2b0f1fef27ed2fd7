import { describe, expect, test } from 'vitest'
import {
  ADMIN_TOKEN,
  CHAIN,
  CLIENT_KEY,
  type Gateway,
  modelOf,
  STREAM,
  sse,
  startGateway,
  type Upstream,
  useGateway,
} from './support/gateway.ts'

useGateway()

const failsFirst =
  (status: number): Upstream =>
  (call) =>
    call.body.includes('BAD') && modelOf(call) === 'a/first' ? new Response('{"error":"no"}', { status }) : sse()

async function start(upstream: Upstream) {
  const gateway = await startGateway(upstream)
  await gateway.configure(CHAIN)
  const createKey = async (name: string) => {
    const made = await gateway.ask('/admin/keys', { method: 'POST', key: ADMIN_TOKEN, body: JSON.stringify({ name }) })
    return (await made.json<{ key: string }>()).key
  }
  return { gateway, one: CLIENT_KEY, two: await createKey('two'), three: await createKey('three') }
}

async function ask({ ask: send }: Gateway, key: string, content = 'good') {
  const body = JSON.stringify({ ...STREAM, messages: [{ role: 'user', content }] })
  const response = await send('/v1/chat/completions', { method: 'POST', key, body })
  await response.text()
  return { target: response.headers.get('x-hugway-target'), attempts: response.headers.get('x-hugway-attempts') }
}

const FIRST = { target: 'huggingface/a/first', attempts: '1' }
const SECOND = { target: 'huggingface/b/second:groq', attempts: '1' }

describe('one caller whose requests a target fails at', () => {
  test('is sent on to the fallback, and nobody else is', async () => {
    const { gateway, one, two } = await start(failsFirst(500))
    for (let request = 0; request < 20; request++) await ask(gateway, one, 'BAD')
    expect(await ask(gateway, one)).toEqual(SECOND)
    expect(await ask(gateway, two)).toEqual(FIRST)
    await gateway.settled()
  })

  test('shuts it for everybody together with another', async () => {
    const { gateway, one, two, three } = await start(failsFirst(500))
    for (let request = 0; request < 5; request++) {
      await ask(gateway, one, 'BAD')
      await ask(gateway, two, 'BAD')
    }
    expect(await ask(gateway, three)).toEqual(SECOND)
    const report = await gateway.ask('/admin/targets', { key: ADMIN_TOKEN })
    expect(await report.json()).toMatchObject({ targets: [{ target: 'huggingface/a/first', state: 'open' }, {}] })
    await gateway.settled()
  })
})

test('requests that all targets refuse alike shut none of them', async () => {
  const { gateway, one } = await start(({ body }) => (body.includes('BAD') ? new Response('', { status: 500 }) : sse()))
  for (let request = 0; request < 12; request++) await ask(gateway, one, 'BAD')
  expect(await ask(gateway, one)).toEqual(FIRST)
  await gateway.settled()
})

test('rate limits count by how often: five in a row shut nothing, ten do', async () => {
  const { gateway, one } = await start(failsFirst(429))
  for (let request = 0; request < 5; request++) await ask(gateway, one, 'BAD')
  expect(await ask(gateway, one)).toEqual(FIRST)
  for (let request = 0; request < 8; request++) await ask(gateway, one, 'BAD')
  expect(await ask(gateway, one)).toEqual(SECOND)
  await gateway.settled()
})

test('refused requests between failures do not keep a breaker closed', async () => {
  const upstream: Upstream = (call) => {
    if (modelOf(call) !== 'a/first') return sse()
    return call.body.includes('REFUSED') ? new Response('{"error":"no"}', { status: 422 }) : failsFirst(500)(call)
  }
  const { gateway, one } = await start(upstream)
  for (let request = 0; request < 5; request++) {
    await ask(gateway, one, 'BAD')
    await ask(gateway, one, 'REFUSED')
  }
  expect(await ask(gateway, one)).toEqual(SECOND)
  await gateway.settled()
})
