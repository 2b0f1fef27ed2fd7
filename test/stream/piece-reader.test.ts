import { describe, expect, test } from 'vitest'
import { openPieceReader } from '../../src/stream/piece-reader.ts'
import { fastClock, relayed } from './support/relayed.ts'
import { DONE_EVENT, deltaEvent, encode, FINISH, HELLO, realClock } from './support/streams.ts'

/** A body of bytes that sends its pieces so many milliseconds apart, and says how many it was asked for. */
function paced(count: number, gapMs: number, pieceOf: (at: number) => string) {
  const asked = { pieces: 0 }
  const body: ReadableStream<Uint8Array> = new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const at = asked.pieces++
      if (gapMs > 0) await realClock.wait(gapMs)
      if (at < count) controller.enqueue(encode(pieceOf(at)))
      else controller.close()
    },
  })
  return { body, asked }
}

async function readAll(body: ReadableStream<Uint8Array>, collectMs: number) {
  const reader = openPieceReader(body, collectMs, realClock)
  const pieces: string[] = []
  const decoder = new TextDecoder()
  for (;;) {
    const { value, done } = await reader.read()
    if (!value || done) return pieces
    pieces.push(decoder.decode(value, { stream: true }))
  }
}

const numbered = (at: number) => `piece ${at};`
const all = (count: number) => Array.from({ length: count }, (_, at) => numbered(at)).join('')

describe('pieces that come close together', () => {
  test('are taken several at once after the first eight, and none is lost', async () => {
    const pieces = await readAll(paced(200, 3, numbered).body, 40)
    expect(pieces.join('')).toBe(all(200))
    expect(pieces.slice(0, 8)).toEqual(Array.from({ length: 8 }, (_, at) => numbered(at)))
    expect(pieces.length).toBeLessThan(80)
  })

  test('are taken singly where collecting is off', async () => {
    expect(await readAll(paced(60, 1, numbered).body, 0)).toHaveLength(60)
  })

  test('are not slowed down where there are more than a buffer holds', async () => {
    const startedAt = Date.now()
    const pieces = await readAll(paced(400, 0, () => 'x'.repeat(16_384)).body, 1_000)
    expect(pieces.join('')).toHaveLength(400 * 16_384)
    expect(Date.now() - startedAt).toBeLessThan(20_000)
  })
})

/** The pauses of a stream that is taken at such moments, one after another. */
async function pausesAt(momentOf: (pauses: number) => number): Promise<number[]> {
  const pauses: number[] = []
  const clock = {
    ...realClock,
    now: () => momentOf(pauses.length),
    wait(ms: number) {
      pauses.push(ms)
      return realClock.wait(10)
    },
  }
  const reader = openPieceReader(paced(200, 3, numbered).body, 40, clock)
  while (!(await reader.read()).done);
  return pauses
}

test('an older stream is taken less often, up to three times its first pause', async () => {
  const pauses = await pausesAt((count) => count * 1_000)
  expect(pauses.slice(0, 12)).toEqual([40, 40, 40, 80, 80, 120, 120, 120, 120, 120, 120, 120])
})

test('all streams are taken at the same moments', async () => {
  const pauses = await pausesAt((count) => 1_000_013 + count * 40)
  expect(pauses.slice(0, 12)).toEqual(Array(12).fill(27))
})

test('pieces that come further apart than half the time are taken singly', async () => {
  expect(await readAll(paced(40, 30, numbered).body, 40)).toHaveLength(40)
})

test('no more than half a megabyte is pulled ahead of who takes nothing', async () => {
  const { body, asked } = paced(10_000, 0, () => 'x'.repeat(1_024))
  const reader = openPieceReader(body, 40, realClock)
  for (let reads = 0; reads < 10; reads++) await reader.read()
  await realClock.wait(600)
  const ahead = asked.pieces
  await realClock.wait(300)
  expect(asked.pieces).toBe(ahead)
  expect(ahead).toBeLessThan(1_000)
})

test('a body that breaks off breaks off here, after all that came', async () => {
  let sent = 0
  const body = new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      await realClock.wait(2)
      if (sent++ < 50) controller.enqueue(encode('x'))
      else controller.error(new Error('reset'))
    },
  })
  await expect(readAll(body, 40)).rejects.toThrow()
})

describe('a stream that is collected', () => {
  const words = Array.from({ length: 120 }, (_, at) => deltaEvent({ content: ` ${at}` }))
  const slowly = words.flatMap((word) => [word, 3])

  test('reaches the client as it came, and ends as it ends', async () => {
    const seen = await relayed([HELLO, ...slowly, FINISH, DONE_EVENT], { collectMs: 40 })
    expect(seen).toMatchObject({ end: 'whole', isClosed: true, isCancelled: true })
    expect(seen.text).toBe(HELLO + words.join('') + FINISH + DONE_EVENT)
  })

  test('is cut where it is cut', async () => {
    const seen = await relayed([HELLO, ...slowly], { collectMs: 40 })
    expect(seen).toMatchObject({ end: 'cut', isClosed: false })
    expect(seen.text.startsWith(HELLO + words.join(''))).toBe(true)
  })

  test('stalls where it stalls', async () => {
    const seen = await relayed([HELLO, ...slowly, 3_000], { collectMs: 40, idleMs: 400 })
    expect(seen).toMatchObject({ end: 'stalled', isClosed: false, isCancelled: true })
    expect(seen.text.startsWith(HELLO + words.join(''))).toBe(true)
  })

  test('waits for a client that reads slowly, and that is not the upstream’s silence', async () => {
    const seen = await relayed([HELLO, ...slowly, FINISH, DONE_EVENT], { collectMs: 40, idleMs: 500, pauseMs: 1_200 })
    expect(seen).toMatchObject({ end: 'whole', isClosed: true })
    expect(seen.text).toBe(HELLO + words.join('') + FINISH + DONE_EVENT)
  })

  test('is told of a late second call', async () => {
    const call = deltaEvent({
      tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    })
    const seen = await relayed([HELLO, ...slowly, FINISH, 300, call, deltaEvent({}, 'tool_calls'), DONE_EVENT], {
      collectMs: 40,
      clock: fastClock(4),
      idleMs: 20_000,
    })
    expect(seen).toMatchObject({ end: 'whole' })
    expect(seen.text).toContain('"tool_calls":[')
  })
})
