import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Gateway } from '../support/start-gateway.ts'
import type { ScriptedUpstream } from './scripted-upstream.ts'

const CHAT_PATH = '/v1/chat/completions'
const GIVE_UP_MS = 150_000

/** Sends a request and says what came: a status, the size of the body, how it ended. */
export async function ask(
  { url }: Gateway,
  body: string | Buffer | undefined,
  path = CHAT_PATH,
  key = 'test-key',
): Promise<string> {
  const method = body === undefined ? 'GET' : path === CHAT_PATH ? 'POST' : 'PUT'
  const signal = AbortSignal.timeout(GIVE_UP_MS)
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const response = await fetch(url + path, { method, headers, signal, ...(body !== undefined && { body }) })
  let bytes = 0
  let last = ''
  let isWhole = true
  try {
    for await (const piece of response.body ?? []) {
      bytes += piece.byteLength
      last = (last + Buffer.from(piece).toString('latin1')).slice(-200)
    }
  } catch {
    isWhole = false
  }
  const code = /"code":\s*"(\w+)"/.exec(last)?.[1]
  return `${response.status}, ${Math.ceil(bytes / 1024)} KiB${code ? `, ${code}` : ''}${isWhole ? '' : ', broken off'}`
}

/** Sends the same request many times, so many at once. @returns How many whole answers came. */
export async function askMany(gateway: Gateway, body: string, requests: number, atOnce: number): Promise<number> {
  let [begun, whole] = [0, 0]
  const asker = async () => {
    while (begun < requests) {
      begun++
      if (/^200, \d+ KiB$/.test(await ask(gateway, body).catch(() => 'nothing'))) whole++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, asker))
  return whole
}

/** Waits until the ledgers know so many completions, for half a minute at most, and says how many they know. */
export async function bookedOf({ url }: Gateway, expected: number): Promise<string> {
  const headers = { authorization: 'Bearer test-admin-token' }
  for (let tries = 0; ; tries++) {
    const { total, unbooked } = JSON.parse(await (await fetch(`${url}/admin/usage`, { headers })).text())
    if (total.requests === expected || tries === 30) return `${total.requests} booked, ${unbooked} given up`
    await sleep(1_000)
  }
}

function open({ url }: Gateway, headers: string): Socket {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  socket.on('error', () => {})
  socket.write(
    `POST ${CHAT_PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer test-key\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`,
  )
  return socket
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))
const statusOf = (text: string) => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 'nothing'

/** Sends a body one byte a chunk. */
export async function askInBytes(gateway: Gateway, body: string): Promise<string> {
  const socket = open(gateway, 'transfer-encoding: chunked\r\nconnection: close')
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
  })
  for (let at = 0; at < body.length; at += 4_096) {
    const chunks = Array.from(body.slice(at, at + 4_096), (letter) => `1\r\n${letter}\r\n`).join('')
    if (!socket.write(chunks)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket.write('0\r\n\r\n')
  await Promise.race([closed(socket), sleep(GIVE_UP_MS)])
  socket.destroy()
  return statusOf(text)
}

/** Announces a body and sends a byte a second of it; says when the gateway ended that. */
export async function askSlowly(gateway: Gateway, limitMs: number): Promise<string> {
  const startedAt = performance.now()
  const socket = open(gateway, 'content-length: 1000000')
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
  })
  while (text === '' && !socket.destroyed && performance.now() - startedAt < limitMs) {
    socket.write('x')
    await sleep(1_000)
  }
  socket.destroy()
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  return text === '' ? `still waited for after ${seconds} s` : `${statusOf(text)} after ${seconds} s`
}

/** Opens a stream, waits for its first bytes, and keeps reading. @returns What ends it. */
export async function hold(gateway: Gateway, body: string): Promise<() => void> {
  const socket = open(gateway, `content-length: ${Buffer.byteLength(body)}`)
  socket.write(body)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.resume()
  return () => socket.resetAndDestroy()
}

/** Asks, and reads nothing; says when the gateway ended it and how many records it wrote. */
export async function loseInterest(gateway: Gateway, body: string, upstream: ScriptedUpstream): Promise<string> {
  const startedAt = performance.now()
  const socket = open(gateway, `content-length: ${Buffer.byteLength(body)}`)
  socket.pause()
  socket.write(body)
  const records = () => gateway.logs().filter((line) => line['event'] === 'chat')
  while (records().length === 0 && performance.now() - startedAt < 40_000) await sleep(100)
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  await sleep(500)
  const ended = records().map((line) => String(line['end']))
  socket.destroy()
  return `${ended.length} records (${ended.join()}) after ${seconds} s, ${upstream.open()} calls open`
}
