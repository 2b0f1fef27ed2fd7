import { describe, expect, test } from 'vitest'
import { type ConnectionEnd, openClientStream } from '../../src/stream/client-stream.ts'
import { fastClock } from './support/relayed.ts'
import { encode } from './support/streams.ts'

/** A second passes in a millisecond. */
const clock = fastClock(1_000)

/** A connection to a client, and what writes `text` into it and then ends it as `end` says. */
function open(text: string, end: ConnectionEnd) {
  const seen = { isGone: false }
  const { readable, done } = openClientStream(
    async (client) => {
      await client.write(encode(text))
      return end
    },
    () => {
      seen.isGone = true
    },
    clock,
  )
  return { readable, done, seen }
}

describe('the connection to a client', () => {
  test('of a whole answer is closed, and all of it has arrived', async () => {
    const { readable, done, seen } = open('Hello', 'close')
    expect(await new Response(readable).text()).toBe('Hello')
    await done
    expect(seen.isGone).toBe(false)
  })

  test('of a truncated answer is broken off, after its last words have arrived', async () => {
    const { readable, done } = open('Hel', 'abort')
    const reader = readable.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('Hel')
    await expect(reader.read()).rejects.toThrow('the answer is incomplete')
    await done
  })

  test.each([
    ['once where the pause takes its time', [60], 1],
    ['until a pause takes its time', [400, 400, 60], 3],
    ['five times where none does', [400, 400, 400, 400, 400, 400], 5],
  ])(
    'of a truncated answer gives an isolate that is busy time to write the last words: %s',
    async (_title, took, count) => {
      let now = 0
      let pauses = 0
      const wait = async () => {
        now += took[pauses++] ?? 0
      }
      const busy = { ...clock, now: () => now, wait }
      const { readable, done } = openClientStream(
        async () => 'abort',
        () => {},
        busy,
      )
      await expect(readable.getReader().read()).rejects.toThrow('the answer is incomplete')
      await done
      expect(pauses).toBe(count)
    },
  )

  test('that has gone is told, and nobody waits for it', async () => {
    const { readable, done, seen } = open('Hello', 'close')
    await readable.cancel()
    await done
    expect(seen.isGone).toBe(true)
  })

  test('whose client reads nothing of the end is broken off after a while: it holds nothing up', async () => {
    // The last bytes are still on their way to a client that takes nothing: closing waits behind them.
    const { done } = openClientStream(
      async (client) => {
        client.write(encode('the end')).catch(() => {})
        return 'close'
      },
      () => {},
      clock,
    )
    const first = await Promise.race([done.then(() => 'ended'), clock.wait(60_000).then(() => 'held up')])
    expect(first).toBe('ended')
  })
})
