import { reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, expect, test } from 'vitest'
import { type StreamSource, sourceKey } from '../../src/core/trust/stream-trust.ts'
import { foldReports, refreshTrust, reportTrust } from '../../src/gateway/share-trust.ts'
import { createStreamTrust, createTrustMemory } from '../../src/isolate/stream-trust.ts'
import { createTrustStore } from '../../src/kv/trust-store.ts'
import { keepLog, keepWork, manualClock, probeKv } from '../kv/support/deps.ts'

beforeEach(() => reset())

const SOURCE: StreamSource = { target: 'huggingface/a/b', provider: 'new', hasTools: false, hidesUsage: false }
const CLEAN = { isClean: true, hadReadCalls: false }

function isolate(clock = manualClock()) {
  const probe = probeKv()
  const work = keepWork()
  const { log, lines } = keepLog()
  const trust = createStreamTrust(createTrustMemory(), clock)
  const deps = { trust, trustStore: createTrustStore(probe.kv), log, clock }
  const see = (times: number, seen = CLEAN) => {
    for (let turn = 0; turn < times; turn++) {
      const report = trust.record(SOURCE, seen)
      if (report) reportTrust(deps, report, work.later)
    }
  }
  const refresh = async () => {
    refreshTrust(deps, { waitUntil: work.later })
    await work.done()
  }
  return { probe, work, lines, trust, clock, deps, see, refresh }
}

test('what one isolate learns, another passes through at once, after the cron trigger has run', async () => {
  const [one, other] = [isolate(), isolate()]
  one.see(3)
  await one.clock.pass(60_000)
  one.see(50)
  await one.work.done()
  await foldReports(one.deps)
  await other.refresh()
  expect(other.trust.parsedReads(SOURCE)).toBe(0)
})

test('where two disagree it is read', async () => {
  const [one, two, other] = [isolate(), isolate(), isolate()]
  two.trust.learn({ [sourceKey(SOURCE)]: { verdict: 'clean', at: 0 } })
  one.see(3)
  two.see(1, { ...CLEAN, isClean: false })
  await Promise.all([one.work.done(), two.work.done()])
  await foldReports(one.deps)
  await other.refresh()
  expect(other.trust.parsedReads(SOURCE)).toBe(Number.POSITIVE_INFINITY)
})

test('KV is written when a verdict changes, and read once in ten minutes', async () => {
  const { probe, see, refresh, work, deps } = isolate()
  for (let request = 0; request < 100; request++) {
    await refresh()
    see(1)
  }
  await work.done()
  await foldReports(deps)
  await foldReports(deps)
  const calls = probe.calls.map((call) => call.replace(/%20.*/, ''))
  expect(calls.filter((call) => call.startsWith('put'))).toEqual(['put trust:report:clean:text', 'put trust:v1'])
  expect(calls.filter((call) => call === 'get trust:v1')).toHaveLength(2)
  expect(await env.HUGWAY_KV.list({ prefix: 'trust:report:' })).toMatchObject({ keys: [] })
})

test.each(['down', 'silent'] as const)(
  'while KV is %s nobody waits for it and nothing is lost but speed',
  async (fault) => {
    const { probe, trust, deps, see, work } = isolate()
    probe.fault = fault
    refreshTrust(deps, { waitUntil: work.later })
    see(3)
    expect(trust.parsedReads(SOURCE)).toBe(32)
    if (fault === 'down') await Promise.all([work.done(), foldReports(deps)])
  },
)

test.each<[what: string, value: string]>([
  ['no JSON', '<html>'],
  ['another shape', '{"a": 1}'],
  ['a verdict that nobody knows', '{"text new huggingface/a/b": {"verdict": "superb", "at": 1}}'],
])('%s in KV is nothing learnt', async (_what, value) => {
  await env.HUGWAY_KV.put('trust:v1', value)
  const { refresh, trust } = isolate()
  await refresh()
  expect(trust.parsedReads(SOURCE)).toBe(Number.POSITIVE_INFINITY)
})
