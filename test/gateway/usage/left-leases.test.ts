import { expect, test } from 'vitest'
import { answerExchange } from '../../../src/core/limits/answer-exchange.ts'
import type { Amounts, ScopeBounds } from '../../../src/core/limits/exchange.ts'
import { type BookDeps, bookRecord, giveBack } from '../../../src/gateway/usage/book.ts'
import { acquire, renewAfter, renewAhead } from '../../../src/gateway/usage/lease-desk.ts'
import { createLeaseMemory, projectMemoryOf } from '../../../src/isolate/leases.ts'
import { bookingOf, budgets } from '../../core/limits/support/ledger.ts'
import { createMemoryRows } from '../../core/limits/support/memory-rows.ts'
import { createVirtualTime } from '../../simulation/virtual-time.ts'

const START = Date.UTC(2026, 10, 27, 12)
const RULES = { alertAt: [80], keepEventsDays: 35 }
const MONEY: Amounts = { nanoUsd: 50_000, requests: 0, tokens: 0, slots: 0 }
const ONE_AT_ONCE: readonly ScopeBounds[] = [{ scope: 'key:k', limits: { concurrent: 1 } }]

/** An isolate whose object is `callMs` away, there and back. */
function createWorld(callMs: number) {
  const time = createVirtualTime(START)
  const clock = time.clock(0, () => false)
  const rows = createMemoryRows()
  const told = { unbooked: 0 }
  let ids = 0
  const deps: BookDeps = {
    leases: createLeaseMemory(),
    clock,
    newId: () => `id ${ids++}`,
    async exchange(_project, call) {
      await clock.wait(callMs / 2)
      told.unbooked += call.unbooked ?? 0
      const answer = answerExchange(rows, call, time.now())
      await clock.wait(callMs / 2)
      return answer
    },
    tellAlerts: async () => {},
  }
  const serve = async (bounds: readonly ScopeBounds[], need: Amounts, durationMs: number) => {
    const bounded = { project: 'p', keyId: 'k', bounds, rules: RULES, longestMs: 630_000 }
    const acquired = await acquire(deps, bounded, need, need.nanoUsd)
    if (acquired.kind !== 'drawn') throw new Error(`refused: ${acquired.kind}`)
    const { pool, draw } = acquired
    void renewAhead(deps, bounded, pool, draw)
    void giveBack(deps, bounded, pool)
    await clock.wait(durationMs)
    const booking = bookingOf(draw.lease.id, 100, { reserved: draw.amounts })
    void bookRecord(deps, 'p', RULES, booking, draw)
    if (renewAfter(deps, bounded, pool, draw)) void giveBack(deps, bounded, pool)
  }
  const at = (ms: number, ...request: Parameters<typeof serve>) => time.at(ms, () => void serve(...request))
  /** What the object believes that the isolate holds, half a minute after the last request. */
  const heldAfter = async (ms: number) => {
    await time.runUntil(START + ms + 30_000)
    return [...rows.leases.values()].filter(({ heldSlots, heldNanoUsd }) => heldSlots > 0 || heldNanoUsd > 0)
  }
  return { deps, time, told, at, heldAfter }
}

test.each<[title: string, bounds: readonly ScopeBounds[], need: Amounts]>([
  ['a slot', ONE_AT_ONCE, { ...MONEY, nanoUsd: 0, slots: 1 }],
  ['a slot and money', [...budgets(1e9), ...ONE_AT_ONCE], { ...MONEY, slots: 1 }],
])('%s that was renewed for nobody is given back, whenever the last request ended', async (_title, bounds, need) => {
  for (let phaseMs = 0; phaseMs < 500; phaseMs += 20) {
    const { at, heldAfter } = createWorld(150)
    at(0, bounds, need, 700)
    at(1_000, bounds, need, 4_800 + phaseMs)
    expect(await heldAfter(6_300), `ended at ${5_800 + phaseMs} ms`).toEqual([])
  }
})

test('money that was granted when its budget had just been changed is given back', async () => {
  const { at, heldAfter } = createWorld(40)
  at(0, budgets(1e9), MONEY, 500)
  at(10, budgets(2e9), MONEY, 500)
  expect(await heldAfter(600)).toEqual([])
})

test('records that were given up are told once, also where two calls go out at the same time', async () => {
  for (let phaseMs = 0; phaseMs < 600; phaseMs += 10) {
    const { at, deps, time, told, heldAfter } = createWorld(40)
    const { outbox } = projectMemoryOf(deps.leases, 'p')
    at(0, budgets(1e9), MONEY, 100)
    time.at(3_000 + phaseMs, () => {
      outbox.unbooked += 5
      void bookRecord(deps, 'p', RULES, bookingOf(undefined, 1))
    })
    await heldAfter(4_000)
    expect([told.unbooked, outbox.unbooked], `at ${3_000 + phaseMs} ms`).toEqual([5, 0])
  }
})
