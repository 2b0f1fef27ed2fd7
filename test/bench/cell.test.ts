import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { chatBody } from './bodies.ts'
import { type Load, measureCalls, measureLoad } from './cell.ts'
import { type Contender, direct } from './contenders.ts'
import { makeCall } from './load.ts'
import { cpuUs, quantile, residentKiB, spreadOf } from './measure.ts'
import { eventsOf, eventText, type Shape, WHOLE_ANSWER } from './shape.ts'
import { startUpstream, type Upstream } from './upstream.ts'

const WHOLE: Load = {
  count: 20,
  atOnce: 5,
  shape: { kind: 'whole' },
  bodyOf: () => chatBody(1_024, 'chat', { model: 'a/b' }),
}
const STREAM: Load = { ...WHOLE, count: 2, shape: { kind: 'stream', events: 20, paceMs: 2, provider: 'groq' } }

let upstream: Upstream
const closers: (() => void)[] = []
beforeAll(async () => {
  upstream = await startUpstream()
})
afterEach(() => {
  for (const close of closers.splice(0)) close()
})
afterAll(() => upstream.close())

/** A gateway that does what a test wants; it runs in the test's own process. */
async function contenderThat(listener: RequestListener): Promise<Contender> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () => void server.closeAllConnections(),
    () => void server.close(),
  )
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return { ...direct(url, process.pid), name: 'broken' }
}

describe('a load that is carried', () => {
  test.each<[what: string, load: Load]>([
    ['whole answers', WHOLE],
    ['streams', STREAM],
  ])('%s cost time', async (_what, load) => {
    const cost = await measureLoad(direct(upstream.url, upstream.pid), load, upstream)
    expect(cost.cpuUs).toBeGreaterThan(0)
    expect(cost.firstMs).toBeGreaterThan(0)
    expect(cost.totalMs).toBeGreaterThanOrEqual(cost.firstMs)
  })

  test('tokens are seen on their way', async () => {
    const cost = await measureLoad(direct(upstream.url, upstream.pid), { ...STREAM, readDelays: true }, upstream)
    expect(cost.delayMs).toBeLessThan(1_000)
  })
})

describe('a load that is not carried is no measurement', () => {
  const stream = (events: number, end: string) => 'data: {}\n\n'.repeat(events) + end
  test.each<[what: string, load: Load, listener: RequestListener, said: RegExp]>([
    ['a refusal', WHOLE, (_request, response) => response.writeHead(503).end(), /status 503/],
    ['an answer that is too short', WHOLE, (_request, response) => response.end('{}'), /2 bytes/],
    [
      'an answer that the upstream knows nothing of',
      WHOLE,
      (_request, response) => response.end(WHOLE_ANSWER),
      /saw 0 requests of 20/,
    ],
    ['a stream without an end', STREAM, (_request, response) => response.end(stream(23, '')), /no end/],
    [
      'a stream that lacks events',
      STREAM,
      (_request, response) => response.end(stream(3, 'data: [DONE]\n\n')),
      /4 events of 23/,
    ],
    [
      'a stream that breaks',
      STREAM,
      (_request, response) => void response.write('data: {}\n\n', () => response.destroy()),
      /aborted|reset|hang up/,
    ],
  ])('%s', async (_what, load, listener, said) => {
    await expect(measureLoad(await contenderThat(listener), load, upstream)).rejects.toThrow(said)
  })

  test('a body of which the upstream saw only a part', async () => {
    const half = await contenderThat(async (_request, response) => {
      const answer = await fetch(`${upstream.url}/chat/completions`, { method: 'POST', body: 'half' })
      response.end(await answer.text())
    })
    await expect(measureLoad(half, WHOLE, upstream)).rejects.toThrow(/bytes of bodies/)
  })

  test('an answer of another size than it should have', async () => {
    const small = await contenderThat((_request, response) => response.end('[]'))
    const call = { url: small.modelsUrl, method: 'GET', headers: {} } as const
    await expect(measureCalls(small, 1, 1, call, { status: 200, bytes: 3 })).rejects.toThrow(/200 of 2 bytes/)
  })
})

test('the upstream sends each event when its time has come, as a packet of its own', async () => {
  const shape: Shape = { kind: 'stream', events: 10, paceMs: 20 }
  await upstream.shape(shape)
  await upstream.takeSeen()
  const call = {
    url: `${upstream.url}/chat/completions`,
    method: 'POST',
    headers: {},
    body: '{}',
    readDelays: true,
  } as const
  const answer = await makeCall(call)
  expect(answer).toMatchObject({ status: 200, events: eventsOf(10), hasEnd: true })
  expect(answer.headers['x-inference-provider']).toBeUndefined()
  expect(answer.delaysMs).toHaveLength(10)
  expect(answer.totalMs).toBeGreaterThan(150)
  expect(await upstream.takeSeen()).toEqual({ requests: 1, bodyBytes: 2, events: 10 })
})

test('of tokens that come in one packet, or are cut by it, each is timed', async () => {
  const [first, second, third] = [eventText(0), eventText(1), eventText(2)]
  const server = createServer((_request, response) => {
    response.write(first + second + third.slice(0, 200))
    setTimeout(() => response.end(third.slice(200)), 200)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { delaysMs } = await makeCall({ url, method: 'GET', headers: {}, readDelays: true })
    expect(delaysMs).toHaveLength(3)
    expect(delaysMs.at(-1)).toBeGreaterThan(150)
  } finally {
    server.close()
  }
})

test.each([1_024, 32 * 1_024, 1_048_576])('bodies of %d bytes have that size and are chats', (bytes) => {
  for (const kind of ['chat', 'image'] as const) {
    const body = chatBody(bytes, kind, { model: 'a/b', stream: true })
    expect(Math.abs(Buffer.byteLength(body) - bytes)).toBeLessThan(200)
    expect(JSON.parse(body)).toMatchObject({ model: 'a/b', stream: true, messages: expect.any(Array) })
  }
})

test('of nothing there is no median', () => {
  expect(spreadOf([3, 1, 2, 10])).toEqual({ median: 2.5, min: 1, max: 10 })
  expect(quantile([1, 2, 3, 4], 0.99)).toBe(4)
  expect(() => spreadOf([])).toThrow('nothing was measured')
  expect(() => spreadOf([1, Number.NaN])).toThrow('nothing was measured')
})

test('a process that works uses CPU time and memory, one that is gone has none', () => {
  const before = cpuUs(process.pid)
  for (const until = performance.now() + 50; performance.now() < until; );
  expect(cpuUs(process.pid) - before).toBeGreaterThan(5_000)
  expect(residentKiB(process.pid)).toBeGreaterThan(1_000)
  expect(() => residentKiB(2 ** 22 + 1)).toThrow()
})
