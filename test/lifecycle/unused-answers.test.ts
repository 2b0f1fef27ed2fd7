import { expect, test, vi } from 'vitest'
import { COUNTED_MODEL, startCountingUpstream } from '../support/counting-upstream.ts'
import {
  admin,
  type Budgets,
  budgetOf,
  burst,
  chatStatus,
  countedGateways,
  type Usage,
} from './support/counted-gateway.ts'

const { start } = countedGateways()
const BUDGET_NANO_USD = 200_000_000

test('a budget is not passed by two thousand requests of which a third are answered uselessly first', async () => {
  const upstream = await startCountingUpstream(50, (call) => call % 3 === 0)
  const model = { primary: COUNTED_MODEL, fallbacks: [`${COUNTED_MODEL}:counter`] }
  const { gateway } = await start({ projects: { default: budgetOf(0.2) }, model, upstream, isolates: 4 })
  // Each isolate has read the prices before the burst.
  for (const url of gateway.urls) expect(await chatStatus(url, 2_000)).toBe(200)
  const statuses = await burst(gateway, 2_000, 2_000)
  expect(upstream.costNanoUsd()).toBeLessThanOrEqual(BUDGET_NANO_USD)
  const answered = statuses.filter((status) => status === 200).length
  expect(answered).toBeGreaterThan(10)
  // Some were answered by their second call, and none was made that the ledger does not know.
  expect(upstream.calls()).toBeGreaterThan(answered)
  const budget = async () => (await admin<Budgets>(gateway, '/admin/projects')).projects[0]?.budget
  // The rest is free again when the leases have ended.
  const settled = { spentNanoUsd: upstream.costNanoUsd(), heldNanoUsd: 0 }
  await vi.waitFor(async () => expect(await budget()).toMatchObject(settled), { timeout: 60_000, interval: 500 })
  const usage = await admin<Usage>(gateway, '/admin/usage')
  expect(usage.total.costNanoUsd).toBe(upstream.costNanoUsd())
}, 120_000)
