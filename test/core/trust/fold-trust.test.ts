import { expect, test } from 'vitest'
import {
  foldTrust,
  type SharedTrust,
  type TrustReport,
  type TrustVerdict,
} from '../../../src/core/trust/stream-trust.ts'

const HOUR_MS = 3_600_000
const NOW = Date.UTC(2026, 10, 27)
const report = (verdict: TrustVerdict, at = NOW, source = 's'): TrustReport => ({ source, verdict, at })
const known = (verdict: TrustVerdict, at = NOW - HOUR_MS): SharedTrust => ({ s: { verdict, at } })

test.each<[title: string, shared: SharedTrust, reports: TrustReport[], verdict: TrustVerdict]>([
  ['a new verdict is taken over', {}, [report('clean')], 'clean'],
  ['more trust is taken over', known('clean'), [report('well_known')], 'well_known'],
  ['less trust is taken over', known('well_known'), [report('odd')], 'odd'],
  ['an older report changes nothing', known('clean', NOW), [report('well_known', NOW - 1)], 'clean'],
  ['of two that disagree the worse one wins', {}, [report('odd', NOW - 1), report('clean')], 'odd'],
  [
    'of two that disagree the worse one wins, whichever came first',
    {},
    [report('clean', NOW - 1), report('odd')],
    'odd',
  ],
  ['of two at the same time the worse one wins', {}, [report('clean'), report('odd')], 'odd'],
  ['what was odd a moment ago stays so', known('odd', NOW - HOUR_MS + 1), [report('clean')], 'odd'],
  ['what was odd an hour ago may be in order by now', known('odd'), [report('clean')], 'clean'],
])('%s', (_title, shared, reports, verdict) => {
  expect(foldTrust(shared, reports, NOW)['s']?.verdict).toBe(verdict)
})

test('where nothing changed there is nothing to write', () => {
  const shared = known('clean', NOW)
  expect(foldTrust(shared, [report('clean', NOW - 5)], NOW)).toBe(shared)
  expect(foldTrust(shared, [], NOW)).toBe(shared)
})

test('what nobody has confirmed for a month is forgotten', () => {
  expect(foldTrust(known('well_known', NOW - 31 * 24 * HOUR_MS), [], NOW)).toEqual({})
})

test('a report from a clock that runs ahead does not outlive others', () => {
  expect(foldTrust({}, [report('clean', NOW + HOUR_MS)], NOW)['s']?.at).toBe(NOW)
})

test('what is kept is bounded: the newest', () => {
  const reports = Array.from({ length: 5_000 }, (_, index) => report('clean', NOW - index, `s${index}`))
  const folded = foldTrust({}, reports, NOW)
  expect(Object.keys(folded)).toHaveLength(1_000)
  expect(folded['s0']).toBeDefined()
})
