import { describe, expect, test } from 'vitest'
import { idleLimitMs, startIdleWatchdog } from '../../src/stream/idle-watchdog.ts'
import { manualClock } from '../kv/support/deps.ts'
import { encode } from './support/streams.ts'

const IDLE_MS = 10_000

/** A watched stream on a clock that only the test moves. */
function watch({ totalMs = 600_000, writeMs = 0 } = {}) {
  const clock = manualClock()
  const seen = { isCancelled: false, isAborted: false, written: [] as string[] }
  const watchdog = startIdleWatchdog(
    {
      cancel: () => {
        seen.isCancelled = true
      },
      idleMs: () => IDLE_MS,
      deadlineAt: clock.now() + totalMs,
      silence: () => '(silence)',
    },
    {
      write: async (bytes) => {
        seen.written.push(new TextDecoder().decode(bytes))
        if (writeMs > 0) await clock.wait(writeMs)
      },
      close: async () => {},
      abort: async () => {
        seen.isAborted = true
      },
      lend: (use) => use(new WritableStream()),
    },
    clock,
  )
  /** Second by second, as timers fire. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) await clock.pass(1_000)
  }
  return { clock, seen, watchdog, pass }
}

describe('a stream', () => {
  test('that falls silent is stalled after its idle time, and its call is ended', async () => {
    const { watchdog, seen, pass } = watch()
    await pass(9)
    expect([watchdog.verdict(), seen.isCancelled]).toEqual([undefined, false])
    await pass(2)
    expect([watchdog.verdict(), seen.isCancelled]).toEqual(['stalled', true])
  })

  test('with an event now and then goes on', async () => {
    const { watchdog, pass } = watch()
    for (let event = 0; event < 6; event++) {
      await pass(8)
      watchdog.progress()
    }
    expect(watchdog.verdict()).toBeUndefined()
    watchdog.stop()
  })

  test('that goes on for ever is out of time', async () => {
    const { watchdog, pass } = watch({ totalMs: 30_000 })
    for (let event = 0; event < 8; event++) {
      await pass(4)
      watchdog.progress()
    }
    expect(watchdog.verdict()).toBe('out_of_time')
  })

  test('whose client reads slowly is not silent meanwhile', async () => {
    const { watchdog, pass } = watch({ writeMs: 40_000 })
    await pass(5)
    const written = watchdog.write(encode('a token'))
    await pass(41)
    await written
    // Five seconds of silence before the write; the forty of the client's are not the upstream's.
    await pass(2)
    expect(watchdog.verdict()).toBeUndefined()
    await pass(3)
    expect(watchdog.verdict()).toBe('stalled')
  })

  test('writes to its client in each second of silence, so that one that left is noticed', async () => {
    const { watchdog, seen, pass } = watch()
    await pass(4)
    expect(seen.written.length).toBeGreaterThanOrEqual(3)
    expect(new Set(seen.written)).toEqual(new Set(['(silence)']))
    watchdog.stop()
  })

  test('whose client takes nothing is broken off soon after its time', async () => {
    const { seen, pass } = watch()
    await pass(11)
    expect(seen.isAborted).toBe(false)
    await pass(6)
    expect(seen.isAborted).toBe(true)
  })

  test('that has ended is let go', async () => {
    const { watchdog, seen, pass } = watch()
    watchdog.stop()
    await pass(60)
    expect(seen).toEqual({ isCancelled: false, isAborted: false, written: [] })
  })
})

test('after the final usage five seconds are enough, after a finish reason the idle time holds', () => {
  expect([idleLimitMs(90_000, true), idleLimitMs(90_000, false), idleLimitMs(2_000, true)]).toEqual([
    5_000, 90_000, 2_000,
  ])
})
