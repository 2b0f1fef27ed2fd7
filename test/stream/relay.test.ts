import { describe, expect, test } from 'vitest'
import { fastClock, type RelayOptions, relayed } from './support/relayed.ts'
import { DONE_EVENT, deltaEvent, eventsIn, FINISH, HELLO } from './support/streams.ts'

type Pieces = Parameters<typeof relayed>[0]

const MORE = deltaEvent({ content: ' more' })
const CALL = deltaEvent({
  tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
})
const USAGE = 'data: {"id":"x","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\n'
const lastOf = (text: string) => JSON.parse(eventsIn(text).at(-1)?.data ?? '{}')

describe('a stream reaches the client to its end', () => {
  test.each<[what: string, pieces: Pieces, text: string]>([
    ['as it came', [HELLO, MORE, FINISH, DONE_EVENT], HELLO + MORE + FINISH + DONE_EVENT],
    ['with the [DONE] that its provider forgot', [HELLO, FINISH], HELLO + FINISH + DONE_EVENT],
    ['with usage after its finish', [HELLO, FINISH, USAGE, DONE_EVENT], HELLO + FINISH + USAGE + DONE_EVENT],
    ['without what follows [DONE]', [HELLO, FINISH + DONE_EVENT + MORE], HELLO + FINISH + DONE_EVENT],
    ['and without a reset after its finish', [HELLO, FINISH, 20, new Error('reset')], HELLO + FINISH + DONE_EVENT],
  ])('%s', async (_what, pieces, text) => {
    expect(await relayed(pieces)).toMatchObject({ text, end: 'whole', isClosed: true, isCancelled: true })
  })

  test('and is told with its usage and its length', async () => {
    expect(await relayed([HELLO, MORE, FINISH, USAGE, DONE_EVENT])).toMatchObject({
      usage: { promptTokens: 3, completionTokens: 4 },
      textLength: 'Hello more'.length,
      isClean: true,
      verdict: { kind: 'success' },
    })
  })
})

describe('a stream that ends early ends in an error event, and the connection is broken off', () => {
  test.each<[what: string, pieces: Pieces, options: RelayOptions, end: string, code: string]>([
    ['cut', [HELLO, MORE], {}, 'cut', 'stream_interrupted'],
    ['reset', [HELLO, 20, new Error('reset')], {}, 'cut', 'stream_interrupted'],
    ['silent', [HELLO, 2_000], { idleMs: 100 }, 'stalled', 'stream_interrupted'],
    [
      'without end',
      [HELLO, ...Array(100).fill([MORE, 20]).flat()],
      { totalMs: 300 },
      'out_of_time',
      'stream_interrupted',
    ],
    ['failed', [HELLO, 'data: {"object":"error","message":"it broke"}\n\n'], {}, 'upstream_error', 'upstream_error'],
    ['unreadable', [HELLO, 'data: {"choi\n\n'], {}, 'unreadable', 'stream_interrupted'],
  ])('%s', async (_what, pieces, options, end, code) => {
    const seen = await relayed(pieces, options)
    expect(seen).toMatchObject({ end, isClosed: false, isCancelled: true })
    expect(seen.text.startsWith(HELLO)).toBe(true)
    expect(seen.text).not.toContain('[DONE]')
    // No blank line before it: a reader that takes each for an event would make an empty one of it.
    expect(seen.text).not.toContain('\n\n\n')
    expect(lastOf(seen.text)).toMatchObject({ error: { code }, choices: [{ finish_reason: 'error' }] })
  })

  test('though comments and pings keep coming', async () => {
    const alive = Array(50).fill([': ping\n\n', 20, 'data: ping\n\n', 20]).flat()
    const startedAt = Date.now()
    expect(await relayed([HELLO, ...alive], { idleMs: 300 })).toMatchObject({ end: 'stalled' })
    expect(Date.now() - startedAt).toBeLessThan(1_500)
  })
})

describe('after its finish a stream is waited for', () => {
  test('as long as for anything else: a second call may come late', async () => {
    const seen = await relayed([HELLO, FINISH, 6_000 / 20, CALL, deltaEvent({}, 'tool_calls'), DONE_EVENT], {
      clock: fastClock(20),
      idleMs: 20_000,
    })
    expect(seen).toMatchObject({ end: 'whole', isClosed: true })
    expect(seen.text).toContain('"tool_calls":[')
  })

  test('five seconds, once its usage has come', async () => {
    const clock = fastClock(20)
    const startedAt = clock.now()
    const seen = await relayed([HELLO, FINISH, USAGE, 2_000], { clock, idleMs: 90_000 })
    expect(seen).toMatchObject({ end: 'whole', isClosed: true })
    expect(seen.text.endsWith(DONE_EVENT)).toBe(true)
    const tookMs = clock.now() - startedAt
    expect(tookMs).toBeGreaterThan(4_500)
    expect(tookMs).toBeLessThan(12_000)
  })

  test('not at all, once [DONE] has come', async () => {
    const startedAt = Date.now()
    expect(await relayed([HELLO, FINISH, DONE_EVENT, 3_000], { idleMs: 90_000 })).toMatchObject({ end: 'whole' })
    expect(Date.now() - startedAt).toBeLessThan(1_000)
  })

  test('and is whole when that time is up, though it never hung up', async () => {
    const seen = await relayed([HELLO, FINISH, 3_000], { idleMs: 200 })
    expect(seen).toMatchObject({ end: 'whole', isClosed: true })
    expect(seen.text.endsWith(FINISH + DONE_EVENT)).toBe(true)
  })
})

describe('a silence', () => {
  test('is filled with chunks of the answer that say nothing', async () => {
    const seen = await relayed([HELLO, 3_800 / 10, MORE, FINISH, DONE_EVENT], { clock: fastClock(10), idleMs: 20_000 })
    const events = eventsIn(seen.text).map(({ data }) => data)
    const signs = events.filter((data) => data.includes('"delta":{},"finish_reason":null'))
    expect(signs.length).toBeGreaterThanOrEqual(2)
    for (const sign of signs) expect(JSON.parse(sign)).toMatchObject({ id: 'x', choices: [{ index: 0, delta: {} }] })
    expect(seen.text).not.toMatch(/^:/m)
    expect(seen).toMatchObject({ end: 'whole' })
  })

  test('of the upstream is not what it takes the client to read', async () => {
    // The next event comes 1.1 s after the one that the client takes 0.9 s to read.
    const seen = await relayed([HELLO, MORE, 1_100, MORE, FINISH, DONE_EVENT], { idleMs: 600, pauseMs: 900 })
    expect(seen).toMatchObject({ end: 'whole', isClosed: true })
  })
})

test('a client that has left is told nothing, and the upstream’s call ends', async () => {
  const gone = new AbortController()
  gone.abort()
  expect(await relayed([HELLO, FINISH, DONE_EVENT], { signal: gone.signal })).toMatchObject({
    end: 'client_gone',
    isCancelled: true,
    verdict: { kind: 'no_verdict' },
  })
})
