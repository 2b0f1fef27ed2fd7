import { expect, test } from 'vitest'
import { attributesOf, problemsOf, spansIn } from '../../telemetry/collector.ts'
import { CHAIN, STREAM, startGateway, useGateway, WHOLE } from '../support/gateway.ts'

useGateway()

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const OTLP = {
  HUGWAY_OTLP_URL: 'https://collector.test/otlp',
  HUGWAY_OTLP_HEADERS: 'authorization=Basic%20abc,x-team=a',
}

test('a client’s trace goes on in the router’s and in the collector’s, one span an attempt', {
  timeout: 20_000,
}, async () => {
  const exported: unknown[] = []
  const gateway = await startGateway((call) => {
    if (!call.url.includes('collector')) {
      return call.body.includes('a/first') ? new Response('{}', { status: 503 }) : new Response(WHOLE)
    }
    exported.push({ ...call, body: JSON.parse(call.body) })
    return new Response('{}')
  }, OTLP)
  await gateway.configure(CHAIN)
  const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`
  await (await gateway.chat({ messages: STREAM.messages }, { traceparent })).text()
  await gateway.settled()
  const [call] = exported as { url: string; headers: Headers; body: unknown }[]
  expect(call?.url).toBe('https://collector.test/otlp/v1/traces')
  expect(call?.headers.get('authorization')).toBe('Basic abc')
  expect(problemsOf(call?.body)).toEqual([])
  const spans = spansIn(call?.body)
  expect(spans.map(({ name }) => name)).toEqual([
    'chat',
    'attempt huggingface/a/first',
    'attempt huggingface/b/second:groq',
  ])
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]))
  expect(spans[0]?.['parentSpanId']).toBe('00f067aa0ba902b7')
  expect(attributesOf(spans[1])).toMatchObject({ 'http.response.status_code': '503', 'error.type': 'overloaded' })
  const sentUp = gateway.calls
    .filter(({ url }) => url.startsWith('https://router'))
    .map(({ headers }) => headers.get('traceparent'))
  expect(sentUp).toEqual(spans.slice(1).map(({ spanId }) => `00-${TRACE}-${spanId}-01`))
  const lines = gateway.logs.map((line) => JSON.parse(line))
  expect(lines.find(({ event }) => event === 'chat')).toMatchObject({ traceId: TRACE, end: 'whole' })
})

test('where no collector is set up nothing of the client’s trace goes up', async () => {
  const gateway = await startGateway(() => new Response(WHOLE))
  await (await gateway.chat({ messages: STREAM.messages }, { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` })).text()
  expect(gateway.calls[0]?.headers.get('traceparent')).toBeNull()
})

test.each([
  ['HUGWAY_OTLP_URL', 'collector:4318'],
  ['HUGWAY_OTLP_URL', 'https://user:secret@collector.test'],
  ['HUGWAY_OTLP_HEADERS', 'authorization'],
  ['HUGWAY_OTLP_HEADERS', 'authorization=%zz'],
])('%s of %j is named by /health, its value is not, and chats go on', async (name, value) => {
  const gateway = await startGateway(() => new Response(WHOLE), { ...OTLP, [name]: value })
  const health = await (await gateway.ask('/health', { key: null })).text()
  expect(health).toContain(name)
  expect(health).not.toContain(value)
  expect((await gateway.chat({ messages: STREAM.messages })).status).toBe(200)
})
