import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import type { BookedRequest } from '../../src/core/limits/ledger-report.ts'
import { foldRequests, foldTraffic } from '../../src/gateway/usage/fold-traffic.ts'
import { createTrafficStore } from '../../src/kv/traffic-store.ts'
import { configOf } from '../core/support/refs.ts'
import { manualClock } from '../kv/support/deps.ts'

const booked = (more: Partial<BookedRequest>): BookedRequest => ({
  id: 'r',
  startedAt: 0,
  keyId: 'k',
  requestId: 'r',
  surface: 'chat',
  stream: true,
  askedModel: 'a/b',
  model: 'huggingface/a/b:groq',
  provider: 'groq',
  end: 'whole',
  errorCode: null,
  attempts: 1,
  failedAttempts: '[]',
  firstTokenMs: 200,
  durationMs: 1_200,
  promptTokens: 10,
  completionTokens: 50,
  cachedTokens: 0,
  reasoningTokens: 0,
  hasUsage: true,
  isEstimated: false,
  costNanoUsd: null,
  upstreamRequestId: null,
  configVersion: 'x',
  user: null,
  ...more,
})

describe('what the ledgers teach', () => {
  test('is what the isolates would have learnt of the same completions', () => {
    const failedAttempts = JSON.stringify([
      { target: 'huggingface/a/b:novita', reason: 'server_error' },
      { target: 'huggingface/a/b:nscale', reason: 'overloaded', skipped: true },
    ])
    const folded = foldRequests([booked({}), booked({ failedAttempts, attempts: 2 })])
    expect([...folded.keys()].sort()).toEqual(['a/b:groq', 'a/b:novita'])
    expect(folded.get('a/b:groq')).toMatchObject({ attempts: 2, failed: 0, tokens: 100, generationMs: 2_000 })
    expect(folded.get('a/b:novita')).toMatchObject({ attempts: 1, failed: 1 })
  })

  test('leaves out what was booked of a planted fault', () => {
    expect(foldRequests([booked({ rehearsed: 'cut:3', end: 'cut' })]).size).toBe(0)
  })

  test('is found in KV as it was folded', async () => {
    const store = createTrafficStore(env.HUGWAY_KV, manualClock())
    expect(await store.read()).toBeUndefined()
    const client = {
      isBound: true,
      health: {},
      exchange: async () => undefined,
      report: async (project: string) => (project === 'default' ? { requests: [booked({}), booked({})] } : undefined),
    }
    await foldTraffic({ usage: { client, keys: { store: { list: async () => [] } } as never }, store }, configOf({}))
    expect((await store.read())?.get('a/b:groq')).toMatchObject({ attempts: 2, tokens: 100 })
  })

  test('an unreadable value in KV counts as none', async () => {
    await env.HUGWAY_KV.put('routing:traffic:v1', '{"entries":{"a/b:groq":{"attempts":"many"}}}')
    expect(await createTrafficStore(env.HUGWAY_KV, manualClock()).read()).toBeUndefined()
  })
})
