import { expect, test } from 'vitest'
import { answerExchange } from '../../../src/core/limits/answer-exchange.ts'
import type { Amounts, ScopeBounds } from '../../../src/core/limits/exchange.ts'
import { type BookDeps, bookRecord, giveBack } from '../../../src/gateway/usage/book.ts'
import { acquire, type Bounded, renewAfter, renewAhead } from '../../../src/gateway/usage/lease-desk.ts'
import { createLeaseMemory } from '../../../src/isolate/leases.ts'
import { bookingOf, budgets } from '../../core/limits/support/ledger.ts'
import { createMemoryRows, type MemoryRows } from '../../core/limits/support/memory-rows.ts'
import { createVirtualTime, type VirtualTime } from '../../simulation/virtual-time.ts'

const START = Date.UTC(2026, 10, 27, 12)
const RULES = { alertAt: [80], keepEventsDays: 35 }
/** How far the object is, there and back. */
const CALL_MS = 40
const SECONDS = 120

type Plan = { readonly bounds: readonly ScopeBounds[]; readonly need: Amounts; readonly durationMs: number }
type Seen = {
  waited: number
  served: number
  refused: number
  longestWaitMs: number
  calls: number
  mostAtOnce: number
}

/** An isolate that gets a request a second, from `offsetMs` on. */
function begin(
  time: VirtualTime,
  rows: MemoryRows,
  plan: Plan,
  offsetMs = 0,
  atOnce = { now: 0, most: 0 },
  seconds = SECONDS,
): Seen {
  const seen: Seen = { waited: 0, served: 0, refused: 0, longestWaitMs: 0, calls: 0, mostAtOnce: 0 }
  const clock = time.clock(0, () => false)
  let ids = 0
  const deps: BookDeps = {
    leases: createLeaseMemory(),
    clock,
    newId: () => `${offsetMs} ${ids++}`,
    exchange: async (_project, call) => {
      seen.calls += 1
      await clock.wait(CALL_MS / 2)
      const answer = answerExchange(rows, call, time.now())
      await clock.wait(CALL_MS / 2)
      return answer
    },
    tellAlerts: async () => {},
  }
  const bounded: Bounded = { project: 'p', keyId: 'k', bounds: plan.bounds, rules: RULES, longestMs: 60_000 }
  const request = async (second: number) => {
    const came = time.now()
    const need = { ...plan.need, nanoUsd: plan.need.nanoUsd * (1 + (second % 3)) }
    const acquired = await acquire(deps, bounded, need, need.nanoUsd)
    if (acquired.kind !== 'drawn') {
      seen.refused += 1
      return
    }
    seen.served += 1
    seen.waited += time.now() > came ? 1 : 0
    seen.longestWaitMs = Math.max(seen.longestWaitMs, time.now() - came)
    const { pool, draw } = acquired
    void renewAhead(deps, bounded, pool, draw)
    void giveBack(deps, bounded, pool)
    atOnce.now += 1
    seen.mostAtOnce = atOnce.most = Math.max(atOnce.most, atOnce.now)
    await clock.wait(plan.durationMs)
    atOnce.now -= 1
    const booking = bookingOf(draw.lease.id, Math.floor(draw.amounts.nanoUsd / 3), { reserved: draw.amounts })
    await Promise.all([bookRecord(deps, 'p', RULES, booking, draw), renewAfter(deps, bounded, pool, draw)])
  }
  for (let second = 0; second < seconds; second++) time.at(1_000 * second + offsetMs, () => void request(second))
  return seen
}

const NEED: Amounts = { nanoUsd: 0, requests: 0, tokens: 0, slots: 0 }
const limits = (of: NonNullable<ScopeBounds['limits']>): readonly ScopeBounds[] => [{ scope: 'key:k', limits: of }]

test.each<[what: string, plan: Plan]>([
  ['a budget', { bounds: budgets(1e9, 1e9), need: { ...NEED, nanoUsd: 50_000 }, durationMs: 1_500 }],
  ['requests a minute', { bounds: limits({ requestsPerMinute: 60 }), need: { ...NEED, requests: 1 }, durationMs: 500 }],
  [
    'tokens a minute',
    { bounds: limits({ tokensPerMinute: 100_000 }), need: { ...NEED, tokens: 1_500 }, durationMs: 500 },
  ],
  ['one at once', { bounds: limits({ concurrent: 1 }), need: { ...NEED, slots: 1 }, durationMs: 700 }],
  [
    'one at once and a budget',
    {
      bounds: [...budgets(1e9), { scope: 'key:k', limits: { concurrent: 1 } }],
      need: { ...NEED, nanoUsd: 50_000, slots: 1 },
      durationMs: 700,
    },
  ],
  ['two at once', { bounds: limits({ concurrent: 2 }), need: { ...NEED, slots: 1 }, durationMs: 1_500 }],
  ['eight at once', { bounds: limits({ concurrent: 8 }), need: { ...NEED, slots: 1 }, durationMs: 5_500 }],
  [
    'all of them',
    {
      bounds: [
        ...budgets(1e9),
        { scope: 'key:k', limits: { requestsPerMinute: 90, tokensPerMinute: 200_000, concurrent: 3 } },
      ],
      need: { nanoUsd: 50_000, requests: 1, tokens: 1_500, slots: 1 },
      durationMs: 1_500,
    },
  ],
])('at one request a second at most one in ten waits for a call, with %s', async (_what, plan) => {
  const time = createVirtualTime(START)
  const rows = createMemoryRows()
  const seen = begin(time, rows, plan)
  await time.runUntil(START + 1_000 * SECONDS + 30_000)
  expect(seen.refused).toBe(0)
  expect(seen.served).toBe(SECONDS)
  expect(seen.waited / seen.served).toBeLessThanOrEqual(0.1)
  // No wait is longer than the call itself.
  expect(seen.longestWaitMs).toBeLessThanOrEqual(CALL_MS)
  expect(seen.mostAtOnce).toBeLessThanOrEqual(plan.bounds.at(-1)?.limits?.concurrent ?? SECONDS)
  expect([...rows.leases.values()].reduce((sum, { heldSlots }) => sum + heldSlots, 0)).toBe(0)
})

test('a slot that one isolate keeps is another one’s within seconds', async () => {
  const time = createVirtualTime(START)
  const rows = createMemoryRows()
  const plan = { bounds: limits({ concurrent: 1 }), need: { ...NEED, slots: 1 }, durationMs: 200 }
  const atOnce = { now: 0, most: 0 }
  const first = begin(time, rows, plan, 0, atOnce)
  const second = begin(time, rows, plan, 500, atOnce)
  await time.runUntil(START + 1_000 * SECONDS + 30_000)
  expect(atOnce.most).toBe(1)
  for (const { served } of [first, second]) expect(served / SECONDS).toBeGreaterThan(0.95)
})

test('a slot that comes free within three seconds is waited for', async () => {
  const time = createVirtualTime(START)
  const rows = createMemoryRows()
  const plan = { bounds: limits({ concurrent: 1 }), need: { ...NEED, slots: 1 }, durationMs: 200 }
  const answer = { kind: 'granted', amounts: plan.need, usableMs: 0, rates: [] } as const
  const held = { id: 'held', keyId: 'k', grantedAt: START, deadlineAt: START + 60_000, heldNanoUsd: 0, heldSlots: 1 }
  rows.putLease({ ...held, answer })
  time.at(2_400, () => rows.deleteLease('held'))
  const seen = begin(time, rows, plan, 0, { now: 0, most: 0 }, 1)
  await time.runUntil(START + 10_000)
  expect(seen).toMatchObject({ served: 1, refused: 0 })
})
