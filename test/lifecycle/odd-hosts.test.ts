import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Simulator } from '../../src/simulator/simulator.ts'
import { startSimulator } from '../../src/simulator/start-simulator.ts'
import { type Gateway, startGateway } from '../support/start-gateway.ts'

let simulator: Simulator
let gateway: Gateway
beforeAll(async () => {
  simulator = await startSimulator({ tokenDelayMs: 1 })
  gateway = await startGateway({ upstreamUrl: simulator.url })
})
afterAll(async () => {
  await gateway.close()
  await simulator.close()
})

/** The status of a request whose lines are written as they stand. */
async function statusOf(...lines: string[]): Promise<number> {
  const socket = connect({ port: Number(new URL(gateway.url).port), host: '127.0.0.1' })
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  socket.write(`${[...lines, 'connection: close'].join('\r\n')}\r\n\r\n`)
  await Promise.race([once(socket, 'close'), once(socket, 'error')])
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0)
}

const HOSTS = [
  '',
  ' ',
  'a b',
  '%',
  '[',
  '[::1',
  'a:b:c',
  'a:99999',
  'ü',
  '<x>',
  'a/b',
  'a?b',
  'a#b',
  '@',
  '\\',
  '..',
  '-',
  '127.0.0.1:0',
]
const PATHS = [
  '/v1/models',
  '/v1/models/huggingface/Qwen/Qwen3-8B',
  '/v1/models/nothing',
  '/',
  '/health',
  '/chat/completions',
  '/console/',
  '/admin/targets',
  '/v1/messages',
]

describe.each(HOSTS)('a Host header of %j', (host) => {
  test.each(PATHS)('is no 500 on %s', async (path) => {
    const key = 'authorization: Bearer test-key\r\naccept: text/html'
    expect(await statusOf(`GET ${path} HTTP/1.1`, `host: ${host}`, key)).toBeLessThan(500)
    expect(
      await statusOf(
        `GET ${path} HTTP/1.1`,
        `host: ${host}`,
        'cookie: hugway-session=x',
        'sec-fetch-site: same-origin',
      ),
    ).toBeLessThan(500)
  })
})

test('a request without a host is no 500', async () => {
  expect(await statusOf('GET /v1/models HTTP/1.0', 'authorization: Bearer test-key')).toBeLessThan(500)
})

test.each(['OPTIONS', 'GET', 'POST'])('%s of * instead of a path is no 500', async (method) => {
  expect(await statusOf(`${method} * HTTP/1.1`, 'host: x', 'authorization: Bearer test-key')).toBe(404)
})

test('what was odd has cost nobody else', async () => {
  expect(
    await statusOf('GET /v1/models/huggingface/Qwen/Qwen3-8B HTTP/1.1', 'host: x', 'authorization: Bearer test-key'),
  ).toBe(200)
})
