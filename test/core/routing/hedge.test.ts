import { expect, test } from 'vitest'
import { type HedgeFacts, planHedge } from '../../../src/core/routing/hedge.ts'

const FACTS: HedgeFacts = { isStream: true, runsOnce: false, isBounded: false, p95Ms: 900 }
const AFTER = { afterMs: 2_000, maxShare: 0.05 }
const P95 = { afterMs: 'p95', maxShare: 0.1 } as const

test.each<
  [title: string, rules: Parameters<typeof planHedge>[0], facts: Partial<HedgeFacts>, afterMs: number | undefined]
>([
  ['never without rules', undefined, {}, undefined],
  ['after a fixed wait', AFTER, {}, 2_000],
  ['after what 95 of 100 stayed below', P95, {}, 900],
  ['not before enough was seen for that', P95, { p95Ms: undefined }, undefined],
  ['never so soon that it is no sign', P95, { p95Ms: 20 }, 100],
  ['streams only', AFTER, { isStream: false }, undefined],
  ['never what must not run twice', AFTER, { runsOnce: true }, undefined],
  ['never where a bound holds, which has reserved one call', AFTER, { isBounded: true }, undefined],
])('%s', (_title, rules, facts, afterMs) => {
  expect(planHedge(rules, { ...FACTS, ...facts })?.afterMs).toBe(afterMs)
})
