import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

let simulator: Simulator
let gateway: Gateway
beforeAll(async () => {
  simulator = await startSimulator({ tokenDelayMs: 0 })
  gateway = await startGateway({ upstreamUrl: simulator.url, config: { hugway: { maxBodyBytes: 1_048_576 } } })
})
afterAll(async () => {
  await gateway.close()
  await simulator.close()
})

const BODY = Buffer.from(
  JSON.stringify({ model: 'Qwen/Qwen3-8B', messages: [{ role: 'user', content: 'hi '.repeat(1_000) }] }),
)

const send = (encoding: string, body: Uint8Array | ReadableStream) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer test-key', 'content-encoding': encoding },
    body,
    duplex: 'half',
  } as RequestInit)

test.each<[encoding: string, bytes: Uint8Array]>([
  ['gzip', gzipSync(BODY)],
  ['deflate', deflateSync(BODY)],
  ['deflate', deflateRawSync(BODY)],
])('what is deployed reads a body in %s, of known length and in pieces', async (encoding, bytes) => {
  for (const body of [bytes, new Blob([bytes]).stream()]) {
    expect((await send(encoding, body)).status).toBe(200)
    expect(JSON.parse(simulator.requests.at(-1)?.bodyText ?? '{}')).toMatchObject(JSON.parse(String(BODY)))
  }
})

test('what is deployed refuses another encoding by its name, and a bomb by what comes out of it', async () => {
  const seen = simulator.requests.length
  const brotli = await send('br', brotliCompressSync(BODY))
  expect([brotli.status, await brotli.text()]).toEqual([415, expect.stringContaining('\\"br\\"')])
  expect((await send('gzip', gzipSync(Buffer.alloc(200 * 1024 * 1024)))).status).toBe(413)
  expect(simulator.requests).toHaveLength(seen)
})
