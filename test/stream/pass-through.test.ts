import { describe, expect, test } from 'vitest'
import { fastClock, type RelayOptions, relayed } from './support/relayed.ts'
import { DONE_EVENT, deltaEvent, eventsIn, FINISH, HELLO } from './support/streams.ts'

type Pieces = Parameters<typeof relayed>[0]

const MORE = deltaEvent({ content: ' more' })
const USAGE = 'data: {"id":"x","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n'
const PINGS = [': ping\n\n', 'data: ping\n\n', 'data:\n\n', 'data: {"type":"ping"}\n\n', '\n\n']
const words = (count: number): Pieces => Array(count).fill([MORE, 10]).flat()

/** From the commit point on nothing of it is read before the client has it. */
const unread = (pieces: Pieces, options: RelayOptions = {}) =>
  relayed([HELLO, 50, ...pieces], { parsedReads: 0, ...options })

describe('a stream that goes through the runtime’s own pipe', () => {
  test('reaches the client as it came, and is told with its usage and about its length', async () => {
    const pieces = [...words(20), FINISH, USAGE, DONE_EVENT]
    const seen = await unread(pieces)
    expect(seen).toMatchObject({ end: 'whole', isClosed: true, isClean: true })
    expect(seen.text).toBe([HELLO, ...pieces.filter((piece) => typeof piece === 'string')].join(''))
    expect(seen.usage).toEqual({ promptTokens: 3, completionTokens: 4 })
    expect(seen.textLength).toBeGreaterThan(60)
    expect(seen.textLength).toBeLessThan(180)
  })

  test('gets the [DONE] that its provider forgot', async () => {
    expect((await unread([...words(5), FINISH])).text.endsWith(FINISH + DONE_EVENT)).toBe(true)
  })

  test.each(PINGS)('stalls after its time though %j keeps coming', async (ping) => {
    const startedAt = Date.now()
    const seen = await unread([MORE, ...Array(100).fill([ping, 40]).flat()], { idleMs: 600 })
    expect(seen).toMatchObject({ end: 'stalled', isClosed: false })
    expect(Date.now() - startedAt).toBeLessThan(3_500)
    expect(JSON.parse(eventsIn(seen.text).at(-1)?.data ?? '{}')).toMatchObject({
      error: { code: 'stream_interrupted' },
    })
  })

  test.each(PINGS)('is whole, with [DONE], where %j follows its finish for ever', async (ping) => {
    const seen = await unread([...words(3), FINISH, ...Array(200).fill([ping, 40]).flat()], { idleMs: 600 })
    expect(seen).toMatchObject({ end: 'whole', isClosed: true })
    expect(seen.text.endsWith(DONE_EVENT)).toBe(true)
  })

  test('loses neither its finish nor its usage to whatever follows', async () => {
    const alive = Array(40).fill(PINGS.join('')).join('')
    const seen = await unread([...words(3), FINISH, alive, 10, USAGE, alive, 10, alive, alive])
    expect(seen).toMatchObject({ end: 'whole', usage: { promptTokens: 3, completionTokens: 4 } })
  })

  test('was not finished where it goes on', async () => {
    expect(await unread([...words(3), FINISH, 10, MORE, ...words(20)])).toMatchObject({ end: 'cut', isClosed: false })
  })

  test('ends at once after its [DONE]', async () => {
    const startedAt = Date.now()
    expect(await unread([FINISH, DONE_EVENT, 6_000], { idleMs: 90_000 })).toMatchObject({
      end: 'whole',
      isClosed: true,
    })
    expect(Date.now() - startedAt).toBeLessThan(3_000)
  })

  test('ends five seconds after its usage, and gets its [DONE]', async () => {
    const clock = fastClock(10)
    const startedAt = clock.now()
    const seen = await unread([FINISH, USAGE, 5_000], { clock, idleMs: 90_000 })
    expect(seen).toMatchObject({ end: 'whole', isClosed: true })
    expect(seen.text.endsWith(USAGE + DONE_EVENT)).toBe(true)
    expect(clock.now() - startedAt).toBeLessThan(20_000)
  })

  test.each<[what: string, data: string]>([
    ['object', '{"object":"error","message":"it broke"}'],
    ['detail', '{"detail":"it broke"}'],
    ['errors', '{"errors":[{"message":"it broke"}]}'],
    ['errors as a text', '{"choices":[{"index":0,"delta":{}}],"errors":"it broke"}'],
    ['success', '{"success":false,"message":"it broke","choices":[]}'],
    ['error in a choice', '{"choices":[{"index":0,"delta":{},"error":{"message":"it broke"}}]}'],
  ])('is cut off after a failure called %s, and told as one', async (_what, data) => {
    const seen = await unread([...words(10), `data: ${data}\n\n`, 10, DONE_EVENT])
    expect(seen).toMatchObject({ end: 'upstream_error', isClosed: false, isClean: false })
    expect(seen.text).toContain('it broke')
  })

  test('costs its source the trust where it has what a client would trip over', async () => {
    for (const odd of [...PINGS.slice(0, 4), deltaEvent({ role: '' }), deltaEvent({}, 'eos_token')]) {
      const seen = await unread([...words(10), odd, ...words(3), FINISH, DONE_EVENT])
      expect([odd, seen.end, seen.isClean]).toEqual([odd, 'whole', odd.includes('"role"')])
    }
  })
})

describe('half an event that the client has', () => {
  test('is left as it is: nothing of ours completes it', async () => {
    const half = MORE.slice(0, 30)
    const seen = await unread([...words(10), half])
    expect(seen).toMatchObject({ end: 'cut', isClosed: false })
    expect(seen.text.trimEnd().endsWith(half.trimEnd())).toBe(true) // spaces end no line
  })

  test.each([': pi', MORE.trimEnd(), '\n'])(
    'is closed by a blank line where no client fails on it: %j',
    async (half) => {
      const seen = await unread([...words(10), half])
      expect(seen).toMatchObject({ end: 'cut', isClosed: false })
      const last = JSON.parse(eventsIn(seen.text).at(-1)?.data ?? '{}')
      expect(last).toMatchObject({ error: { code: 'stream_interrupted' } })
    },
  )
})
