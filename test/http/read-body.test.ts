import { describe, expect, test } from 'vitest'
import { bodyOf } from '../../src/http/read-body.ts'
import { createBodyRoom } from '../../src/isolate/body-room.ts'
import { collectBytes } from '../../src/json/collect-bytes.ts'
import { manualClock } from '../kv/support/deps.ts'

const MIB = 1024 * 1024

/** A body that announces nothing and comes in pieces, over the runtime's own stream. */
function inPieces(pieces: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const { readable, writable } = new IdentityTransformStream()
  const send = async () => {
    const writer = writable.getWriter()
    for (const piece of pieces) await writer.write(piece)
    await writer.close()
  }
  send().catch(() => {}) // the reader has seen enough
  return readable
}

function* bytes(count: number): Iterable<Uint8Array> {
  for (let at = 0; at < count; at++) yield new Uint8Array([at % 251])
}

const post = (body: ReadableStream<Uint8Array> | Uint8Array, headers: Record<string, string> = {}) =>
  new Request('https://x.test', { method: 'POST', body, headers })

function start(memory = { bytes: 0 }) {
  const clock = manualClock()
  const deps = { clock, bodyRoom: createBodyRoom(memory) }
  return { clock, memory, open: (request: Request) => bodyOf(request, deps) }
}

const kindOf = (error: { failure: { kind: string } }) => error.failure.kind

describe('bytes that come in pieces', () => {
  test('one byte at a time are put together in a few buffers, not in as many pieces', async () => {
    const buffers: number[] = []
    const read = await collectBytes(inPieces(bytes(100_000)), MIB, (size) => buffers.push(size))
    expect(read).toEqual(Uint8Array.from({ length: 100_000 }, (_, at) => at % 251))
    expect(buffers).toEqual([64 * 1024, 128 * 1024])
  })

  test.each<[what: string, count: number]>([
    ['none', 0],
    ['one', 1],
    ['as many as a buffer holds', 64 * 1024],
    ['one more than a buffer holds', 64 * 1024 + 1],
    ['as many as may come', 200_000],
  ])('are all there: %s', async (_what, count) => {
    const whole = Uint8Array.from({ length: count }, (_, at) => at % 251)
    const pieces = count === 0 ? [] : [whole.subarray(0, 7), whole.subarray(7)]
    expect(await collectBytes(inPieces(pieces.filter((piece) => piece.length > 0)), 200_000)).toEqual(whole)
  })

  test('are refused as soon as there are too many', async () => {
    const sizes: number[] = []
    const endless = inPieces(Array.from({ length: 1_000 }, () => new Uint8Array(64 * 1024)))
    expect(await collectBytes(endless, 100_000, (size) => sizes.push(size))).toBeUndefined()
    expect(Math.max(...sizes)).toBe(100_001)
  })
})

describe('a request’s body', () => {
  test('that stops coming ends in a refusal after a minute', async () => {
    const { open, clock } = start()
    const { readable } = new IdentityTransformStream()
    const read = open(post(readable)).read(MIB).catch(kindOf)
    await clock.pass(59_999)
    await clock.pass(1)
    expect(await read).toBe('body_too_slow')
  })

  test('that is long is read behind room for what is written in front of it', async () => {
    const sent = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251)
    const { open } = start()
    const body = await open(post(sent, { 'content-length': '300000' })).read(MIB)
    expect(body).toEqual(sent)
    expect([body.byteOffset, body.buffer.byteLength]).toEqual([1_024, 301_024])
  })

  test('that is long and ends before its announced length is refused', async () => {
    const { open } = start()
    const reading = open(post(new Uint8Array(200_000), { 'content-length': '300000' })).read(MIB)
    await expect(reading.catch(kindOf)).resolves.toBe('bad_request')
  })

  test.each([
    ['with its client, as that client’s end', true, 'client_gone'],
    ['alone, as what a client has to mend', false, 'bad_request'],
  ])('that breaks off is told %s', async (_what, hasLeft, kind) => {
    const { open } = start()
    const leave = new AbortController()
    const { readable, writable } = new IdentityTransformStream()
    const headers = { 'content-length': '300000' }
    const request = new Request('https://x.test', { method: 'POST', body: readable, headers, signal: leave.signal })
    const read = open(request).read(MIB).catch(kindOf)
    if (hasLeft) leave.abort()
    await writable.abort(new Error('reset'))
    expect(await read).toBe(kind)
  })

  test('that comes too late takes no room any more', async () => {
    const { open, clock, memory } = start()
    const { readable, writable } = new IdentityTransformStream()
    const body = open(post(readable))
    const read = body.read(8 * MIB).catch(kindOf)
    await clock.pass(0)
    await clock.pass(60_000)
    expect(await read).toBe('body_too_slow')
    body.letGo()
    const writer = writable.getWriter()
    await writer.write(new Uint8Array(200_000)).catch(() => {})
    expect(memory.bytes).toBe(0)
  })

  test('finds no room beside others that fill it, and finds it when one is let go', async () => {
    const { open, memory } = start()
    const large = () => open(post(new Uint8Array(20 * MIB), { 'content-length': String(20 * MIB) }))
    const first = large()
    await first.read(32 * MIB)
    expect(memory.bytes).toBe(20 * MIB)
    const second = large()
    expect(await second.read(32 * MIB).catch(kindOf)).toBe('too_many_bodies')
    second.letGo()
    first.letGo()
    first.letGo()
    expect(memory.bytes).toBe(0)
    expect((await large().read(32 * MIB)).byteLength).toBe(20 * MIB)
  })

  test('that announces nothing is counted as it grows', async () => {
    const { open, memory } = start({ bytes: 31 * MIB })
    const body = open(post(inPieces([new Uint8Array(600_000), new Uint8Array(600_000)])))
    expect(await body.read(8 * MIB).catch(kindOf)).toBe('too_many_bodies')
    body.letGo()
    expect(memory.bytes).toBe(31 * MIB)
  })

  test('that is alone always fits, however large the operator lets it be', async () => {
    const { open } = start()
    const size = 40 * MIB
    expect((await open(post(new Uint8Array(size), { 'content-length': String(size) })).read(64 * MIB)).length).toBe(
      size,
    )
  })

  test('that is alone always fits, also where it announces nothing', async () => {
    const { open } = start()
    const whole = await open(post(inPieces([new Uint8Array(20 * MIB), new Uint8Array(20 * MIB)]))).read(64 * MIB)
    expect(whole.byteLength).toBe(40 * MIB)
  })
})

describe('a body that is too long, as it announces', () => {
  function announce(announced: number) {
    const { open, clock, memory } = start()
    const { readable, writable } = new IdentityTransformStream()
    const body = open(post(readable, { 'content-length': String(announced) }))
    return { clock, memory, writer: writable.getWriter(), end: body.read(MIB).catch(kindOf) }
  }

  test('is read to its end before it is refused, because who still sends reads no answer', async () => {
    const { writer, end, memory } = announce(8 * MIB)
    for (let piece = 0; piece < 8; piece++) await writer.write(new Uint8Array(MIB))
    expect(memory.bytes).toBe(0)
    await writer.close()
    expect(await end).toBe('body_too_large')
  })

  test('and goes on for ever is refused after sixteen megabytes', async () => {
    const { writer, end } = announce(1e9)
    let sent = 0
    const sending = (async () => {
      for (; sent < 64; sent++) await writer.write(new Uint8Array(MIB))
    })()
    expect(await end).toBe('body_too_large')
    await expect(sending).rejects.toThrow()
    expect(sent).toBeLessThanOrEqual(17)
  })

  test('and of which nothing comes is refused after two seconds', async () => {
    const { clock, end } = announce(8 * MIB)
    await clock.pass(2_000)
    expect(await end).toBe('body_too_large')
  })
})

describe('clients that announce ten megabytes', () => {
  /** A client that announces, and sends what the test writes. */
  function announce({ open }: ReturnType<typeof start>, announced = 10 * MIB) {
    const { readable, writable } = new IdentityTransformStream()
    const body = open(post(readable, { 'content-length': String(announced) }))
    const end = body.read(10 * MIB).catch(kindOf)
    return { writer: writable.getWriter(), end: end.finally(body.letGo) }
  }
  const honest = (open: ReturnType<typeof start>['open']) => {
    const sent = Uint8Array.from({ length: 10 * MIB }, (_, at) => at % 251)
    return { sent, read: open(post(sent, { 'content-length': String(sent.length) })).read(10 * MIB) }
  }

  test.each<[what: string, announced: number]>([
    ['of much', 10 * MIB],
    ['of as much as is read in one piece', 64 * 1024 - 1],
  ])(
    'and send nothing keep no honest one out, and are sent away after fifteen seconds: %s',
    async (_what, announced) => {
      const started = start()
      const { open, clock, memory } = started
      const silent = Array.from({ length: 300 }, () => announce(started, announced))
      await clock.pass(0)
      expect(memory.bytes).toBeLessThanOrEqual(300 * 64 * 1024)
      const { sent, read } = honest(open)
      expect(await read).toEqual(sent)
      await clock.pass(15_000)
      for (const { end } of silent) expect(await end).toBe('body_too_slow')
      expect(memory.bytes).toBe(sent.length)
    },
  )

  test('and send a byte a second are sent away after fifteen seconds too', async () => {
    const started = start()
    const { clock, memory } = started
    const slow = Array.from({ length: 8 }, () => announce(started))
    const ends = Promise.all(slow.map(({ end }) => end))
    for (let second = 0; second < 15; second++) {
      for (const { writer } of slow) writer.write(new Uint8Array(1)).catch(() => {})
      expect(memory.bytes).toBeLessThanOrEqual(8 * 64 * 1024)
      await clock.pass(1_000)
    }
    expect(await ends).toEqual(slow.map(() => 'body_too_slow'))
    expect(memory.bytes).toBe(0)
  })

  test('hold at most sixteen times what they have sent, and stop within a minute', async () => {
    const started = start()
    const { clock, memory } = started
    const { writer, end } = announce(started)
    await writer.write(new Uint8Array(100_000))
    await clock.pass(15_000)
    expect(memory.bytes).toBeGreaterThan(100_000)
    expect(memory.bytes).toBeLessThanOrEqual(16 * 100_000)
    await writer.write(new Uint8Array(500_000))
    expect(memory.bytes).toBeLessThanOrEqual(16 * 600_000)
    await clock.pass(45_000)
    expect(await end).toBe('body_too_slow')
    expect(memory.bytes).toBe(0)
    await expect(writer.write(new Uint8Array(10 * MIB))).rejects.toThrow()
  })
})
