import { describe, expect, test } from 'vitest'
import type { StreamSource, TrustReport } from '../../src/core/trust/stream-trust.ts'
import { sourceKey } from '../../src/core/trust/stream-trust.ts'
import { createStreamTrust, createTrustMemory } from '../../src/isolate/stream-trust.ts'
import { manualClock } from '../kv/support/deps.ts'

const KNOWN: StreamSource = { target: 'huggingface/a/b', provider: 'groq', hasTools: false, hidesUsage: false }
const OTHER: StreamSource = { ...KNOWN, provider: 'somebody-new' }
const NEVER = Number.POSITIVE_INFINITY
const CLEAN = { isClean: true, hadReadCalls: false }
const ODD = { isClean: false, hadReadCalls: false }
const CLEAN_CALLS = { isClean: true, hadReadCalls: true }

function isolate(clock = manualClock()) {
  const memory = createTrustMemory()
  const trust = createStreamTrust(memory, clock)
  /** @returns The reports that came of it. */
  const see = (source: StreamSource, seen: typeof CLEAN, times = 1): TrustReport[] =>
    Array.from({ length: times }, () => trust.record(source, seen)).filter((report) => report !== undefined)
  return { memory, trust, clock, see }
}

describe('how soon a stream goes to the runtime’s pipe', () => {
  test('a provider that was recorded is trusted at once, but for short answers', () => {
    expect(isolate().trust.parsedReads(KNOWN)).toBe(32)
  })

  test('any other is read event by event until three streams in a row were clean', () => {
    const { trust, see } = isolate()
    see(OTHER, CLEAN, 2)
    see(OTHER, ODD)
    see(OTHER, CLEAN, 2)
    expect(trust.parsedReads(OTHER)).toBe(NEVER)
    see(OTHER, CLEAN)
    expect(trust.parsedReads(OTHER)).toBe(32)
  })

  test.each([KNOWN, OTHER])('after fifty clean streams in a row it is at once ($provider)', (source) => {
    const { trust, see } = isolate()
    see(source, CLEAN, 46)
    expect(trust.parsedReads(source)).toBe(32)
    see(source, CLEAN, 4)
    expect(trust.parsedReads(source)).toBe(0)
  })

  test.each([KNOWN, OTHER])('one stream that had to be normalized ends it ($provider)', (source) => {
    const { trust, see } = isolate()
    see(source, CLEAN, 1_000)
    see(source, ODD)
    see(source, CLEAN, 2)
    expect(trust.parsedReads(source)).toBe(NEVER)
  })

  test('models are trusted apart, and their routing suffixes are not', () => {
    const { trust, see } = isolate()
    see(OTHER, CLEAN, 3)
    expect(trust.parsedReads({ ...OTHER, target: 'huggingface/c/d' })).toBe(NEVER)
    expect(trust.parsedReads({ ...OTHER, target: 'huggingface/a/b:fastest' })).toBe(32)
  })

  test('a target whose provider has no name is trusted with its suffix', () => {
    const { trust, see } = isolate()
    const nameless = { ...OTHER, provider: undefined }
    see(nameless, CLEAN, 3)
    expect(trust.parsedReads(nameless)).toBe(32)
    expect(trust.parsedReads({ ...nameless, target: 'huggingface/a/b:cheapest' })).toBe(NEVER)
  })

  test('clients that are shown no usage are trusted apart, for it has to be taken out', () => {
    expect(isolate().trust.parsedReads({ ...KNOWN, hidesUsage: true })).toBe(NEVER)
  })

  test('what is remembered is bounded, and what is used stays', () => {
    const { memory, trust, see } = isolate()
    see(KNOWN, CLEAN, 50)
    for (let count = 0; count < 5_000; count++) {
      see({ ...OTHER, provider: `provider-${count}` }, CLEAN, 3)
      if (count % 500 === 0) see(KNOWN, CLEAN)
    }
    expect(memory.cleanStreams.size).toBe(1_000)
    expect(memory.reports.size).toBeLessThanOrEqual(1_000)
    expect(trust.parsedReads(KNOWN)).toBe(0)
  })
})

describe('requests with tools', () => {
  const withTools = { ...OTHER, hasTools: true }

  test('earn no trust by answers in words, however many', () => {
    const { trust, see } = isolate()
    see(withTools, CLEAN, 1_000)
    expect(trust.parsedReads(withTools)).toBe(NEVER)
  })

  test('earn it by calls that were read and needed nothing, and begin by being read for ever', () => {
    const { trust, see } = isolate()
    see(withTools, CLEAN_CALLS, 3)
    expect(trust.parsedReads(withTools)).toBe(32)
    see(withTools, CLEAN_CALLS, 1_000)
    expect(trust.parsedReads(withTools)).toBe(32)
  })

  test('lose it by one that had to be repaired', () => {
    const { trust, see } = isolate()
    see(withTools, CLEAN_CALLS, 10)
    see(withTools, ODD)
    see(withTools, CLEAN, 10)
    expect(trust.parsedReads(withTools)).toBe(NEVER)
  })

  test('are trusted at once where recordings prove the calls, and only there', () => {
    const { trust } = isolate()
    expect(trust.parsedReads({ ...KNOWN, hasTools: true })).toBe(32)
    expect(trust.parsedReads({ ...KNOWN, provider: 'cerebras', hasTools: true })).toBe(NEVER)
  })
})

describe('what other isolates are told', () => {
  test('is a verdict that changed, once', () => {
    const { see, clock } = isolate()
    const at = clock.now()
    expect(see(OTHER, CLEAN, 49)).toEqual([{ source: sourceKey(OTHER), verdict: 'clean', at }])
    expect(see(KNOWN, CLEAN, 20)).toEqual([])
    expect(see({ ...OTHER, provider: 'never-clean' }, ODD, 20)).toEqual([])
  })

  test('is that a recorded source is odd, at its first odd stream', () => {
    const { see } = isolate()
    expect(see(KNOWN, ODD, 5)).toMatchObject([{ verdict: 'odd' }])
  })

  test('is less and less of a source that changes all the time', async () => {
    const { see, clock } = isolate()
    let reports = 0
    for (let minute = 0; minute < 24 * 60; minute++) {
      reports += see(OTHER, CLEAN, 3).length + see(OTHER, ODD).length
      await clock.pass(60_000)
    }
    expect(reports).toBeLessThan(30)
  }, 60_000)
})

describe('what other isolates have learnt', () => {
  const learnt = (verdict: 'odd' | 'clean' | 'well_known', source = OTHER) => ({
    [sourceKey(source)]: { verdict, at: 1 },
  })

  test('lets a new isolate pass the first stream through at once', () => {
    const { trust } = isolate()
    trust.learn(learnt('well_known'))
    expect(trust.parsedReads(OTHER)).toBe(0)
  })

  test('takes away what recordings and this isolate’s own eyes have proven', () => {
    const { trust, see } = isolate()
    see(KNOWN, CLEAN, 100)
    trust.learn(learnt('odd', KNOWN))
    expect(trust.parsedReads(KNOWN)).toBe(NEVER)
    see(KNOWN, CLEAN, 3)
    expect(trust.parsedReads(KNOWN)).toBe(32)
  })

  test('does not undo what this isolate saw go wrong', () => {
    const { trust, see } = isolate()
    see(OTHER, ODD)
    trust.learn(learnt('well_known'))
    expect(trust.parsedReads(OTHER)).toBe(NEVER)
  })

  test('is read every ten minutes, by one request', async () => {
    const { trust, clock } = isolate()
    expect([trust.isDue(), trust.isDue()]).toEqual([true, false])
    await clock.pass(600_000)
    expect([trust.isDue(), trust.isDue()]).toEqual([true, false])
  })
})
