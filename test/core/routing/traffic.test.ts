import { describe, expect, test } from 'vitest'
import type { CompletionRecord } from '../../../src/core/completion-record.ts'
import type { HubModelId } from '../../../src/core/routing/model-ref.ts'
import { sightingsOf } from '../../../src/core/routing/sightings.ts'
import {
  expectationOf,
  fade,
  firstTokenQuantile,
  learn,
  mergeTraffic,
  type Sighting,
  type Traffic,
  weigh,
} from '../../../src/core/routing/traffic.ts'
import { recordOf } from './support/record.ts'

const OFFER = { model: 'a/b' as HubModelId, provider: 'p', isLive: true, firstTokenMs: 1_000, tokensPerSecond: 50 }
const HOUR = 3_600_000

const answered = (firstTokenMs: number, more: Partial<Extract<Sighting, { kind: 'answered' }>> = {}): Sighting => ({
  kind: 'answered',
  isBroken: false,
  firstTokenMs,
  ...more,
})

function learnAll(sightings: readonly Sighting[], everyMs = 1_000): Traffic | undefined {
  let traffic: Traffic | undefined
  for (const [index, sighting] of sightings.entries()) traffic = learn(traffic, sighting, index * everyMs)
  return traffic
}

describe('what is expected of a provider', () => {
  test('is the catalogue’s word until something was seen', () => {
    expect(expectationOf(OFFER, undefined, 0)).toMatchObject({ firstTokenMs: 1_000, tokensPerSecond: 50, attempts: 0 })
  })

  test('goes over to what was seen, by how much was seen', () => {
    const after = (count: number) =>
      expectationOf(OFFER, learnAll(Array(count).fill(answered(100))), count * 1_000).firstTokenMs
    expect(after(1)).toBeGreaterThan(700)
    expect(after(5)).toBeLessThan(after(1))
    expect(after(40)).toBeLessThan(220)
  })

  test('goes back to it while nothing new is seen', () => {
    const seen = learnAll(Array(30).fill(answered(100)), 0)
    expect(expectationOf(OFFER, seen, 48 * HOUR).firstTokenMs).toBeGreaterThan(900)
  })

  test('follows a change within some dozen answers, however many came before', () => {
    const before = Array(5_000).fill(answered(100))
    const traffic = learnAll([...before, ...Array(60).fill(answered(3_000))])
    expect(expectationOf(OFFER, traffic, 5_060_000).firstTokenMs).toBeGreaterThan(1_500)
  })

  test('is not moved by one answer that took long', () => {
    const traffic = learnAll([...Array(30).fill(answered(100)), answered(60_000)])
    expect(expectationOf(OFFER, traffic, 31_000).firstTokenMs).toBeLessThan(300)
  })

  test('counts failures before an answer and breaks after its beginning', () => {
    const mixed = Array.from({ length: 200 }, (_, index): Sighting => {
      if (index % 4 === 0) return { kind: 'failed' }
      return answered(100, { isBroken: index % 4 === 1 })
    })
    expect(expectationOf(OFFER, learnAll(mixed), 200_000).failureShare).toBeCloseTo(0.43, 1)
  })

  test('has the speed of all tokens together', () => {
    const traffic = learnAll(Array(200).fill(answered(100, { tokens: 300, generationMs: 2_000 })))
    expect(expectationOf(OFFER, traffic, 200_000).tokensPerSecond).toBeGreaterThan(130)
  })
})

test('quantiles of the waits lie where the waits lie', () => {
  const waits = Array.from({ length: 40 }, (_, index) => answered(index < 36 ? 200 : 5_000))
  const traffic = learnAll(waits, 0)
  expect(traffic && firstTokenQuantile(traffic, 0.5)).toBeGreaterThan(150)
  expect(traffic && firstTokenQuantile(traffic, 0.5)).toBeLessThan(260)
  expect(traffic && firstTokenQuantile(traffic, 0.95)).toBeGreaterThan(3_000)
})

test('what two isolates saw is added up, and may be weighed down', () => {
  const one = learnAll(Array(10).fill(answered(100)), 0)
  if (!one) throw new Error('nothing learnt')
  const both = mergeTraffic(one, fade(one, 6 * HOUR))
  expect(both.attempts).toBeCloseTo(15)
  expect(weigh(both, 3).attempts).toBeCloseTo(3)
  expect(firstTokenQuantile(weigh(both, 3), 0.5)).toBeCloseTo(firstTokenQuantile(one, 0.5) ?? 0)
})

describe('what a record teaches', () => {
  const sightings = (more: Partial<CompletionRecord>) => sightingsOf(recordOf(more))

  test('the wait, the speed, and nothing bad', () => {
    const sighting = { kind: 'answered', isBroken: false, firstTokenMs: 200, tokens: 100, generationMs: 1_000 }
    expect(sightings({})).toEqual([{ offer: 'a/b:groq', sighting }])
  })

  test('of a pinned target without the router naming anybody', () => {
    expect(sightings({ target: 'huggingface/a/b:novita', provider: undefined })).toMatchObject([
      { offer: 'a/b:novita' },
    ])
  })

  test('nothing of somebody who is not known', () => {
    expect(sightings({ provider: undefined })).toEqual([])
  })

  test.each(['cut', 'stalled', 'unreadable', 'upstream_error'] as const)(
    'an answer that ended as %s is broken',
    (end) => {
      expect(sightings({ end })).toMatchObject([{ sighting: { isBroken: true } }])
    },
  )

  test.each(['refused', 'context_overflow', 'bad_request', 'not_admitted', 'internal_error'] as const)(
    '%s says nothing of the provider',
    (end) => {
      expect(sightings({ end, provider: 'groq' })).toEqual([])
    },
  )

  test('a client that left after the first token teaches the wait, and one that left before teaches nothing', () => {
    expect(sightings({ end: 'client_gone' })).toMatchObject([{ sighting: { firstTokenMs: 200, tokens: undefined } }])
    expect(sightings({ end: 'client_gone', firstTokenMs: undefined })).toEqual([])
  })

  test('failed attempts are learnt of, skipped ones and the operator’s own faults are not', () => {
    const failed = (target: string, reason: 'server_error' | 'billing' | 'overloaded', more = {}) => ({
      target: `huggingface/${target}`,
      reason,
      message: '',
      ...more,
    })
    const failedAttempts = [
      failed('a/b:one', 'server_error'),
      failed('a/b:two', 'billing'),
      failed('a/b:three', 'overloaded', { skipped: true }),
    ]
    expect(sightings({ failedAttempts, attempts: 3 })).toMatchObject([
      { offer: 'a/b:one', sighting: { kind: 'failed' } },
      { offer: 'a/b:groq', sighting: { firstTokenMs: undefined } },
    ])
  })

  test('a planted fault teaches nothing', () => {
    expect(sightings({ rehearsed: 'cut:3', end: 'cut' })).toEqual([])
  })

  test('a tool call that had to be repaired counts against the tools', () => {
    const shape = { promptBytes: 1, hasTools: true, hasImages: false, wantsStructuredOutput: false }
    expect(sightings({ shape, repaired: true })).toMatchObject([{ sighting: { areToolsBad: true } }])
    expect(sightings({ shape })).toMatchObject([{ sighting: { areToolsBad: false } }])
  })
})
