import { expect, test } from 'vitest'
import type { BudgetAlert } from '../../../src/core/limits/exchange.ts'
import { tellAlerts } from '../../../src/gateway/usage/tell-alerts.ts'
import { keepLog, manualClock } from '../../kv/support/deps.ts'

const ALERT: BudgetAlert = {
  scope: 'project',
  percent: 80,
  spentNanoUsd: 161_000_000_000,
  limitNanoUsd: 200_000_000_000,
  period: 'month 2026-11 UTC',
  resetsAt: Date.UTC(2026, 11, 1),
}

function start(answer: () => Promise<Response>, alertsUrl: string | undefined = 'https://hooks.test/secret') {
  const { log, lines } = keepLog()
  const posts: { url: string; body: { text: string }; redirect: unknown }[] = []
  const clock = manualClock()
  const fetch = (url: string, init: RequestInit) => {
    posts.push({ url, body: JSON.parse(String(init.body)), redirect: init.redirect })
    return answer()
  }
  return { deps: { log, clock, fetch, alertsUrl }, lines, posts, clock }
}

test('a budget that crosses a threshold is one line of the log and one post that Slack takes', async () => {
  const { deps, lines, posts } = start(async () => new Response('ok'))
  await tellAlerts(deps, 'research', [ALERT])
  expect(lines).toMatchObject([{ event: 'budget_alert', project: 'research', percent: 80 }])
  expect(posts).toMatchObject([{ url: 'https://hooks.test/secret', redirect: 'manual' }])
  expect(posts[0]?.body.text).toBe(
    'hugway: the budget of the project "research" is past 80 % ($161.00 of $200.00); it resets at 2026-12-01T00:00:00.000Z.',
  )
})

test('a post that nobody takes is told, and its address is not', async () => {
  const refused = [async () => new Response('no', { status: 404 }), 'status 404'] as const
  const broken = [async () => Promise.reject(new Error('x')), 'unreachable'] as const
  for (const [answer, reason] of [refused, broken]) {
    const { deps, lines } = start(answer)
    await tellAlerts(deps, 'research', [ALERT])
    expect(lines.map(({ event }) => event)).toEqual(['budget_alert', 'alert_not_sent'])
    expect(lines.at(-1)).toMatchObject({ reason })
    expect(JSON.stringify(lines)).not.toContain('hooks.test')
  }
})

test('a post is waited for five seconds', async () => {
  const { deps, clock, lines } = start(() => new Promise(() => {}))
  const told = tellAlerts(deps, 'research', [ALERT])
  await clock.pass(5_000)
  await told
  expect(lines.at(-1)?.event).toBe('alert_not_sent')
})

test('without an address there is the log alone', async () => {
  const { deps, posts, lines } = start(async () => new Response('ok'))
  await tellAlerts({ ...deps, alertsUrl: undefined }, 'research', [ALERT])
  expect([posts.length, lines.length]).toEqual([0, 1])
})
