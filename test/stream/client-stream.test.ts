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
    let text = ''
    const read = async () => {
      for await (const bytes of readable) text += new TextDecoder().decode(bytes)
    }
    await expect(read()).rejects.toThrow('the answer is incomplete')
    expect(text.trimEnd()).toBe('Hel')
    await done
  })

  test('that has gone is told, and nobody waits for it', async () => {
    const { readable, done, seen } = open('Hello', 'close')
    await readable.cancel()
    await done
    expect(seen.isGone).toBe(true)
  })

  test('that is there all the same, when writing has failed, is broken off: it does not wait for ever', async () => {
    const writeFails = async () => {
      throw new Error('a fault of ours')
    }
    const { readable, done } = openClientStream(writeFails, () => {}, clock)
    await expect(readable.getReader().read()).rejects.toThrow()
    await done
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
