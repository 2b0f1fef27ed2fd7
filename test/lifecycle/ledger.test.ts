import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { startCountingUpstream } from '../support/counting-upstream.ts'
import type { Gateway } from '../support/start-gateway.ts'
import {
  admin,
  type Budgets,
  budgetOf,
  burst,
  CENT,
  chatStatus,
  countedGateways,
  type Usage,
} from './support/counted-gateway.ts'

const { start, closeAll } = countedGateways()
const ONE_CENT = { default: budgetOf(0.01) }

const countOf = (statuses: readonly number[], status: number) => statuses.filter((one) => one === status).length

/** The ledger's sum of what ended whole, once everything that goes on after the answers is done. */
async function settledUsage(gateway: Gateway, wanted: number): Promise<Usage> {
  for (let tries = 0; ; tries++) {
    const usage = await admin<Usage>(gateway, '/admin/usage')
    if (usage.total.costNanoUsd === wanted || tries === 30) return usage
    await sleep(500)
  }
}

describe('a budget of one cent', () => {
  test('is not passed by two thousand requests at once through several isolates, and nothing is lost of it', async () => {
    const { upstream, gateway } = await start({ projects: ONE_CENT, isolates: 4 })
    const statuses = await burst(gateway, 2_000)
    expect(upstream.costNanoUsd()).toBeLessThanOrEqual(CENT)
    expect(countOf(statuses, 200)).toBe(upstream.calls())
    expect(upstream.calls()).toBeGreaterThan(10)
    expect(countOf(statuses, 200) + countOf(statuses, 402) + countOf(statuses, 429)).toBe(2_000)
    const usage = await settledUsage(gateway, upstream.endedNanoUsd())
    expect(usage).toMatchObject({ total: { costNanoUsd: upstream.endedNanoUsd() }, unbooked: 0 })
    // What was held came back, so that the budget is used up to the last request that fits.
    for (let tries = 0; tries < 10; tries++) await chatStatus(gateway.url)
    const { projects } = await admin<Budgets>(gateway, '/admin/projects')
    expect(upstream.costNanoUsd()).toBeLessThanOrEqual(CENT)
    expect(projects[0]?.budget.remainingNanoUsd).toBeLessThan(CENT / 2)
  }, 120_000)

  test('is not passed when workerd is killed in the middle, twice', async () => {
    const upstream = await startCountingUpstream(400)
    const objectsPath = mkdtempSync(join(tmpdir(), 'hugway-objects-'))
    try {
      for (let life = 0; life < 3; life++) {
        const { gateway } = await start({ projects: ONE_CENT, objectsPath, isolates: 2, upstream })
        const all = burst(gateway, 60)
        await sleep(150 + 100 * life)
        if (life < 2) process.kill(gateway.pid, 'SIGKILL')
        await all
        expect(upstream.costNanoUsd()).toBeLessThanOrEqual(CENT)
      }
      expect(upstream.calls()).toBeGreaterThan(0)
    } finally {
      await closeAll()
      rmSync(objectsPath, { recursive: true, force: true })
    }
  }, 120_000)
})

test('five clients spend of one budget, and the ledger tells it to the nanodollar', async () => {
  const { upstream, gateway } = await start({ projects: { default: budgetOf(10) }, isolates: 3 })
  const client = async (index: number) => {
    for (let turn = 0; turn < 20; turn++) {
      const content = 'x'.repeat(1 + index * 37 + turn)
      expect(await chatStatus(gateway.urls[(index + turn) % 3] ?? '', 10 + turn, content)).toBe(200)
    }
  }
  await Promise.all([0, 1, 2, 3, 4].map(client))
  const usage = await settledUsage(gateway, upstream.costNanoUsd())
  expect(usage).toMatchObject({ total: { costNanoUsd: upstream.costNanoUsd(), requests: 100 }, unbooked: 0 })
}, 120_000)
