import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Gateway } from '../support/start-gateway.ts'
import { ask, askInBytes, askMany, askSlowly, bookedOf, hold, loseInterest } from './clients.ts'
import { begin, event, finish, type Play, type ScriptedUpstream, WHOLE, write } from './scripted-upstream.ts'
import { memoryOf } from './watch-worker.ts'

export type Attack = {
  readonly name: string
  /** Plays it, and says what came of it. */
  readonly run: (gateway: Gateway, upstream: ScriptedUpstream) => Promise<string>
}

const MIB = 1024 * 1024
const CHAT = { model: 'a/b', messages: [{ role: 'user', content: 'hi' }] }
/** Asks for usage: a stream whose usage has to be taken out is never passed through. */
const STREAM = { ...CHAT, stream: true, stream_options: { include_usage: true } }

/** A chat, against an upstream that plays this. */
const against =
  (play: Play, body: object = STREAM) =>
  async (gateway: Gateway, upstream: ScriptedUpstream) => {
    upstream.play = play
    return ask(gateway, JSON.stringify(body))
  }

/** A body whose size is in one place. */
const bomb = (body: () => string | Buffer) => (gateway: Gateway) => ask(gateway, body())

const lateEvent = (mib: number): Play =>
  async function lateEvent(response) {
    await begin(response)
    await write(response, event({ content: 'x'.repeat(mib * MIB) }))
    finish(response)
  }

const FROM_THE_UPSTREAM: readonly Attack[] = [
  { name: 'one event of 12 MiB late in a passed-through stream', run: against(lateEvent(12)) },
  { name: 'one event of 48 MiB late in a passed-through stream', run: against(lateEvent(48)) },
  {
    name: 'white space before the first event, 300 KB of gzip',
    run: against(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      response.end(gzipSync(Buffer.alloc(300 * MIB, 0x20)))
    }),
  },
  {
    name: 'comments without end in a passed-through stream, 64 MiB',
    run: against(async (response) => {
      await begin(response)
      const comment = `: ${'x'.repeat(65_500)}\n\n`
      for (let turn = 0; turn < 1_024; turn++) {
        await write(response, comment)
        if (turn % 16 === 0) await sleep(20)
      }
      finish(response)
    }),
  },
  {
    name: 'an error page of 64 KB of "<title"',
    run: against(async (response) => {
      response.writeHead(418, { 'content-type': 'text/html' })
      response.end('<title'.repeat(10_900))
    }),
  },
  {
    name: 'an answer of 1 MB in one-byte chunks',
    run: against(async (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const text = JSON.stringify({ ...JSON.parse(WHOLE), padding: 'x'.repeat(MIB) })
      await writeInBytes(response, text)
    }, CHAT),
  },
  {
    name: 'an opening of 256 KB in one-byte chunks',
    run: against(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      await writeInBytes(response, event({ content: 'x'.repeat(256 * 1024) }) + event({}, 'stop'))
    }),
  },
  {
    name: '30,000 pieces of tool calls, each with a new id',
    run: against(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-inference-provider': 'unknown' })
      for (let call = 0; call < 30_000; call += 100) {
        const hundred = Array.from({ length: 100 }, (_, at) => ({ id: `c${call + at}`, function: { name: 'f' } }))
        await write(response, hundred.map((one) => event({ tool_calls: [one] })).join(''))
      }
      finish(response)
    }),
  },
  {
    name: 'a catalogue of 420,000 rows',
    run: async (gateway, upstream) => {
      upstream.play = async (response) => {
        const rows = Array.from({ length: 420_000 }, (_, row) => `{"id":"a/${row}"}`)
        response.end(`{"data":[${rows.join()}]}`)
      }
      return ask(gateway, undefined, '/v1/models')
    },
  },
]

/** One byte a chunk, in packets that the socket makes of them. */
async function writeInBytes(response: Parameters<Play>[0], text: string): Promise<void> {
  const { socket } = response
  response.flushHeaders()
  for (let at = 0; at < text.length; at += 4_096) {
    const chunks = Array.from(text.slice(at, at + 4_096), (letter) => `1\r\n${letter}\r\n`).join('')
    if (socket?.write(chunks) === false) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket?.end('0\r\n\r\n')
}

const messages = JSON.stringify(CHAT.messages)
const manyKeys = () => Array.from({ length: 1_500_000 }, (_, key) => `"k${key}":1`).join()
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

const FROM_THE_CLIENT: readonly Attack[] = [
  { name: 'a body of 1 MB in one-byte chunks', run: (gateway) => askInBytes(gateway, bodyOf(MIB)) },
  { name: '1,500,000 distinct keys', run: bomb(() => `{"messages":${messages},${manyKeys()}}`) },
  { name: '`models` of 9,000,000 nested lists', run: bomb(() => `{"messages":${messages},"models":${nested(9e6)}}`) },
  {
    name: '`stream_options` of 9,000,000 nested lists',
    run: bomb(() => `{"messages":${messages},"stream":true,"stream_options":{"a":${nested(9e6)}}}`),
  },
  {
    name: '`stream_options` of 1,400,000 keys',
    run: bomb(() => `{"messages":${messages},"stream":true,"stream_options":{${manyKeys().slice(0, 18e6)}1":1}}`),
  },
  { name: 'a `model` of 19 MiB', run: bomb(() => `{"messages":${messages},"model":"${'m'.repeat(19 * MIB)}"}`) },
  {
    name: '700,000 messages of a developer',
    run: bomb(() => `{"messages":[${Array(700_000).fill('{"role":"developer"}').join()}]}`),
  },
  {
    name: 'an admin document with 60,000 mistakes',
    run: (gateway) => {
      const document = `{${Array.from({ length: 60_000 }, (_, key) => `"wrong${key}":1`).join()}}`
      return ask(gateway, document, '/admin/config', 'test-admin-token')
    },
  },
  {
    name: 'four bodies of 19 MiB at once',
    run: async (gateway) => {
      const came = await Promise.all(Array.from({ length: 4 }, () => ask(gateway, bodyOf(19 * MIB))))
      return came.join(', ')
    },
  },
  { name: 'a body that never ends', run: (gateway) => askSlowly(gateway, 90_000) },
]

const bodyOf = (bytes: number) => JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(bytes) }] })

const STREAMS = 40

/** What an open stream keeps, by the size of its prompt. */
const openStreams = (promptBytes: number): Attack => ({
  name: `an open stream with a prompt of ${promptBytes / 1024} KB (${STREAMS} of them)`,
  run: async (gateway, upstream) => {
    upstream.play = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      while (!response.destroyed) {
        await write(response, event({ content: 'word ' }))
        await sleep(200)
      }
    }
    const body = JSON.stringify({ ...JSON.parse(bodyOf(promptBytes)), stream: true })
    const before = memoryOf(gateway.pid, 'VmRSS')
    const held = await Promise.all(Array.from({ length: STREAMS }, () => hold(gateway, body)))
    await sleep(8_000)
    const kept = memoryOf(gateway.pid, 'VmRSS') - before
    for (const leave of held) leave()
    return `${(kept / STREAMS).toFixed(2)} MiB each`
  },
})

const SHORT = 50_000

const OPEN: readonly Attack[] = [
  {
    name: `${SHORT.toLocaleString('en-US')} short requests, 64 at once`,
    run: async (gateway, upstream) => {
      const whole = await askMany(gateway, JSON.stringify(CHAT), SHORT, 64)
      return `${whole} whole, ${await bookedOf(gateway, SHORT)}, ${upstream.open()} calls left open`
    },
  },
  openStreams(1024),
  openStreams(MIB),
  {
    name: 'a client that never reads a passed-through stream',
    run: async (gateway, upstream) => {
      upstream.play = async (response) => {
        await begin(response)
        while (!response.destroyed) {
          await write(response, event({ content: 'x'.repeat(1_000) }))
          await sleep(0)
        }
      }
      return loseInterest(gateway, JSON.stringify(STREAM), upstream)
    },
  },
]

export const ATTACKS: readonly Attack[] = [...FROM_THE_UPSTREAM, ...FROM_THE_CLIENT, ...OPEN]
